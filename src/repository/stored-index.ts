/**
 * The index of a pack in a repository, read as far as it is asked for: of a pack of 300,000 objects it
 * has 8 MB, and to find one object takes 30 KB of it.
 */
import { PackIndex } from '../pack/format/pack-index.js';
import type { RangeFile } from './range-file.js';

/** First bytes of an oid of which the part of the index has been read before the rest is read, too. */
const fewParts = 32;

/** A pack's index that need not be in memory. */
export class StoredIndex {
  readonly #file: RangeFile;
  readonly #bytes: Uint8Array;
  readonly #index: PackIndex;
  /** By the first byte of oids: whether what is about them has been read. */
  readonly #parts = new Map<number, Promise<void>>();
  #whole: Promise<void> | undefined;

  private constructor(file: RangeFile, bytes: Uint8Array) {
    this.#file = file;
    // Memory that nothing is written to is none.
    this.#bytes = bytes;
    this.#index = new PackIndex(bytes);
  }

  /**
   * @returns undefined for an index of another kind than version 2.
   * @throws what the file system throws.
   */
  static async open(file: RangeFile): Promise<StoredIndex | undefined> {
    const head = await file.read(0, PackIndex.headBytes);
    if (!PackIndex.isOne(head)) return undefined;
    const bytes = new Uint8Array(await file.length());
    bytes.set(head);
    const index = new StoredIndex(file, bytes);
    return index.#index.isLongEnough ? index : undefined;
  }

  /** @returns the oids that begin with this byte, in order. @throws what the file system throws. */
  async oidsUnder(first: number): Promise<string[]> {
    await this.#load(first);
    return this.#index.oidsUnder(first);
  }

  /**
   * @param oid 20 bytes.
   * @returns the offset of an object in the pack; undefined if it is not there.
   * @throws what the file system throws.
   */
  async find(oid: Uint8Array): Promise<number | undefined> {
    await this.#load(oid[0] ?? 0);
    return this.#index.find(oid);
  }

  /** @returns all of it, in memory. @throws what the file system throws. */
  async load(): Promise<PackIndex> {
    await (this.#whole ??= this.#loadWhole());
    return this.#index;
  }

  #loadWhole(): Promise<void> {
    const loaded = this.#read(this.#index.whole());
    // Not for ever: the next one who asks reads it again.
    loaded.catch(() => (this.#whole = undefined));
    return loaded;
  }

  #load(first: number): Promise<void> {
    const wanted = this.#whole ?? this.#parts.get(first);
    if (wanted !== undefined) return wanted;
    // Pages of the file system, and pieces of a browser's, are read whole anyway.
    const isSmall = this.#index.count < 20_000;
    const loaded =
      isSmall || this.#parts.size >= fewParts
        ? (this.#whole = this.#read(this.#index.whole()))
        : this.#read(this.#index.partsUnder(first));
    this.#parts.set(first, loaded);
    loaded.catch(() => {
      // Not for ever: the next one who asks reads it again.
      this.#parts.delete(first);
      this.#whole = undefined;
    });
    return loaded;
  }

  async #read(parts: readonly (readonly [from: number, to: number])[]): Promise<void> {
    for (const [from, to] of parts) {
      if (to > from) this.#bytes.set(await this.#file.readFully(from, to - from), from);
    }
  }
}
