/** What the commands of the demo's worker have in common. */
import type { InWorker } from 'gitws/in-worker';

/** A repository: where it is, and what the worker puts in. */
export interface Repository extends InWorker {
  readonly dir: string;
}

/** Hears of files that are written. */
export interface Telling {
  readonly onProgress?:
    ((event: { phase: string; loaded: number; total: number }) => Promise<void> | void) | undefined;
}
