/** The best common ancestors of two commits, as `git merge-base --all` finds them (commit-reach.c). */
import TinyQueue from 'tinyqueue';
import type { Commit } from './two-sides.js';

/** Reads a commit by its oid. */
type Read = (oid: string) => Promise<Commit>;

/** What is known of a commit: from where it is reached, and whether by way of another common ancestor. */
const marks = { one: 1, others: 2, stale: 4 } as const;

const common = marks.one | marks.others;

/**
 * @param one in no other one's place: its oid may be that of no object, where its parents are what is meant.
 * @returns those that no other common ancestor reaches, the youngest first, and of the same age in git's order.
 * @throws what `read` throws.
 */
export async function mergeBases(one: Commit, other: Commit, read: Read): Promise<Commit[]> {
  if (one.oid === other.oid) return [one];
  const paint = new Paint(one, [other]);
  await paint.run(read);
  const bases = paint.found.filter(({ oid }) => !paint.has(oid, marks.stale));
  bases.sort((first, second) => second.time - first.time);
  return bases.length < 2 ? bases : independent(bases, read);
}

/** Clocks that are wrong let ancestors through. @returns those that no other one reaches. */
async function independent(bases: readonly Commit[], read: Read): Promise<Commit[]> {
  const redundant = new Set<Commit>();
  for (const base of bases) {
    if (redundant.has(base)) continue;
    const others = bases.filter((each) => each !== base && !redundant.has(each));
    const paint = new Paint(base, others);
    await paint.run(read);
    if (paint.has(base.oid, marks.others)) redundant.add(base);
    for (const each of others) if (paint.has(each.oid, marks.one)) redundant.add(each);
  }
  return bases.filter((base) => !redundant.has(base));
}

/** Walks back from one commit and from some others, the youngest first (`paint_down_to_common`). */
class Paint {
  /** What is reached from both sides, in the order in which it was. */
  readonly found: Commit[] = [];
  readonly #marks = new Map<string, number>();
  /** Of the same age, the first that came is the first that goes. */
  readonly #queue = new TinyQueue<{ readonly commit: Commit; readonly at: number }>(
    [],
    (one, other) => other.commit.time - one.commit.time || one.at - other.at,
  );
  /** How often each is in the queue. */
  readonly #queued = new Map<string, number>();
  #added = 0;
  /** How many in the queue are not stale: with the last of them this ends. */
  #open = 0;

  constructor(one: Commit, others: readonly Commit[]) {
    this.#add(one, marks.one);
    for (const other of others) this.#add(other, marks.others);
  }

  has(oid: string, mark: number): boolean {
    return ((this.#marks.get(oid) ?? 0) & mark) !== 0;
  }

  /** @throws what `read` throws. */
  async run(read: Read): Promise<void> {
    const found = new Set<string>();
    while (this.#open > 0) {
      const commit = this.#next();
      if (commit === undefined) return;
      let mark = this.#marks.get(commit.oid) ?? 0;
      if (mark === common) {
        if (!found.has(commit.oid)) this.found.push(commit);
        found.add(commit.oid);
        mark |= marks.stale;
      }
      for (const parent of commit.parents) {
        if (((this.#marks.get(parent) ?? 0) & mark) !== mark) this.#add(await read(parent), mark);
      }
    }
  }

  #next(): Commit | undefined {
    const commit = this.#queue.pop()?.commit;
    if (commit === undefined) return undefined;
    this.#queued.set(commit.oid, (this.#queued.get(commit.oid) ?? 0) - 1);
    if (!this.has(commit.oid, marks.stale)) this.#open -= 1;
    return commit;
  }

  #add(commit: Commit, mark: number): void {
    const { oid } = commit;
    const isOpen = !this.has(oid, marks.stale);
    this.#marks.set(oid, (this.#marks.get(oid) ?? 0) | mark);
    const queued = this.#queued.get(oid) ?? 0;
    if (isOpen && this.has(oid, marks.stale)) this.#open -= queued;
    this.#queued.set(oid, queued + 1);
    this.#queue.push({ commit, at: this.#added });
    this.#added += 1;
    if (!this.has(oid, marks.stale)) this.#open += 1;
  }
}
