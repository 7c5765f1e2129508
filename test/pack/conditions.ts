/**
 * What a collision attack on SHA-1 asks of a block, derived from the disturbance vectors alone: the
 * conditions of src/pack/wasm/conditions.ts are held against these.
 *
 * After Stevens and Shumow, "Speeding up detection of SHA-1 collision attacks using unavoidable attack
 * conditions" (2017): in steps 35 to 65 the states of the two messages differ in the bits of the
 * vector, and each step has to come out even. All ways in which the signs of the differences can do
 * that are gone through; what is the same in all of them, of bits of the schedule, cannot be avoided.
 */

/** A disturbance vector: I(K, b) or II(K, b), after Manuel. */
export interface DisturbanceVector {
  readonly type: 1 | 2;
  readonly k: number;
  readonly b: number;
}

const listed: readonly (readonly [type: 1 | 2, b: number, ...k: number[]])[] = [
  [1, 0, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52],
  [2, 0, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56],
  [1, 2, 46, 47, 48, 49, 50, 51],
  [2, 2, 46, 49, 50, 51],
];
/** The 32 that are looked for. */
export const vectors: readonly DisturbanceVector[] = listed.flatMap(([type, b, ...ks]) =>
  ks.map((k) => ({ type, k, b })),
);

/** A bit of the schedule, as `step * 32 + bit`; or of the state that a step makes. */
type Place = number;

/** Two bits of the schedule that have to be equal, or not. */
export interface Condition {
  readonly first: Place;
  readonly second: Place;
  readonly differ: boolean;
}

const rotl = (value: number, by: number): number =>
  ((value << (by & 31)) | (value >>> (32 - (by & 31)))) >>> 0;
const bitsOf = (value: number): number[] =>
  Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (value >>> bit) & 1);

/** @returns a function that gives the disturbed bits of the state that each step, from -5, makes. */
export function disturbances({ type, k, b }: DisturbanceVector): (step: number) => number {
  const words = new Map<number, number>();
  const at = (step: number): number => words.get(step) ?? 0;
  for (let step = k; step < k + 16; step += 1) words.set(step, 0);
  if (type === 2) for (const step of [k + 1, k + 3]) words.set(step, rotl(1, b + 31));
  words.set(k + 15, rotl(1, b));
  for (let step = k + 16; step < 80; step += 1) {
    words.set(step, rotl(at(step - 3) ^ at(step - 8) ^ at(step - 14) ^ at(step - 16), 1));
  }
  for (let step = k - 1; step >= -10; step -= 1) {
    words.set(step, (rotl(at(step + 16), 31) ^ at(step + 13) ^ at(step + 8) ^ at(step + 2)) >>> 0);
  }
  return at;
}

/** @returns in which bits the schedules differ at a step: what cancels the disturbances. */
export function differences(disturbed: (step: number) => number, step: number): number {
  const before = (steps: number): number => disturbed(step - steps);
  const late = rotl(before(3) ^ before(4) ^ before(5), 30);
  return (before(0) ^ rotl(before(1), 5) ^ before(2) ^ late) >>> 0;
}

/** All sets of signs that some way has led to, as an affine space: a point and directions. */
class Signs {
  readonly #directions: bigint[] = [];
  constructor(
    readonly point: bigint,
    directions: readonly bigint[] = [],
  ) {
    this.#directions.push(...directions);
  }

  get directions(): readonly bigint[] {
    return this.#directions;
  }
  movedBy(by: bigint): Signs {
    return new Signs(this.point ^ by, this.#directions);
  }
  include(other: Signs): void {
    this.#add(this.point ^ other.point);
    for (const direction of other.#directions) this.#add(direction);
  }
  #add(direction: bigint): void {
    let rest = direction;
    for (const known of this.#directions) if ((rest ^ known) < rest) rest ^= known;
    if (rest !== 0n) this.#directions.push(rest);
  }
  /** @returns 0 or 1 if the sum of two signs is that in the whole space, else undefined. */
  sumOf(first: number, second: number): number | undefined {
    const sum = (of: bigint): number =>
      Number(((of >> BigInt(first)) ^ (of >> BigInt(second))) & 1n);
    return this.#directions.every((direction) => sum(direction) === 0)
      ? sum(this.point)
      : undefined;
  }
}

/** @returns what a round's function may come to differ by, given the signs of what differs. */
function outcomes(step: number, signs: readonly (number | undefined)[]): Set<number> {
  const isMajority = step >= 40 && step < 60;
  const apply = ([x = 0, y = 0, z = 0]: readonly number[]): number =>
    isMajority ? (x & y) | (z & (x | y)) : x ^ y ^ z;
  const found = new Set<number>();
  for (let values = 0; values < 8; values += 1) {
    const before = signs.map((_, index) => (values >> index) & 1);
    // What differs is 0 before a rise, and 1 before a fall.
    if (signs.some((sign, index) => sign !== undefined && before[index] !== (sign > 0 ? 0 : 1))) {
      continue;
    }
    const after = before.map((bit, index) => (signs[index] === undefined ? bit : 1 - bit));
    found.add(apply(after) - apply(before));
  }
  return found;
}

/** @returns all sums of one value of each set, modulo 2^32. */
function sums(sets: readonly (readonly number[])[]): Set<number> {
  return sets.reduce(
    (so, set) => new Set([...so].flatMap((sum) => set.map((value) => (sum + value) >>> 0))),
    new Set([0]),
  );
}

/** @returns all choices of signs for some bits, each with what it comes to. */
function choices(places: readonly Place[]): readonly { signs: readonly number[]; sum: number }[] {
  return Array.from({ length: 2 ** places.length }, (_, choice) => {
    const signs = places.map((_place, index) => ((choice >> index) & 1 ? -1 : 1));
    const sum = signs.reduce((so, sign, index) => so + sign * 2 ** ((places[index] ?? 0) & 31), 0);
    return { signs, sum: sum >>> 0 };
  });
}

const firstStep = 35;
const lastStep = 65;

/** @returns all conditions on pairs of bits that no attack along this vector can avoid. */
export function derive(vector: DisturbanceVector): Condition[] {
  const disturbed = disturbances(vector);
  const placesOf = (step: number, value: number): Place[] =>
    bitsOf(value).map((bit) => step * 32 + bit);
  const places: Place[] = [];
  const steps = Array.from({ length: lastStep - firstStep + 1 }, (_, index) => firstStep + index);
  for (const step of steps) places.push(...placesOf(step, differences(disturbed, step)));
  const window = (step: number): Place[] =>
    [5, 4, 3, 2, 1].flatMap((back) => placesOf(step - back, disturbed(step - back)));
  let ways = new Map<string, Signs>();
  for (const { signs } of choices(window(firstStep))) ways.set(signs.join(), new Signs(0n));
  for (const step of steps) {
    const next = new Map<string, Signs>();
    const known = window(step);
    const made = placesOf(step, disturbed(step));
    const schedule = placesOf(step, differences(disturbed, step));
    for (const [key, space] of ways) {
      const signs = new Map(known.map((place, index) => [place, Number(key.split(',')[index])]));
      const { fixed, functions } = inputs(step, disturbed, signs);
      const possible = sums([[fixed], ...functions]);
      for (const words of choices(schedule)) {
        let vectorOfSigns = 0n;
        words.signs.forEach((sign, index) => {
          // A rise begins at 0.
          if (sign < 0) vectorOfSigns |= 1n << BigInt(places.indexOf(schedule[index] ?? 0));
        });
        for (const results of choices(made)) {
          if (!possible.has((results.sum - words.sum) >>> 0)) continue;
          results.signs.forEach((sign, index) => signs.set(made[index] ?? 0, sign));
          const nextKey = window(step + 1)
            .map((place) => signs.get(place))
            .join();
          const reached = space.movedBy(vectorOfSigns);
          const there = next.get(nextKey);
          if (there === undefined) next.set(nextKey, reached);
          else there.include(reached);
        }
      }
    }
    ways = next;
  }
  const [all, ...others] = ways.values();
  if (all === undefined) throw new Error('no way comes out even');
  for (const other of others) all.include(other);
  return places.flatMap((first, index) =>
    places.slice(index + 1).flatMap((second, offset) => {
      const sum = all.sumOf(index, index + 1 + offset);
      return sum === undefined ? [] : [{ first, second, differ: sum === 1 }];
    }),
  );
}

/** @returns what a step adds up beside the schedule's word: the one part for certain, the other not. */
function inputs(
  step: number,
  disturbed: (step: number) => number,
  signs: ReadonlyMap<Place, number>,
): { fixed: number; functions: number[][] } {
  const signOf = (back: number, bit: number): number => signs.get((step - back) * 32 + bit) ?? 0;
  let fixed = 0;
  for (const bit of bitsOf(disturbed(step - 1))) fixed += signOf(1, bit) * 2 ** ((bit + 5) % 32);
  for (const bit of bitsOf(disturbed(step - 5))) fixed += signOf(5, bit) * 2 ** ((bit + 30) % 32);
  const into = new Map<number, (number | undefined)[]>();
  [2, 3, 4].forEach((back, input) => {
    for (const bit of bitsOf(disturbed(step - back))) {
      const to = back === 2 ? bit : (bit + 30) % 32;
      const three = into.get(to) ?? [undefined, undefined, undefined];
      three[input] = signOf(back, bit);
      into.set(to, three);
    }
  });
  const functions = [...into].map(([bit, three]) =>
    [...outcomes(step, three)].map((outcome) => outcome * 2 ** bit),
  );
  return { fixed: fixed >>> 0, functions };
}
