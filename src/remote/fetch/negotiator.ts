/**
 * Which commits are offered to a server, in which order: the newest first, and none that a common one
 * reaches (git's negotiator/default.c, "consecutive").
 */

import TinyQueue from 'tinyqueue';

/** A commit, as far as it is looked at here. */
export interface NegotiatedCommit {
  readonly oid: string;
  readonly parents: readonly string[];
  /** When it was made, in seconds since 1970. */
  readonly time: number;
}

/** @returns a commit; undefined for what is none, or not there. */
export type ReadCommit = (oid: string) => Promise<NegotiatedCommit | undefined>;

interface Known {
  readonly commit: NegotiatedCommit;
  /** Both sides have it. */
  isCommon: boolean;
  /** The server has said so in its advertisement; it is offered all the same, so that it knows as well. */
  isAdvertised: boolean;
  isTaken: boolean;
}

/** Offers one commit after the other. */
export class Negotiator {
  readonly #read: ReadCommit;
  readonly #known = new Map<string, Known>();
  /** The newest comes first. */
  readonly #queue = new TinyQueue<Known>([], (one, other) => other.commit.time - one.commit.time);
  /** Of the queue, how many are not known to be common. */
  #open = 0;

  constructor(read: ReadCommit) {
    this.#read = read;
  }

  /** A commit that both have, and the server does not know that this side has. */
  async addCommon(oid: string): Promise<void> {
    if (this.#known.has(oid)) return;
    const known = await this.#push(oid, { isAdvertised: true });
    if (known !== undefined) await this.#markCommon(known.commit.parents);
  }

  /** A commit that this side has. */
  async addTip(oid: string): Promise<void> {
    if (!this.#known.has(oid)) await this.#push(oid, {});
  }

  /** @returns the next one to offer; undefined where there is none. */
  async next(): Promise<string | undefined> {
    while (this.#open > 0) {
      const known = this.#queue.pop();
      if (known === undefined) return undefined;
      known.isTaken = true;
      const { commit, isCommon, isAdvertised } = known;
      if (!isCommon) this.#open -= 1;
      const reachesCommon = isCommon || isAdvertised;
      for (const parent of commit.parents) {
        if (!this.#known.has(parent)) await this.#push(parent, { isCommon: reachesCommon });
        else if (reachesCommon) await this.#markCommon([parent]);
      }
      if (!isCommon) return commit.oid;
    }
    return undefined;
  }

  /** The server has it. @returns whether that is new. */
  async acknowledge(oid: string): Promise<boolean> {
    if (this.#known.get(oid)?.isCommon === true) return false;
    await this.#markCommon([oid]);
    return true;
  }

  /** These, and what they reach as far as it has been met. */
  async #markCommon(oids: readonly string[]): Promise<void> {
    const work = [...oids];
    for (let oid = work.pop(); oid !== undefined; oid = work.pop()) {
      const known = this.#known.get(oid);
      if (known === undefined) {
        await this.#push(oid, { isCommon: true });
        continue;
      }
      if (known.isCommon) continue;
      known.isCommon = true;
      if (!known.isTaken) this.#open -= 1;
      work.push(...known.commit.parents.filter((parent) => this.#known.has(parent)));
    }
  }

  async #push(
    oid: string,
    { isCommon = false, isAdvertised = false }: { isCommon?: boolean; isAdvertised?: boolean },
  ): Promise<Known | undefined> {
    const commit = await this.#read(oid);
    const found = this.#known.get(oid);
    if (commit === undefined || found !== undefined) return found;
    const known: Known = { commit, isCommon, isAdvertised, isTaken: false };
    this.#known.set(oid, known);
    if (!isCommon) this.#open += 1;
    this.#queue.push(known);
    return known;
  }
}
