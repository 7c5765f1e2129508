/**
 * Whoever fetches what a partial clone lacks has the turn: several tabs, workers and commands that miss
 * the same at once have one of them fetch it, and look then whether anything is left to fetch. Only where
 * the file system knows who lives (`createLightningFS`); elsewhere nobody waits.
 */
import { startTimer } from '../base/duration.js';
import { joinSignals } from '../base/signals.js';
import { promisesOf } from '../storage/file-system.js';
import { findGitDirectory } from './git-directory.js';
import { ObjectLookup } from './object-lookup.js';

/**
 * How long another one is waited for, in ms: it may be fetching something large, or be a tab that the
 * browser has put to sleep. What it fetches may come twice then.
 */
export const patience = 5000;

/** The turn of one repository. */
export class FetchTurn {
  readonly #fs: object;
  readonly #gitdir: string;
  /** Whether the last wait was in vain: no other is begun until the turn is free again. */
  #isTired = false;

  /** @param fs isomorphic-git's. @param gitdir the repository, for example `/site/.git`. */
  constructor(fs: object, gitdir: string) {
    this.#fs = fs;
    this.#gitdir = gitdir;
  }

  /**
   * @param oids in lower case, of what was missed.
   * @param signal ends the wait, and then nothing is fetched.
   * @param fetch is given those that nobody has fetched meanwhile.
   * @returns what `fetch` does; undefined where nothing was left to fetch.
   * @throws what `fetch` throws, and the file system; the signal's reason.
   */
  async take<Result>(
    oids: readonly string[],
    signal: AbortSignal,
    fetch: (oids: readonly string[]) => Promise<Result>,
  ): Promise<Result | undefined> {
    const { hold } = promisesOf(this.#fs);
    // A name alone: no such file is made.
    const name = `${this.#gitdir}/objects/promised`;
    const take = async (wait?: AbortSignal) => hold?.(name, wait).catch(() => undefined);
    let letGo = await take();
    let left = oids;
    try {
      if (letGo !== undefined) this.#isTired = false;
      else if (hold !== undefined && !this.#isTired) {
        letGo = await inPatience(signal, take);
        // Whoever was told to end has not waited in vain.
        this.#isTired = letGo === undefined && !signal.aborted;
        signal.throwIfAborted();
        left = await this.#missing(oids);
      }
      signal.throwIfAborted();
      return left.length === 0 ? undefined : await fetch(left);
    } finally {
      // What was fetched is there, however this ends: a turn that is kept is over with its page.
      await letGo?.().catch(() => undefined);
    }
  }

  async #missing(oids: readonly string[]): Promise<readonly string[]> {
    const gitdir = await findGitDirectory(promisesOf(this.#fs), this.#gitdir);
    const here = new Set(await new ObjectLookup(this.#fs, gitdir).present(oids));
    return oids.filter((oid) => !here.has(oid));
  }
}

async function inPatience<Result>(
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const timer = startTimer(() => over.abort(), patience);
  const joined = joinSignals([signal, over.signal]);
  try {
    return await wait(joined.signal);
  } finally {
    clearTimeout(timer);
    joined.release();
  }
}
