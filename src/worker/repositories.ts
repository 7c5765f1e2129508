/** The repositories that a worker has worked on: of each what stays between commands. */
import { lateScript } from '../isomorphic/bind-repository.js';
import { withPackedFiles } from '../isomorphic/packed-fs.js';
import { LazyFetch } from '../git/lazy-fetch.js';
import type { RemoteArguments } from '../git/remote-access.js';
import type { Promisor } from '../repository/promisor.js';
import { unavailable } from '../repository/unavailable.js';
import { WritingLock } from './writing-lock.js';

type Fs = Parameters<typeof LazyFetch.of>[0]['fs'];

/** How whoever has promised objects is asked for them. */
export type PromisorArguments = Pick<
  RemoteArguments,
  'onAuth' | 'onAuthSuccess' | 'onAuthFailure' | 'headers' | 'gateway' | 'fallback'
> & {
  /** See `PromisorOptions`. */
  readonly prefetch?: number | undefined;
};

/** One of them. */
export interface Repository {
  /** Reads objects out of packs, and gets what a partial clone lacks. */
  readonly fs: object;
  /** isomorphic-git's. */
  readonly cache: object;
  readonly lock: WritingLock;
}

/** See above. */
export class Repositories {
  readonly #fs: object;
  readonly #name: string;
  readonly #lockTimeout: number;
  readonly #asking: PromisorArguments;
  readonly #known = new Map<string, Repository>();

  /**
   * @param fs the storage.
   * @param name its name.
   * @param lockTimeout how long a command waits for one of another tab, in ms, or Infinity.
   * @param asking for what a partial clone lacks.
   */
  constructor(fs: object, name: string, lockTimeout: number, asking: PromisorArguments) {
    this.#fs = fs;
    this.#name = name;
    this.#lockTimeout = lockTimeout;
    this.#asking = asking;
  }

  /** @param gitdir the git directory, as the commands have it. */
  at(gitdir: string): Repository {
    const known = this.#known.get(gitdir);
    if (known !== undefined) return known;
    const promisor = () => promised(this.#fs as Fs, gitdir, this.#asking);
    const repository = {
      fs: withPackedFiles(this.#fs, gitdir, lateScript, promisor, this.#asking.prefetch),
      cache: {},
      lock: new WritingLock(`gitws:${this.#name}:${gitdir}`, this.#lockTimeout),
    };
    this.#known.set(gitdir, repository);
    return repository;
  }
}

/** @returns what asks the remotes that have promised what is missed; they are looked for when something is. */
function promised(fs: Fs, gitdir: string, asking: PromisorArguments): Pick<Promisor, 'get'> {
  let promisor: Promise<Promisor | undefined> | undefined;
  // Never closed: its connection ends by itself where it is not used, or with the worker.
  const find = async (): Promise<Promisor | undefined> =>
    (await LazyFetch.of({ fs, gitdir }, asking)).promisor;
  return {
    get: async (oids, signal) => {
      promisor ??= find();
      const found = await promisor.catch((error: unknown) => {
        promisor = undefined;
        throw error;
      });
      if (found !== undefined) return found.get(oids, signal);
      // Somebody may make a partial clone of it later.
      promisor = undefined;
      throw unavailable(oids[0] ?? '', new Error('No remote has promised it.'));
    },
  };
}
