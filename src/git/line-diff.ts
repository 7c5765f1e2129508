/**
 * Compares two texts line by line, as git's xdiff does: by Myers' algorithm, or by histogram. For Myers', lines that
 * cannot or hardly be matched are left out first, so that texts with little in common take no longer than others.
 */
import { markChanges, roughRoot, withoutEqualEnds, type Compared } from './edit-path.js';
import { markByHistogram, type Side } from './histogram.js';

/** Lines of one text in the place of lines of another; either may be none. Ends are the first lines after. */
export interface Hunk {
  readonly oldAt: number;
  readonly oldEnd: number;
  readonly newAt: number;
  readonly newEnd: number;
}

/** How lines are compared. */
export type Algorithm = 'myers' | 'histogram';

/** How often a line may be in the other text and still be matched in any place. */
const mostMatches = 1024;

/** Lines around one that is in the other text often, by which it is judged. */
const nearLines = 100;

/** Whether a line is in the other text. */
const matches = { none: 0, some: 1, many: 2 } as const;

/** @returns where they differ, in order. Equal lines are equal numbers. */
export function diffLines(before: Int32Array, after: Int32Array, algorithm: Algorithm): Hunk[] {
  const old = { ids: before, changed: new Uint8Array(before.length) };
  const fresh = { ids: after, changed: new Uint8Array(after.length) };
  if (algorithm === 'histogram') markByHistogram(old, fresh, markByMyers);
  else markByMyers(old, fresh);
  settle(old, fresh);
  settle(fresh, old);
  return hunksOf(old.changed, fresh.changed);
}

function markByMyers(one: Side, other: Side): void {
  const { from, to } = withoutEqualEnds(one.ids, other.ids, {
    from: { one: 0, other: 0 },
    to: { one: one.ids.length, other: other.ids.length },
  });
  markChanges(
    compared(one, other.ids, from.one, to.one),
    compared(other, one.ids, from.other, to.other),
  );
}

/** @returns the lines from `from` to `end` that are worth comparing; all others there are changed. */
function compared({ ids, changed }: Side, other: Int32Array, from: number, end: number): Compared {
  const many = Math.min(roughRoot(ids.length), mostMatches);
  const kinds = kindsOf(ids.subarray(from, end), other, many);
  const places: number[] = [];
  for (const [at, kind] of kinds.entries()) {
    if (kind === matches.none || (kind === matches.many && isAmongLost(kinds, at))) {
      changed[from + at] = 1;
    } else places.push(from + at);
  }
  const kept = Int32Array.from(places, (place) => ids[place] ?? 0);
  return { ids: kept, places: Int32Array.from(places), changed };
}

/** @param many how often a line is in the other text that is there often. */
function kindsOf(ids: Int32Array, other: Int32Array, many: number): Uint8Array {
  const counts = new Map<number, number>();
  for (const id of other) counts.set(id, (counts.get(id) ?? 0) + 1);
  return Uint8Array.from(ids, (id) => {
    const count = counts.get(id) ?? 0;
    if (count === 0) return matches.none;
    return count < many ? matches.some : matches.many;
  });
}

/**
 * @returns whether a line that is often in the other text, as an empty one, has on both sides next to it lines
 *   that are not there, and enough of them: then it belongs to them, and to no place in the other.
 */
function isAmongLost(kinds: Uint8Array, at: number): boolean {
  const before = countLost(kinds, at, -1);
  if (before.none === 0) return false;
  const after = countLost(kinds, at, 1);
  if (after.none === 0) return false;
  // The line itself counts on both sides.
  const many = before.many + after.many + 2;
  return many * 4 < many + before.none + after.none;
}

/** @returns the lines in sequence that are not in the other text, or often. */
function countLost(
  kinds: Uint8Array,
  at: number,
  way: 1 | -1,
): { readonly none: number; readonly many: number } {
  let [none, many] = [0, 0];
  for (let far = 1; far <= nearLines; far += 1) {
    const kind = kinds[at + way * far];
    if (kind === matches.none) none += 1;
    else if (kind === matches.many) many += 1;
    else break;
  }
  return { none, many };
}

/**
 * Moves changes as far down as the lines allow, making one of those that meet; or to the last place where the
 * other side has a change as well, so that both are one hunk. What has been added to repeated lines would else
 * be in different places on each side of a merge.
 */
function settle(side: Side, other: Side): void {
  const [run, across] = [new Run(side), new Run(other)];
  do {
    if (run.size === 0) continue;
    let size: number;
    let isMatched: boolean;
    do {
      size = run.size;
      while (run.moveUp()) across.previous();
      isMatched = across.size > 0;
      while (run.moveDown()) {
        across.next();
        isMatched ||= across.size > 0;
      }
    } while (run.size !== size);
    while (isMatched && across.size === 0 && run.moveUp()) across.previous();
  } while (run.next() && across.next());
}

/** The changed lines, mostly none, between two unchanged ones in sequence: each side has as many such runs. */
class Run {
  readonly #ids: Int32Array;
  readonly #changed: Uint8Array;
  #start = 0;
  #end = 0;

  constructor({ ids, changed }: Side) {
    this.#ids = ids;
    this.#changed = changed;
    this.#growDown();
  }

  get size(): number {
    return this.#end - this.#start;
  }

  /** @returns whether there is one. */
  next(): boolean {
    if (this.#end === this.#ids.length) return false;
    this.#start = this.#end += 1;
    this.#growDown();
    return true;
  }

  previous(): void {
    this.#end = this.#start -= 1;
    this.#growUp();
  }

  /** Moves the changes by one line, where that makes the same text. */
  moveUp(): boolean {
    if (this.#start === 0 || this.#ids[this.#start - 1] !== this.#ids[this.#end - 1]) return false;
    this.#changed[(this.#start -= 1)] = 1;
    this.#changed[(this.#end -= 1)] = 0;
    this.#growUp();
    return true;
  }

  /** See {@link moveUp}. */
  moveDown(): boolean {
    const isLast = this.#end === this.#ids.length;
    if (isLast || this.#ids[this.#start] !== this.#ids[this.#end]) return false;
    this.#changed[this.#start] = 0;
    this.#changed[this.#end] = 1;
    this.#start += 1;
    this.#end += 1;
    this.#growDown();
    return true;
  }

  #growDown(): void {
    while (this.#changed[this.#end] === 1) this.#end += 1;
  }

  #growUp(): void {
    while (this.#start > 0 && this.#changed[this.#start - 1] === 1) this.#start -= 1;
  }
}

function hunksOf(removed: Uint8Array, added: Uint8Array): Hunk[] {
  const hunks: Hunk[] = [];
  let [oldEnd, newEnd] = [0, 0];
  while (oldEnd < removed.length || newEnd < added.length) {
    const [oldAt, newAt] = [oldEnd, newEnd];
    while (removed[oldEnd] === 1) oldEnd += 1;
    while (added[newEnd] === 1) newEnd += 1;
    if (oldEnd > oldAt || newEnd > newAt) hunks.push({ oldAt, oldEnd, newAt, newEnd });
    oldEnd += 1;
    newEnd += 1;
  }
  return hunks;
}
