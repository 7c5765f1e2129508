/**
 * Keeps repositories in order after pushes, in place of the `git gc --auto` that receive-pack would
 * start by itself: one at a time over all repositories, with little priority, on one core, and
 * ended with the server. Ten pushes to ten repositories would otherwise repack all ten at once.
 *
 * It does not wait until nobody pushes: git's own locks are made for that. A push writes objects
 * into a quarantine of its own, which nothing packs; what is unreachable is removed only when it is
 * two weeks old (gc.pruneExpire), and a push that uses an old object makes it new; whoever finds a
 * ref or packed-refs locked tries again for a while (core.filesRefLockTimeout,
 * core.packedRefsTimeout). Two maintenances of one repository exclude each other the same way.
 */
import { collect, startGit, type GitCommand } from './run-git.js';
import type { ServiceProcess } from '../backend/local/spawn.js';
import type { GitSetting } from './setting.js';

/** What {@link Maintenance} works with. */
export interface MaintenanceOptions {
  /** Told of what failed. */
  onError(error: unknown): void;
  /** Whether a repository's owner lets it be looked after. Default: always. */
  readonly allowed?: (gitDir: string) => Promise<boolean>;
  /** Starts git. */
  readonly start?: (command: GitCommand) => Promise<ServiceProcess>;
  /** Repositories that may wait; a push to one more leaves it to the next push. Default 1,000. */
  readonly maxWaiting?: number;
}

/** Time from SIGTERM to SIGKILL in ms: in it, git removes its locks and half-written packs. */
const ending = { term: 0, kill: 10_000 };

/** Time for the rest of what git wrote, once no process is left, in ms. */
const lingerTime = 1_000;

const command = {
  args: ['maintenance', 'run', '--auto', '--quiet'],
  niceness: 19,
  config: [
    // In the background it would be out of reach: neither one at a time, nor ended with the server.
    ['gc.autoDetach', 'false'],
    ['maintenance.autoDetach', 'false'],
    // Memory is the window's for each thread.
    ['pack.threads', '1'],
  ] satisfies GitSetting[],
};

/** The queue of one server. */
export class Maintenance {
  readonly #options: Required<MaintenanceOptions>;
  readonly #waiting = new Set<string>();
  #running: ServiceProcess | undefined;
  #work: Promise<void> | undefined;
  #closed = false;

  constructor(options: MaintenanceOptions) {
    const allowed = (): Promise<boolean> => Promise.resolve(true);
    this.#options = { allowed, start: startGit, maxWaiting: 1_000, ...options };
  }

  /**
   * Looks after a repository when its turn comes. One that waits already is not queued again.
   *
   * @param gitDir absolute real path of the git directory, after a push that changed something.
   */
  request(gitDir: string): void {
    if (this.#closed || this.#waiting.size >= this.#options.maxWaiting) return;
    this.#waiting.add(gitDir);
    this.#work ??= this.#run();
  }

  /** Resolves when there is nothing to do. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** Ends what runs and forgets what waits. Resolves when no process is left. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    this.#running?.end(ending);
    await this.#work;
  }

  async #run(): Promise<void> {
    // Known as under way from here on, so not before the caller has noted it.
    await Promise.resolve();
    // What is asked for meanwhile is visited too.
    for (const gitDir of this.#waiting) {
      this.#waiting.delete(gitDir);
      try {
        await this.#maintain(gitDir);
      } catch (error) {
        this.#options.onError(error);
      }
    }
    this.#work = undefined;
  }

  async #maintain(gitDir: string): Promise<void> {
    if (!(await this.#options.allowed(gitDir)) || this.#closed) return;
    const child = await this.#options.start({ ...command, gitDir });
    this.#running = child;
    // It may have been closed while git was starting.
    if (this.#closed) child.end(ending);
    const words = collect(child.stderr);
    child.stdout.resume();
    const { code, signal } = await child.exited;
    // What is left of its group has nothing to do any more, and would hold up the others.
    child.end(ending);
    await child.gone;
    this.#running = undefined;
    const timer = setTimeout(() => child.stderr.destroy(), lingerTime);
    const stderr = await words;
    clearTimeout(timer);
    if (code === 0 || this.#closed) return;
    const how = signal ?? `exit code ${code}`;
    throw new Error(`Maintenance of ${gitDir} failed with ${how}: ${stderr.toString().trim()}`);
  }
}
