/** The repositories that a worker has worked on: of each what stays between commands. */
import { boundPromisor } from '../isomorphic/bound-promisor.js';
import { lateScript } from '../isomorphic/bind-repository.js';
import { withPackedFiles } from '../isomorphic/packed-fs.js';
import { promisorRemotes } from '../git/partial-clone.js';
import { connectionTo } from '../remote/connection.js';
import type { Promisor } from '../repository/promisor.js';
import { unavailable } from '../repository/unavailable.js';
import { WritingLock } from './writing-lock.js';

type Fs = Parameters<typeof promisorRemotes>[0]['fs'];

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
  readonly #known = new Map<string, Repository>();

  /**
   * @param fs the storage.
   * @param name its name.
   * @param lockTimeout how long a command waits for one of another tab, in ms, or Infinity.
   */
  constructor(fs: object, name: string, lockTimeout: number) {
    this.#fs = fs;
    this.#name = name;
    this.#lockTimeout = lockTimeout;
  }

  /** @param gitdir the git directory, as the commands have it. */
  at(gitdir: string): Repository {
    const known = this.#known.get(gitdir);
    if (known !== undefined) return known;
    const repository = {
      fs: withPackedFiles(this.#fs, gitdir, lateScript, () => promised(this.#fs as Fs, gitdir)),
      cache: {},
      lock: new WritingLock(`gitws:${this.#name}:${gitdir}`, this.#lockTimeout),
    };
    this.#known.set(gitdir, repository);
    return repository;
  }
}

/** @returns what asks the remote that has promised what is missed; it is looked for when something is. */
function promised(fs: Fs, gitdir: string): Pick<Promisor, 'get'> {
  let promisor: Promise<Promisor | undefined> | undefined;
  const find = async (): Promise<Promisor | undefined> => {
    const [first] = await promisorRemotes({ fs, gitdir });
    return first && boundPromisor(connectionTo(first.url, {}), { fs, gitdir });
  };
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
