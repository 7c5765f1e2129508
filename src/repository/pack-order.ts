/** The objects of a pack in the order in which they lie there, which its index does not have. */
import type { PackIndex } from '../pack/format/pack-index.js';
import type { Pace } from '../pack/index/pace.js';

/** Numbers of objects that a number has room for beside an offset. */
const mostObjects = 2 ** 22;
const mostBytes = 2 ** 31;

/** Objects that are sorted at once, on average. */
const sortedAtOnce = 4096;

/** Finds what lies behind an entry, and what one is called. */
export class PackOrder {
  readonly #index: PackIndex;
  /** Offset and number of each object, in order. */
  readonly #keys: Float64Array;
  readonly #end: number;

  /**
   * @param end where the last entry ends, in bytes.
   * @returns undefined for a pack that is too large for this.
   */
  static async of(
    index: PackIndex,
    end: number,
    pace: Pace | undefined,
  ): Promise<PackOrder | undefined> {
    if (index.count > mostObjects || end > mostBytes) return undefined;
    // Sorted in parts, by where in the pack: offsets lie evenly.
    const parts = Math.ceil(index.count / sortedAtOnce);
    const partOf = (offset: number): number =>
      Math.min(parts - 1, Math.floor((offset / end) * parts));
    const starts = new Uint32Array(parts + 2);
    for (let object = 0; object < index.count; object += 1) {
      const slot = partOf(index.offsetAt(object)) + 2;
      starts[slot] = (starts[slot] ?? 0) + 1;
      if (object % sortedAtOnce === 0) await pace?.turn();
    }
    for (let part = 2; part < starts.length; part += 1) {
      starts[part] = (starts[part] ?? 0) + (starts[part - 1] ?? 0);
    }
    const keys = new Float64Array(index.count);
    for (let object = 0; object < index.count; object += 1) {
      const offset = index.offsetAt(object);
      const slot = partOf(offset) + 1;
      const at = starts[slot] ?? 0;
      keys[at] = offset * mostObjects + object;
      starts[slot] = at + 1;
      if (object % sortedAtOnce === 0) await pace?.turn();
    }
    for (let part = 0; part < parts; part += 1) {
      keys.subarray(starts[part], starts[part + 1]).sort();
      await pace?.turn();
    }
    return new PackOrder(index, keys, end);
  }

  private constructor(index: PackIndex, keys: Float64Array, end: number) {
    this.#index = index;
    this.#keys = keys;
    this.#end = end;
  }

  /** @returns where the entry ends that begins at an offset. */
  endOf(offset: number): number {
    const next = this.#keys[this.#placeOf((offset + 1) * mostObjects)];
    return next === undefined ? this.#end : Math.floor(next / mostObjects);
  }

  /** @returns the oid of the object whose entry begins there; undefined where none does. */
  oidAt(offset: number): string | undefined {
    const key = this.#keys[this.#placeOf(offset * mostObjects)] ?? -1;
    if (Math.floor(key / mostObjects) !== offset) return undefined;
    return this.#index.oidAt(key % mostObjects);
  }

  /** @returns the place of the first key that is no less. */
  #placeOf(key: number): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
