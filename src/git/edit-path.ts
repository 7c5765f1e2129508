/**
 * Finds which lines to take out of one text and into it to get another: Myers' algorithm, from both ends at once in
 * linear space, which settles for less than the fewest lines where those would cost too much. Where several
 * answers are as short it takes the one that git's xdiff takes, so that merges have the same conflicts.
 */

/** A text to be compared. */
export interface Compared {
  /** Numbers in the place of its lines: equal lines have equal ones. */
  readonly ids: Int32Array;
  /** Where its lines are in {@link changed}. */
  readonly places: Int32Array;
  /** Is set for what the other has not. */
  readonly changed: Uint8Array;
}

/** How many lines of both texts lie before it. */
interface Point {
  readonly one: number;
  readonly other: number;
}

/** A part of both texts. */
interface Part {
  readonly from: Point;
  readonly to: Point;
}

/** A part that is still to be compared. */
interface Box extends Part {
  /** Whether it is known that finding the fewest lines costs little. */
  readonly isCheap: boolean;
}

/** Steps in a box after which it is divided where the search has come furthest; more in long texts. */
const leastLimit = 256;

/** Steps after which a way through many equal lines is followed without looking for better ones. */
const stepsBeforeGuess = 256;

/** Equal lines in sequence that make a way worth following. */
const longSnake = 20;

/** How many times as far as its cost such a way has to have come. */
const worthwhile = 4;

/** @returns a power of two near to the square root. */
export function roughRoot(count: number): number {
  let root = 1;
  for (let rest = count; rest > 0; rest = Math.floor(rest / 4)) root *= 2;
  return root;
}

/** Sets `changed` of both for the lines that the other has not, or has elsewhere. */
export function markChanges(one: Compared, other: Compared): void {
  const search = new Search(one.ids, other.ids);
  const whole = { one: one.ids.length, other: other.ids.length };
  const boxes: Box[] = [{ from: { one: 0, other: 0 }, to: whole, isCheap: false }];
  for (let box = boxes.pop(); box !== undefined; box = boxes.pop()) {
    const { from, to } = withoutEqualEnds(one.ids, other.ids, box);
    if (from.one < to.one && from.other < to.other) {
      boxes.push(...search.divide({ from, to, isCheap: box.isCheap }));
    } else {
      mark(one, from.one, to.one);
      mark(other, from.other, to.other);
    }
  }
}

function mark({ places, changed }: Compared, from: number, to: number): void {
  for (const place of places.subarray(from, to)) changed[place] = 1;
}

/** @returns what is left of a part without the equal lines it begins with and ends with. */
export function withoutEqualEnds(one: Int32Array, other: Int32Array, { from, to }: Part): Part {
  const most = Math.min(to.one - from.one, to.other - from.other);
  let head = 0;
  while (head < most && one[from.one + head] === other[from.other + head]) head += 1;
  let tail = 0;
  const isEqual = (): boolean => one[to.one - 1 - tail] === other[to.other - 1 - tail];
  while (tail < most - head && isEqual()) tail += 1;
  return {
    from: { one: from.one + head, other: from.other + head },
    to: { one: to.one - tail, other: to.other - tail },
  };
}

/** Divides boxes at points that lie on a short way from corner to corner. */
class Search {
  readonly #forward: Wave;
  readonly #backward: Wave;
  readonly #limit: number;

  constructor(one: Int32Array, other: Int32Array) {
    this.#forward = new Wave(one, other, true);
    this.#backward = new Wave(one, other, false);
    this.#limit = Math.max(leastLimit, roughRoot(one.length + other.length + 3));
  }

  divide({ from, to, isCheap }: Box): [Box, Box] {
    const [forward, backward] = [this.#forward, this.#backward];
    forward.start(from, to);
    backward.start(from, to);
    const cut = (at: Point, isFirstCheap: boolean, isSecondCheap: boolean): [Box, Box] => [
      { from, to: at, isCheap: isFirstCheap },
      { from: at, to, isCheap: isSecondCheap },
    ];
    // An odd number of changes ends with a step forward.
    const isOdd = (to.one - from.one - (to.other - from.other)) % 2 !== 0;
    for (let cost = 1; ; cost += 1) {
      const met =
        forward.step(isOdd ? backward : undefined) ?? backward.step(isOdd ? undefined : forward);
      if (met !== undefined) return cut(met, true, true);
      if (isCheap) continue;
      if (cost > stepsBeforeGuess && (forward.hasLongSnake || backward.hasLongSnake)) {
        const ahead = forward.promising(cost);
        if (ahead !== undefined) return cut(ahead, true, false);
        const behind = backward.promising(cost);
        if (behind !== undefined) return cut(behind, false, true);
      }
      if (cost >= this.#limit) {
        const [ahead, behind] = [forward.furthest(), backward.furthest()];
        return ahead.way > behind.way ? cut(ahead.at, true, false) : cut(behind.at, false, true);
      }
    }
  }
}

/**
 * What can be reached from a corner of a box with a number of changes. Lines are counted from that corner: `x` in
 * one text, `y` in the other, and a diagonal has all points with the same `x - y`.
 */
class Wave {
  readonly #one: Int32Array;
  readonly #other: Int32Array;
  /** 1 from the beginning, -1 from the end. */
  readonly #way: 1 | -1;
  /** The greatest `x` that was reached on each diagonal; the one of the corner is at `#middle`. */
  readonly #reached: Int32Array;
  readonly #middle: number;
  #corner: Point = { one: 0, other: 0 };
  /** Size of the box. */
  #width = 0;
  #height = 0;
  #lowest = 0;
  #highest = 0;
  /** Whether the last step went through many equal lines. */
  hasLongSnake = false;

  constructor(one: Int32Array, other: Int32Array, isForward: boolean) {
    this.#one = one;
    this.#other = other;
    this.#way = isForward ? 1 : -1;
    this.#middle = other.length + 1;
    this.#reached = new Int32Array(one.length + other.length + 3);
  }

  start(from: Point, to: Point): void {
    this.#corner = this.#way === 1 ? from : to;
    this.#width = to.one - from.one;
    this.#height = to.other - from.other;
    this.#lowest = this.#highest = 0;
    this.#reached[this.#middle] = 0;
  }

  /**
   * Makes one change more.
   *
   * @param facing looked at only where both can meet.
   * @returns where they do.
   */
  step(facing: Wave | undefined): Point | undefined {
    this.#widen();
    this.hasLongSnake = false;
    const [reached, middle] = [this.#reached, this.#middle];
    const { first, last, next } = this.#diagonals();
    for (let diagonal = first; diagonal !== last + next; diagonal += next) {
      const below = reached[middle + diagonal - 1] ?? 0;
      const above = reached[middle + diagonal + 1] ?? 0;
      const before = below >= above ? below + 1 : above;
      const x = before + this.#snake(before, before - diagonal);
      if (x - before > longSnake) this.hasLongSnake = true;
      reached[middle + diagonal] = x;
      if (facing === undefined) continue;
      if (facing.#meets(this.#width - this.#height - diagonal, this.#width - x)) {
        return this.#pointAt(x, x - diagonal);
      }
    }
    return undefined;
  }

  /** @returns where a way ends that has come far for its cost, the last part of it through equal lines. */
  promising(cost: number): Point | undefined {
    let [best, at]: [number, Point | undefined] = [worthwhile * cost, undefined];
    const { first, last, next } = this.#diagonals();
    for (let diagonal = first; diagonal !== last + next; diagonal += next) {
      const x = this.#reached[this.#middle + diagonal] ?? 0;
      const y = x - diagonal;
      const value = x + y - Math.abs(diagonal);
      const isInside = Math.min(x, y) >= longSnake && x < this.#width && y < this.#height;
      if (value <= best || !isInside) continue;
      if (this.#snake(x - longSnake, y - longSnake) < longSnake) continue;
      [best, at] = [value, this.#pointAt(x, y)];
    }
    return at;
  }

  /** @returns the point that has the most lines of both behind it, and how many. */
  furthest(): { readonly way: number; readonly at: Point } {
    let [way, bestX] = [-1, 0];
    const { first, last, next } = this.#diagonals();
    for (let diagonal = first; diagonal !== last + next; diagonal += next) {
      const reached = this.#reached[this.#middle + diagonal] ?? 0;
      const x = Math.min(reached, this.#width, this.#height + diagonal);
      if (x + x - diagonal > way) [way, bestX] = [x + x - diagonal, x];
    }
    return { way, at: this.#pointAt(bestX, way - bestX) };
  }

  /** Takes a diagonal more at both sides, or one less where the box has no more. */
  #widen(): void {
    const [reached, middle] = [this.#reached, this.#middle];
    if (this.#lowest > -this.#height) {
      this.#lowest -= 1;
      reached[middle + this.#lowest - 1] = -1;
    } else this.#lowest += 1;
    if (this.#highest < this.#width) {
      this.#highest += 1;
      reached[middle + this.#highest + 1] = -1;
    } else this.#highest -= 1;
  }

  /** Both waves look at them in the same order, which decides between ways that are as short. */
  #diagonals(): { readonly first: number; readonly last: number; readonly next: number } {
    const [lowest, highest] = [this.#lowest, this.#highest];
    return this.#way === 1
      ? { first: highest, last: lowest, next: -2 }
      : { first: lowest, last: highest, next: 2 };
  }

  #meets(diagonal: number, x: number): boolean {
    if (diagonal < this.#lowest || diagonal > this.#highest) return false;
    return (this.#reached[this.#middle + diagonal] ?? 0) >= x;
  }

  /** @returns how many equal lines follow. */
  #snake(x: number, y: number): number {
    const [one, other, way] = [this.#one, this.#other, this.#way];
    const most = Math.min(this.#width - x, this.#height - y);
    let atOne = way === 1 ? this.#corner.one + x : this.#corner.one - 1 - x;
    let atOther = way === 1 ? this.#corner.other + y : this.#corner.other - 1 - y;
    let count = 0;
    for (; count < most && one[atOne] === other[atOther]; count += 1) {
      atOne += way;
      atOther += way;
    }
    return count;
  }

  #pointAt(x: number, y: number): Point {
    const { one, other } = this.#corner;
    return { one: one + this.#way * x, other: other + this.#way * y };
  }
}
