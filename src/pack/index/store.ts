/**
 * The bytes of the pack on the side of the engine: written once in order, read back here and there
 * while deltas are resolved.
 */
import { newBytes } from './faults.js';
import type { PackSink } from './index-pack-options.js';
import type { Pace } from './pace.js';

/** Keeps the bytes of one pack. */
export interface PackStore {
  /** @param bytes the caller's own again once it has settled. */
  write(bytes: Uint8Array, position: number): void | Promise<void>;
  /** The same after the end of what came, to complete it. */
  amend(bytes: Uint8Array, position: number): void | Promise<void>;
  /** @returns `length` bytes or fewer, but one at least; good until the next call. */
  read(position: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Ends it. @returns the pack, if it is held. */
  finish(pace: Pace): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** Bytes of a block. A power of two. */
const blockSize = 0x100000;

/** Holds the pack in memory, in blocks, since its length is not known before its end. */
export class HeldPack implements PackStore {
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;

  write(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length;) {
      const place = position + at;
      const index = Math.floor(place / blockSize);
      const block = (this.#blocks[index] ??= newBytes(blockSize));
      const piece = bytes.subarray(at, at + blockSize - (place % blockSize));
      block.set(piece, place % blockSize);
      at += piece.length;
    }
    this.#length = Math.max(this.#length, position + bytes.length);
  }

  amend(bytes: Uint8Array, position: number): void {
    this.write(bytes, position);
  }

  read(position: number, length: number): Uint8Array {
    const start = position % blockSize;
    const end = Math.min(start + length, blockSize);
    const block = this.#blocks[Math.floor(position / blockSize)];
    if (block === undefined) throw new RangeError('Nothing was written there.');
    return block.subarray(start, end);
  }

  async finish(pace: Pace): Promise<Uint8Array<ArrayBuffer>> {
    const pack = newBytes(this.#length);
    const blocks = this.#blocks.reverse();
    this.#blocks = [];
    // Each block is let go when it has been copied.
    for (let at = 0; at < pack.length; at += blockSize) {
      const block = blocks.pop();
      if (block === undefined) break;
      pack.set(block.subarray(0, Math.min(blockSize, pack.length - at)), at);
      release(block.buffer);
      await pace.turn();
    }
    return pack;
  }
}

/** Gives memory back at once where that can be said: the garbage collector may be late. */
function release(buffer: ArrayBuffer): void {
  (buffer as { transfer?: (length: number) => ArrayBuffer }).transfer?.(0);
}

/** Bytes read at once from a sink: a piece of a file as our own storage keeps them, which it reads whole anyway. */
export const pieceSize = 0x40000;

/** See `IndexPackOptions.keptBytes`. Packs of up to that size, which most are, are never read back. */
export const defaultKeptBytes = 128 * 2 ** 20;

/**
 * Keeps what came first, as much as there is memory for, and reads the rest from a sink when it is asked for. Deltas
 * are made from objects all over a pack: where a quarter of git's own was kept, it was read back six times over.
 */
export class SinkPack implements PackStore {
  readonly #sink: Required<PackSink>;
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #isWritten: boolean;
  readonly #most: number;
  #length = 0;

  /**
   * @param isWritten whether the sink is given what comes by somebody else.
   * @param keptBytes see `IndexPackOptions`.
   */
  constructor(sink: Required<PackSink>, isWritten: boolean, keptBytes: number) {
    this.#sink = sink;
    this.#isWritten = isWritten;
    this.#most = Math.floor(keptBytes / pieceSize);
  }

  write(bytes: Uint8Array, position: number): void | Promise<void> {
    this.#length = Math.max(this.#length, position + bytes.length);
    this.#keep(bytes, position);
    // A copy, since the sink may do with its bytes what it likes (and a Buffer's slice is none).
    return this.#isWritten ? undefined : this.#sink.write(new Uint8Array(bytes), position);
  }

  amend(bytes: Uint8Array, position: number): void | Promise<void> {
    const end = position + bytes.length;
    for (let at = position; at < end; at += pieceSize) this.#pieces.delete(pieceOf(at));
    this.#pieces.delete(pieceOf(end));
    this.#length = Math.max(this.#length, end);
    return this.#sink.write(new Uint8Array(bytes), position);
  }

  read(position: number, length: number): Uint8Array | Promise<Uint8Array> {
    const index = pieceOf(position);
    const piece = this.#pieces.get(index);
    const start = position % pieceSize;
    const end = Math.min(start + length, this.#length - index * pieceSize);
    if (piece !== undefined) {
      // The last one used is the last one to go.
      this.#pieces.delete(index);
      this.#pieces.set(index, piece);
      return piece.subarray(start, end);
    }
    return this.#load(index).then((loaded) => loaded.subarray(start, end));
  }

  /** Keeps bytes as they come, in order. */
  #keep(bytes: Uint8Array, position: number): void {
    for (let at = 0; at < bytes.length;) {
      const index = pieceOf(position + at);
      const start = (position + at) % pieceSize;
      const part = bytes.subarray(at, at + pieceSize - start);
      if (start === 0 && this.#pieces.size < this.#most) {
        this.#pieces.set(index, newBytes(pieceSize));
      }
      this.#pieces.get(index)?.set(part, start);
      at += part.length;
    }
  }

  async #load(index: number): Promise<Uint8Array> {
    const position = index * pieceSize;
    const length = Math.min(pieceSize, this.#length - position);
    const piece = await this.#sink.read(position, length);
    if (piece.length !== length) {
      throw new RangeError(`The sink gave ${piece.length} bytes instead of ${length}.`);
    }
    if (this.#pieces.size >= this.#most) {
      for (const oldest of this.#pieces.keys()) {
        this.#pieces.delete(oldest);
        break;
      }
    }
    this.#pieces.set(index, piece);
    return piece;
  }

  async finish(): Promise<undefined> {
    this.#pieces.clear();
  }
}

function pieceOf(position: number): number {
  return Math.floor(position / pieceSize);
}

/** Writes to a sink that cannot be read, and holds the pack as well until the end. */
export class TeePack implements PackStore {
  readonly #held = new HeldPack();
  readonly #sink: PackSink;
  readonly #isWritten: boolean;

  /** @param isWritten whether the sink is given what comes by somebody else. */
  constructor(sink: PackSink, isWritten: boolean) {
    this.#sink = sink;
    this.#isWritten = isWritten;
  }

  write(bytes: Uint8Array, position: number): void | Promise<void> {
    if (!this.#isWritten) return this.amend(bytes, position);
    this.#held.write(bytes, position);
  }

  amend(bytes: Uint8Array, position: number): void | Promise<void> {
    this.#held.write(bytes, position);
    return this.#sink.write(new Uint8Array(bytes), position);
  }

  read(position: number, length: number): Uint8Array {
    return this.#held.read(position, length);
  }

  async finish(): Promise<undefined> {
    return undefined;
  }
}

/**
 * @param keptBytes see `IndexPackOptions`.
 * @param isWritten whether the sink is given what comes by somebody else.
 * @returns the store that goes with a sink, or without one.
 */
export function openStore(
  sink: PackSink | undefined,
  keptBytes = defaultKeptBytes,
  isWritten = false,
): PackStore {
  if (sink === undefined) return new HeldPack();
  if (sink.read === undefined) return new TeePack(sink, isWritten);
  return new SinkPack(sink as Required<PackSink>, isWritten, keptBytes);
}
