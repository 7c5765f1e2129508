/**
 * Makes deltas (gitformat-pack(5)): what both have at the start and at the end, and between that the
 * blocks of the base wherever they stand. Few looks at each byte, no search for the best.
 */
import type { Pace } from '../index/pace.js';

/** Bytes of the base that are looked up together. */
const blockBytes = 16;
/** Blocks of the base with one hash that are looked at. */
const mostChained = 16;
/** Most bytes of one copy: what two bytes of length can say. */
const longestCopy = 0x10000;
const longestInsert = 127;
/** Shorter ones are inserted: the command itself takes up to eight bytes. */
const shortestCopy = 8;
/** Bytes of work between two looks at the time. */
const stride = 0x4000;

const prime = 0x01000193;
/** What the byte that leaves a block was multiplied with. */
const leaving = power(prime, blockBytes - 1);

/**
 * @param base what the delta is to be applied to.
 * @param target what that gives.
 * @param limit most bytes of the delta.
 * @returns undefined where it would be longer.
 */
export async function makeDelta(
  base: Uint8Array,
  target: Uint8Array,
  limit: number,
  pace?: Pace,
): Promise<Uint8Array | undefined> {
  const delta = new DeltaWriter(base.length, target, limit);
  const most = Math.min(base.length, target.length);
  let start = 0;
  while (start < most && base[start] === target[start]) start += 1;
  let same = 0;
  while (same < most - start && base[base.length - 1 - same] === target[target.length - 1 - same]) {
    same += 1;
  }
  if (start < shortestCopy) start = 0;
  if (same < shortestCopy) same = 0;
  delta.copy(0, start);
  const end = target.length - same;
  if (end - start >= blockBytes && base.length >= blockBytes) {
    const index = new BlockIndex(base);
    while (index.add(stride)) await pace?.turn();
    await copyBlocks({ base, target, index, delta, pace }, start, end);
  }
  delta.insertUpTo(end);
  delta.copy(base.length - same, same);
  return delta.finish();
}

interface Work {
  readonly base: Uint8Array;
  readonly target: Uint8Array;
  readonly index: BlockIndex;
  readonly delta: DeltaWriter;
  readonly pace: Pace | undefined;
}

/** Copies what the base has of the target between two offsets; what is behind the last copy is left. */
async function copyBlocks(
  { base, target, index, delta, pace }: Work,
  start: number,
  end: number,
): Promise<void> {
  let checked = start;
  for (let at = start; at + blockBytes <= end && !delta.isTooLong;) {
    let hash = hashOf(target, at);
    let found = index.longest(hash, base, target, at, end);
    while (found.length === 0 && at + blockBytes < end) {
      hash = Math.imul(hash - Math.imul(target[at] ?? 0, leaving), prime);
      hash = (hash + (target[at + blockBytes] ?? 0)) | 0;
      at += 1;
      if (at - checked >= stride) {
        checked = at;
        await pace?.turn();
        delta.insertUpTo(at);
        if (delta.isTooLong) return;
      }
      found = index.longest(hash, base, target, at, end);
    }
    if (found.length === 0) return;
    let { from, length } = found;
    // What stands before the block may be the same as well.
    while (at > delta.written && from > 0 && base[from - 1] === target[at - 1]) {
      at -= 1;
      from -= 1;
      length += 1;
    }
    delta.insertUpTo(at);
    delta.copy(from, length);
    at += length;
    if (at - checked >= stride) {
      checked = at;
      await pace?.turn();
    }
  }
}

/** Where the blocks of a base are, by their hashes. */
class BlockIndex {
  readonly #base: Uint8Array;
  /** Numbers of blocks, from 1 on; 0 is none. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #hashes: Int32Array;
  readonly #mask: number;
  #added = 0;

  constructor(base: Uint8Array) {
    this.#base = base;
    const blocks = Math.floor(base.length / blockBytes);
    const size = 1 << Math.min(20, Math.max(4, 32 - Math.clz32(blocks)));
    this.#mask = size - 1;
    this.#first = new Int32Array(size);
    this.#next = new Int32Array(blocks + 1);
    this.#hashes = new Int32Array(blocks + 1);
  }

  /** Takes so many bytes more. @returns whether there are others. */
  add(bytes: number): boolean {
    const blocks = this.#next.length - 1;
    const until = Math.min(blocks, this.#added + bytes / blockBytes);
    for (; this.#added < until; this.#added += 1) {
      // From the last one on, so that the first one of several is found first.
      const block = blocks - this.#added;
      const hash = hashOf(this.#base, (block - 1) * blockBytes);
      this.#hashes[block] = hash;
      const slot = this.#slot(hash);
      // Of a row of the same block, the first one is enough.
      const next = this.#first[slot] ?? 0;
      const isRow = next === block + 1 && this.#hashes[next] === hash;
      this.#next[block] = isRow ? (this.#next[next] ?? 0) : next;
      this.#first[slot] = block;
    }
    return this.#added < blocks;
  }

  /** @returns the longest of some places that have what the target has there; of length 0 for none. */
  longest(
    hash: number,
    base: Uint8Array,
    target: Uint8Array,
    at: number,
    end: number,
  ): { from: number; length: number } {
    let block = this.#first[this.#slot(hash)] ?? 0;
    if (block === 0) return none;
    let best = none;
    for (let looked = 0; block !== 0 && looked < mostChained; looked += 1) {
      if (this.#hashes[block] === hash) {
        const from = (block - 1) * blockBytes;
        const most = Math.min(base.length - from, end - at);
        let length = 0;
        while (length < most && base[from + length] === target[at + length]) length += 1;
        if (length >= blockBytes && length > best.length) best = { from, length };
      }
      block = this.#next[block] ?? 0;
    }
    return best;
  }

  #slot(hash: number): number {
    return (hash ^ (hash >>> 15)) & this.#mask;
  }
}

const none = { from: 0, length: 0 };

/** The bytes of a delta. */
class DeltaWriter {
  readonly #target: Uint8Array;
  readonly #out: Uint8Array;
  readonly #limit: number;
  #filled = 0;
  /** How much of the target is in it. */
  written = 0;

  constructor(baseLength: number, target: Uint8Array, limit: number) {
    this.#target = target;
    this.#limit = limit;
    // With the room of one command more than is allowed.
    this.#out = new Uint8Array(Math.max(0, limit) + longestInsert + 32);
    this.#size(baseLength);
    this.#size(target.length);
  }

  get isTooLong(): boolean {
    return this.#filled > this.#limit;
  }

  /** From the base. */
  copy(from: number, length: number): void {
    for (let left = length; left > 0 && !this.isTooLong;) {
      const piece = Math.min(left, longestCopy);
      this.#copy(from + length - left, piece);
      left -= piece;
      this.written += piece;
    }
  }

  /** What of the target is not in it yet, as it is. */
  insertUpTo(end: number): void {
    while (this.written < end && !this.isTooLong) {
      const piece = this.#target.subarray(
        this.written,
        Math.min(end, this.written + longestInsert),
      );
      this.#byte(piece.length);
      this.#out.set(piece, this.#filled);
      this.#filled += piece.length;
      this.written += piece.length;
    }
  }

  /** @returns undefined where it is too long. */
  finish(): Uint8Array | undefined {
    return this.isTooLong ? undefined : this.#out.slice(0, this.#filled);
  }

  #copy(from: number, length: number): void {
    const command = this.#filled;
    this.#byte(0x80);
    let bits = 0x80;
    for (let byte = 0; byte < 4; byte += 1) {
      const value = Math.floor(from / 256 ** byte) & 0xff;
      if (value === 0) continue;
      bits |= 1 << byte;
      this.#byte(value);
    }
    // No length at all stands for the longest one.
    for (let byte = 0; byte < 2; byte += 1) {
      const value = (length >> (8 * byte)) & 0xff;
      if (value === 0 || length === longestCopy) continue;
      bits |= 0x10 << byte;
      this.#byte(value);
    }
    this.#out[command] = bits;
  }

  #size(size: number): void {
    let rest = size;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte((rest & 127) | 128);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#out[this.#filled] = value;
    this.#filled += 1;
  }
}

function hashOf(bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let byte = at; byte < at + blockBytes; byte += 1) {
    hash = (Math.imul(hash, prime) + (bytes[byte] ?? 0)) | 0;
  }
  return hash;
}

function power(base: number, exponent: number): number {
  let value = 1;
  for (let left = exponent; left > 0; left -= 1) value = Math.imul(value, base);
  return value;
}
