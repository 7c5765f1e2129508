/**
 * Buffers that are used again. A new one for each read of a process's output costs more than the read:
 * memory that is made, cleared and collected. Whoever keeps bytes of a slab says when it has done with
 * them; where somebody does not, the slab is collected like any other buffer, and nothing is lost but
 * its second use. Knows nothing of processes and sockets.
 */
import { Buffer } from 'node:buffer';

/** Size of a slab, in bytes: of the largest message that is cut from it. */
export const slabBytes = 128 * 1024;

/** Most bytes that wait for their next use, in a server: what the present transfers keep comes on top. */
export const spareBytes = 64 * 1024 * 1024;

/** After this time, in ms, what was not needed in it is given up. */
const spareTime = 5_000;

/** The slab that bytes belong to, by their memory. */
const slabs = new WeakMap<ArrayBufferLike, Slab>();

/** The buffers of one server. */
export class SlabPool {
  readonly #spare: Buffer[] = [];
  /** The fewest that were spare since the timer began. */
  #least = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Buffers that wait for their next use. */
  get spare(): number {
    return this.#spare.length;
  }

  /** @returns an empty one. */
  take(): Slab {
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    this.#least = Math.min(this.#least, this.#spare.length);
    const slab = new Slab(buffer, () => {
      this.#give(buffer);
    });
    slabs.set(buffer.buffer, slab);
    return slab;
  }

  #give(buffer: Buffer): void {
    if (this.#spare.length * slabBytes >= spareBytes) return;
    this.#spare.push(buffer);
    if (this.#timer === undefined) this.#timer = setTimeout(this.#trim, spareTime).unref();
  }

  readonly #trim = (): void => {
    this.#spare.splice(0, this.#least);
    this.#least = this.#spare.length;
    this.#timer = this.#least > 0 ? setTimeout(this.#trim, spareTime).unref() : undefined;
  };
}

/** One use of a buffer: from its first bytes until nobody keeps any of it. */
export class Slab {
  readonly #buffer: Buffer;
  readonly #onDone: () => void;
  #filled = 0;
  /** Bytes that somebody keeps, once for each who does. */
  #kept = 0;
  #done = false;

  /** @param onDone called once: the buffer is another's from then on. */
  constructor(buffer: Buffer, onDone: () => void) {
    this.#buffer = buffer;
    this.#onDone = onDone;
  }

  /** Bytes that may still be added; none once nobody keeps what there was. */
  get free(): number {
    return this.#done ? 0 : this.#buffer.length - this.#filled;
  }

  /** Copies bytes, of which there is room for all. @returns them, kept by whoever gets them. */
  add(bytes: Buffer): Buffer {
    const from = this.#filled;
    this.#filled += bytes.copy(this.#buffer, from);
    this.#kept += this.#filled - from;
    return this.#buffer.subarray(from, this.#filled);
  }

  hold(bytes: number): void {
    this.#kept += bytes;
  }

  release(bytes: number): void {
    this.#kept -= bytes;
    if (this.#kept > 0) return;
    this.#done = true;
    slabs.delete(this.#buffer.buffer);
    this.#onDone();
  }
}

/**
 * Somebody else keeps these bytes too.
 *
 * @param bytes any: of a slab or not.
 * @returns to be called once, when it has done with them; never where they may still be read.
 */
export function hold(bytes: Uint8Array): () => void {
  slabs.get(bytes.buffer)?.hold(bytes.length);
  return () => {
    release(bytes);
  };
}

/** Whoever was given these bytes has done with them: they may be overwritten from now on. */
export function release(bytes: Uint8Array): void {
  slabs.get(bytes.buffer)?.release(bytes.length);
}
