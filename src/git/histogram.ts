/**
 * Finds what two texts have in common by the lines that are rare, as git's histogram diff does: of all runs of equal
 * lines it keeps the one that has the rarest line in it, and among these the longest; then it does the same before
 * it and behind it. Where all equal lines are frequent, another algorithm has its turn.
 */

/** One of two texts, or a part of it. */
export interface Side {
  /** Numbers in the place of its lines: equal lines have equal ones. */
  readonly ids: Int32Array;
  /** Whether a line is not in the other, or is elsewhere there. */
  readonly changed: Uint8Array;
}

/** A part of both texts; ends are the first lines after it. */
interface Box {
  readonly at: number;
  readonly end: number;
  readonly otherAt: number;
  readonly otherEnd: number;
}

/** How often a line may be in a text and still be rare. */
const mostOften = 64;

/**
 * Lines that are gone through before the rest is left to the other algorithm, about two seconds of work. Git has no
 * such end: where every second one of 100,000 lines has changed, it goes on for half a minute.
 */
const mostWork = 2 ** 28;

/**
 * Sets `changed` of both.
 *
 * @param fallBack does it for a part of both without rare lines.
 * @param limit of lines that are gone through.
 */
export function markByHistogram(
  one: Side,
  other: Side,
  fallBack: (one: Side, other: Side) => void,
  limit = mostWork,
): void {
  let work = 0;
  const search = new Search(one.ids, other.ids);
  const boxes: Box[] = [{ at: 0, end: one.ids.length, otherAt: 0, otherEnd: other.ids.length }];
  for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
    const { at, end, otherAt, otherEnd } = box;
    const isEmpty = at === end || otherAt === otherEnd;
    if (!isEmpty) work += end - at + (otherEnd - otherAt);
    const found = isEmpty ? 'nothing' : work > limit ? 'frequent' : search.run(box);
    if (found === 'nothing') {
      one.changed.fill(1, at, end);
      other.changed.fill(1, otherAt, otherEnd);
    } else if (found === 'frequent') fallBack(part(one, at, end), part(other, otherAt, otherEnd));
    else {
      boxes.push({ at, end: found.at, otherAt, otherEnd: found.otherAt });
      boxes.push({ at: found.end, end, otherAt: found.otherEnd, otherEnd });
    }
  }
}

function part({ ids, changed }: Side, at: number, end: number): Side {
  return { ids: ids.subarray(at, end), changed: changed.subarray(at, end) };
}

/** Finds runs of equal lines. */
class Search {
  readonly #one: Int32Array;
  readonly #other: Int32Array;
  /** How often each line is in the box of one text. */
  readonly #counts: Int32Array;
  /** Where it is there first, and after each place of it the next; -1 for none. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;

  constructor(one: Int32Array, other: Int32Array) {
    const numbers = new Map<number, number>();
    const numbered = (ids: Int32Array): Int32Array =>
      ids.map((id) => {
        const number = numbers.get(id) ?? numbers.size;
        if (number === numbers.size) numbers.set(id, number);
        return number;
      });
    this.#one = numbered(one);
    this.#other = numbered(other);
    this.#counts = new Int32Array(numbers.size);
    this.#first = new Int32Array(numbers.size).fill(-1);
    this.#next = new Int32Array(one.length);
  }

  /** @returns the run to keep; or that no line is in both, or none that is rare. */
  run(box: Box): Box | 'nothing' | 'frequent' {
    this.#count(box);
    const best = this.#best(box);
    this.#forget(box);
    return best;
  }

  #count({ at, end }: Box): void {
    const [one, counts, first, next] = [this.#one, this.#counts, this.#first, this.#next];
    for (let place = end - 1; place >= at; place -= 1) {
      const id = one[place] ?? 0;
      next[place] = first[id] ?? -1;
      first[id] = place;
      counts[id] = (counts[id] ?? 0) + 1;
    }
  }

  #forget({ at, end }: Box): void {
    const [one, counts, first] = [this.#one, this.#counts, this.#first];
    for (let place = at; place < end; place += 1) {
      const id = one[place] ?? 0;
      counts[id] = 0;
      first[id] = -1;
    }
  }

  #best(box: Box): Box | 'nothing' | 'frequent' {
    const [other, counts] = [this.#other, this.#counts];
    let best: Box | undefined;
    // A single line has to be rarer.
    let [length, rarest, hasEqual] = [1, mostOften + 1, false];
    for (let line = box.otherAt; line < box.otherEnd;) {
      const id = other[line] ?? 0;
      const count = counts[id] ?? 0;
      let next = line + 1;
      if (count > 0) hasEqual = true;
      let place = count > 0 && count <= rarest ? (this.#first[id] ?? -1) : -1;
      while (place >= 0) {
        // Most runs in a text with many changes: there is nothing to be found about them.
        if (count === rarest && this.#isAlone(box, place, line)) {
          place = this.#next[place] ?? -1;
          continue;
        }
        const run = this.#around(box, place, line);
        const { at, end, otherEnd, rarity } = run;
        next = Math.max(next, otherEnd);
        if (end - at > length || rarity < rarest) {
          best = run;
          [length, rarest] = [end - at, rarity];
        }
        // Those within it would give the same.
        while (place >= 0 && place < end) place = this.#next[place] ?? -1;
      }
      line = next;
    }
    if (hasEqual && rarest > mostOften) return 'frequent';
    return best ?? 'nothing';
  }

  /** @returns whether two equal lines have no equal ones next to them. */
  #isAlone(box: Box, place: number, line: number): boolean {
    const [one, other] = [this.#one, this.#other];
    const isBehind = place > box.at && line > box.otherAt && one[place - 1] === other[line - 1];
    if (isBehind) return false;
    const [next, nextLine] = [place + 1, line + 1];
    return next >= box.end || nextLine >= box.otherEnd || one[next] !== other[nextLine];
  }

  /** @returns all equal lines around two, and how often the rarest of them is there. */
  #around(box: Box, place: number, line: number): Box & { readonly rarity: number } {
    const [one, other, counts] = [this.#one, this.#other, this.#counts];
    let rarity = counts[one[place] ?? 0] ?? 0;
    let [at, otherAt] = [place, line];
    while (at > box.at && otherAt > box.otherAt && one[at - 1] === other[otherAt - 1]) {
      at -= 1;
      otherAt -= 1;
      rarity = Math.min(rarity, counts[one[at] ?? 0] ?? 0);
    }
    let [end, otherEnd] = [place + 1, line + 1];
    while (end < box.end && otherEnd < box.otherEnd && one[end] === other[otherEnd]) {
      rarity = Math.min(rarity, counts[one[end] ?? 0] ?? 0);
      end += 1;
      otherEnd += 1;
    }
    return { at, end, otherAt, otherEnd, rarity };
  }
}
