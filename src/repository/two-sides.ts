/** Whether a commit comes before another one, found out from both. */
import TinyQueue from 'tinyqueue';

/** A commit without its words. */
export interface Commit {
  readonly oid: string;
  readonly tree: string;
  /** Empty where the repository is cut off at it. */
  readonly parents: readonly string[];
  /** The committer's, in seconds since 1970; 0 where it says none. */
  readonly time: number;
}

/** @returns a queue of which the youngest comes first. */
export function youngestFirst<Item extends { readonly time: number }>(): TinyQueue<Item> {
  return new TinyQueue<Item>([], (one, other) => other.time - one.time);
}

/**
 * Walks back from two commits at once, the youngest first, until the second is reached from the first,
 * or cannot be: what the second one reaches does not lead to it.
 */
export class TwoSides {
  readonly #to: Commit;
  readonly #sides = new Map<string, { fromFirst: boolean; fromSecond: boolean }>();
  readonly #queue = youngestFirst<Commit>();
  readonly #queued = new Set<string>();
  /** Those in the queue that are reached from the first one alone. */
  #open = 0;

  constructor(from: Commit, to: Commit) {
    this.#to = to;
    this.#add(from, true, false);
    this.#add(to, false, true);
  }

  get isReached(): boolean {
    return this.#sides.get(this.#to.oid)?.fromFirst === true;
  }

  /** @returns the next one whose parents are to be looked at; undefined at the end. */
  next(): Commit | undefined {
    if (this.isReached || this.#open === 0) return undefined;
    const commit = this.#queue.pop();
    if (commit === undefined) return undefined;
    this.#queued.delete(commit.oid);
    if (this.#isOpen(commit.oid)) this.#open -= 1;
    return commit;
  }

  /** @param child of which it is a parent. */
  reach(parent: Commit, child: string): void {
    const { fromFirst = false, fromSecond = false } = this.#sides.get(child) ?? {};
    this.#add(parent, fromFirst, fromSecond);
  }

  #add(commit: Commit, fromFirst: boolean, fromSecond: boolean): void {
    const { oid } = commit;
    const before = this.#sides.get(oid) ?? { fromFirst: false, fromSecond: false };
    const after = {
      fromFirst: before.fromFirst || fromFirst,
      fromSecond: before.fromSecond || fromSecond,
    };
    if (before.fromFirst === after.fromFirst && before.fromSecond === after.fromSecond) return;
    if (this.#queued.has(oid) && this.#isOpen(oid)) this.#open -= 1;
    this.#sides.set(oid, after);
    if (this.#isOpen(oid)) this.#open += 1;
    if (this.#queued.has(oid)) return;
    this.#queued.add(oid);
    this.#queue.push(commit);
  }

  #isOpen(oid: string): boolean {
    const sides = this.#sides.get(oid);
    return sides?.fromFirst === true && !sides.fromSecond;
  }
}
