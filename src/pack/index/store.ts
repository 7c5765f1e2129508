/**
 * The bytes of the pack on the side of the engine: written once in order, read back here and there
 * while deltas are resolved.
 */
import { newBytes } from './faults.js';
import type { PackSink } from './options.js';
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

/** Bytes read at once from a sink, and how many such pieces are kept. */
export const pieceSize = 0x8000;
export const piecesKept = 512;

/** Reads from a sink in pieces, and keeps the last ones: what is read next is mostly near. */
export class SinkPack implements PackStore {
  readonly #sink: Required<PackSink>;
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #isWritten: boolean;
  #length = 0;

  /** @param isWritten whether the sink is given what comes by somebody else. */
  constructor(sink: Required<PackSink>, isWritten: boolean) {
    this.#sink = sink;
    this.#isWritten = isWritten;
  }

  write(bytes: Uint8Array, position: number): void | Promise<void> {
    this.#length = Math.max(this.#length, position + bytes.length);
    // A copy, since the sink may do with its bytes what it likes (and a Buffer's slice is none).
    return this.#isWritten ? undefined : this.#sink.write(new Uint8Array(bytes), position);
  }

  amend(bytes: Uint8Array, position: number): void | Promise<void> {
    this.#pieces.clear();
    this.#length = Math.max(this.#length, position + bytes.length);
    return this.#sink.write(new Uint8Array(bytes), position);
  }

  read(position: number, length: number): Uint8Array | Promise<Uint8Array> {
    const index = Math.floor(position / pieceSize);
    const piece = this.#pieces.get(index);
    const start = position % pieceSize;
    if (piece !== undefined) {
      // The last one used is the last one to go.
      this.#pieces.delete(index);
      this.#pieces.set(index, piece);
      return piece.subarray(start, start + length);
    }
    return this.#load(index).then((loaded) => loaded.subarray(start, start + length));
  }

  async #load(index: number): Promise<Uint8Array> {
    const position = index * pieceSize;
    const length = Math.min(pieceSize, this.#length - position);
    const piece = await this.#sink.read(position, length);
    if (piece.length !== length) {
      throw new RangeError(`The sink gave ${piece.length} bytes instead of ${length}.`);
    }
    if (this.#pieces.size >= piecesKept) {
      for (const oldest of this.#pieces.keys()) {
        this.#pieces.delete(oldest);
        break;
      }
    }
    this.#pieces.set(index, piece);
    return piece;
  }

  async finish(): Promise<undefined> {
    return undefined;
  }
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
 * @param isWritten whether the sink is given what comes by somebody else.
 * @returns the store that goes with a sink, or without one.
 */
export function openStore(sink: PackSink | undefined, isWritten = false): PackStore {
  if (sink === undefined) return new HeldPack();
  if (sink.read === undefined) return new TeePack(sink, isWritten);
  return new SinkPack(sink as Required<PackSink>, isWritten);
}
