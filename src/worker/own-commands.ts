/** Commands that a worker script of one's own has beside git's. */
import type { WorkerFileSystem } from './page-files.js';

/** What the worker puts into the options of a command. */
export interface InWorker {
  /**
   * The storage. Where the options have a `dir` or a `gitdir`, as the commands of git have it there: it
   * reads objects out of packs in pieces, and gets what a partial clone lacks.
   */
  readonly fs: WorkerFileSystem;
  /** isomorphic-git's, one for each repository. */
  readonly cache: object;
  /** Fires when the caller's does, and when the worker is being closed. */
  readonly signal: AbortSignal;
}

/**
 * Commands by their names. Each takes one object of options, as git's do: what the caller gives, whose
 * functions return promises here, with what {@link InWorker} has.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each has options of its own
export type OwnCommands = Readonly<Record<string, (options: any) => unknown>>;
