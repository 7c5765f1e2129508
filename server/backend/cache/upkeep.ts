/**
 * Repacks mirrors, one at a time and with little priority: a pack for all of it, with a bitmap, and a
 * commit-graph make clones cheap. What no ref reaches any more goes an hour after it came.
 */
import { Maintenance } from '../../git/maintenance.js';
import { startGit, type GitCommand } from '../../git/run-git.js';
import type { ServiceProcess } from '../local/spawn.js';
import type { Mirror } from './mirror.js';
import type { MirrorStore } from './store.js';

/** Packs from which on a mirror is repacked: each fetch brings one. */
const manyPacks = 10;

/** As `git gc` has it, whatever its own limits say. */
const args = ['gc', '--quiet', '--prune=1.hour.ago'];

/** Time from SIGTERM to SIGKILL in ms, when it takes too long. */
const killTime = 10_000;

/** What {@link Upkeep} works with. */
export interface UpkeepOptions {
  readonly store: MirrorStore;
  /** Time of one, in ms. */
  readonly time: number;
  readonly onError: (error: unknown) => void;
}

/** That of one cache. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #queue: Maintenance;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const { store, onError } = options;
    this.#queue = new Maintenance({
      onError,
      allowed: (gitDir) => Promise.resolve(store.at(gitDir) !== undefined),
      start: (command) => this.#start(command),
    });
  }

  /** @param isNew whether it was just made. */
  request(mirror: Mirror, isNew: boolean): void {
    if (isNew || mirror.packs >= manyPacks) this.#queue.request(mirror.gitDir);
  }

  /** Resolves when nothing is left to do. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #start(command: GitCommand): Promise<ServiceProcess> {
    const { store, time, onError } = this.#options;
    const mirror = store.at(command.gitDir);
    if (mirror === undefined) throw new Error(`${command.gitDir} is no mirror any more.`);
    const over = await mirror.change();
    try {
      const child = await startGit({ ...command, args });
      const timer = setTimeout(() => {
        child.end({ term: 0, kill: killTime });
      }, time);
      void child.gone
        .then(() => {
          clearTimeout(timer);
          return over();
        })
        .catch(onError)
        .finally(() => {
          store.release(mirror);
        });
      return child;
    } catch (error) {
      await over();
      throw error;
    }
  }
}
