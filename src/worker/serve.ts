/** `gitws/in-worker`: what a worker script of one's own is made of, with commands of one's own. */
import { expose } from 'comlink';
import { GitWsError } from '../base/errors.js';
import { createLightningFS, type LightningOptions } from '../storage/lightning/create.js';
import { GitCore, gitCommands, type Storage } from './core.js';
import type { OwnCommands } from './own-commands.js';

export { GitWsError, isGitWsError } from '../base/errors.js';
export type { InWorker, OwnCommands } from './own-commands.js';
export type { WorkerFilePromises, WorkerFileSystem } from './page-files.js';

/** Options of {@link serveGit}. */
export interface ServeGitOptions<Commands extends OwnCommands> {
  /** The class of `@isomorphic-git/lightning-fs`, 4.6 or later. */
  readonly LightningFS: LightningOptions<Storage>['LightningFS'];
  /** Commands that `startGit` offers beside git's. Default none. */
  readonly commands?: Commands | undefined;
  /**
   * Those of them that change neither the index nor a branch: they wait for no command of another tab,
   * and none waits for them. All others run while the repository's lock is held.
   */
  readonly reading?: readonly (keyof Commands & string)[] | undefined;
}

/** Names that what `startGit` gives has already, or must not have. */
const taken = new Set(['fs', 'Errors', 'close', 'TREE', 'WORKDIR', 'STAGE', 'then']);

/**
 * Makes this worker one for `startGit`. Call it once, before anything is awaited. isomorphic-git wants to
 * find a global `Buffer`, as everywhere.
 *
 * @throws GitWsError INVALID_OPTION for a command with a name of git's, or of what `startGit` gives.
 */
export function serveGit<Commands extends OwnCommands>(options: ServeGitOptions<Commands>): void {
  const { LightningFS, commands = {}, reading = [] } = options;
  const known = new Set([...taken, ...gitCommands().map(([name]) => name)]);
  const wrong = Object.keys(commands).find((name) => known.has(name));
  if (wrong !== undefined) {
    throw new GitWsError('INVALID_OPTION', `${wrong} cannot be the name of a command of yours.`);
  }
  expose(
    new GitCore(
      ({ storage, lockTimeout, fileDbName, fileStoreName }): Storage =>
        createLightningFS(storage, {
          LightningFS,
          ...(lockTimeout === undefined ? {} : { lockTimeout }),
          ...(fileDbName === undefined ? {} : { fileDbName }),
          ...(fileStoreName === undefined ? {} : { fileStoreName }),
        }),
      commands,
      reading,
    ),
  );
}
