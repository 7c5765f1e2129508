/** What `startGit` gives: `gitws/git`, with what the worker has itself left out of its options. */
import type { git } from '../git/commands.js';
import type { StashArguments, StashOp, StashResult } from '../git/stash/arguments.js';
import type { ErrorClasses } from './error-classes.js';
import type { WorkerFileSystem } from './page-files.js';
import type { InWorker, OwnCommands } from './own-commands.js';

type Git = typeof git;

/** Options that the worker has itself. */
type Kept = 'fs' | 'http' | 'cache';

type Walkers = 'TREE' | 'WORKDIR' | 'STAGE';

type WithoutKept<Options> = Options extends object ? Omit<Options, Kept> : Options;

type OffThread<Command> = Command extends (...args: infer Args) => infer Result
  ? (...args: { [At in keyof Args]: WithoutKept<Args[At]> }) => Promise<Awaited<Result>>
  : never;

/** Every command of `gitws/git`, run in the worker. */
export type WorkerCommands = {
  readonly [Name in Exclude<keyof Git, Walkers | 'Errors' | 'stash'>]: OffThread<Git[Name]>;
} & {
  /** What it resolves with depends on what it does. */
  readonly stash: <Op extends StashOp = 'push'>(
    options: Omit<StashArguments<Op>, 'fs' | 'cache'>,
  ) => Promise<StashResult<Op>>;
} & { readonly [Name in Walkers]: Git[Name] };

/** Commands of one's own (see `serveGit`), with what the worker has itself left out of their options. */
export type OffThreadCommands<Commands extends OwnCommands> = {
  readonly [Name in keyof Commands]: (
    options: WithoutInWorker<Parameters<Commands[Name]>[0]> & {
      readonly signal?: AbortSignal | undefined;
    },
  ) => Promise<Awaited<ReturnType<Commands[Name]>>>;
};

type WithoutInWorker<Options> = Options extends object ? Omit<Options, keyof InWorker> : unknown;

/** git in a worker. */
export interface WorkerGit extends WorkerCommands {
  /** The storage that the commands work on. */
  readonly fs: WorkerFileSystem;
  /** isomorphic-git's error classes: what the worker rejects with is of them, for `instanceof`. */
  readonly Errors: ErrorClasses;
  /**
   * Ends it: calls that are not done reject with WORKER_CLOSED, and so do all later ones. The worker ends
   * with the last who uses it. Resolves when that is done; never rejects.
   */
  readonly close: () => Promise<void>;
}
