/** Random numbers from a seed: the same on every machine and in every run. Not for secrets. */

/** A source of numbers that a test can repeat. */
export interface Random {
  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number;
  /** One of `items`, which must not be empty. */
  pick<Item>(items: readonly Item[]): Item;
  /** That many bytes which no compression shrinks. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** @param seed any integer; 0 counts as 1. */
export function seededRandom(seed: number): Random {
  // Marsaglia's xorshift32: its state must never be 0.
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick<Item>(items: readonly Item[]): Item {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    bytes(length) {
      const numbers = new Uint32Array(Math.ceil(length / 4));
      for (let index = 0; index < numbers.length; index += 1) numbers[index] = next();
      return new Uint8Array(numbers.buffer, 0, length);
    },
  };
}
