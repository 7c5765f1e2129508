/** The bytes of the pack on their way in: counted, written to the store, and their end remembered. */
import { corruptPack, limitError } from './faults.js';
import type { PackLimits } from './limits.js';
import type { Pace } from './pace.js';
import type { JobSizes } from './job.js';
import type { PackStore } from './store.js';

/** Bytes of a pack's header, and of the checksum at its end. */
export const headerSize = 12;
export const checksumSize = 20;

/** Takes the bytes of one pack in. */
export class Input {
  /** Bytes that have come. */
  received = 0;
  /** The last bytes that have come, as many as the checksum has. */
  readonly tail = new Uint8Array(checksumSize);

  readonly #source: AsyncIterator<Uint8Array>;
  readonly #store: PackStore;
  readonly #pace: Pace;
  readonly #limits: PackLimits;
  readonly #piece: number;
  /** What of the source's last bytes has not been taken yet. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(
    source: AsyncIterator<Uint8Array>,
    {
      store,
      pace,
      limits,
      sizes,
    }: { store: PackStore; pace: Pace; limits: PackLimits; sizes: JobSizes },
  ) {
    this.#source = source;
    this.#piece = sizes.piece;
    this.#store = store;
    this.#pace = pace;
    this.#limits = limits;
  }

  /** @returns the next bytes, from one to as many as are taken at once; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const read = await this.#source.next();
      await this.#pace.turn();
      if (read.done === true) return undefined;
      this.#rest = read.value;
    }
    const value = this.#rest.subarray(0, this.#piece);
    this.#rest = this.#rest.subarray(value.length);
    const position = this.received;
    this.received += value.length;
    // Before anything is written that nobody could read.
    const { packBytes } = this.#limits;
    if (this.received > packBytes) throw limitError('packBytes', packBytes);
    this.#remember(value);
    await this.#store.write(value, position);
    return value;
  }

  /** @returns the first bytes, as many as the header has at least. */
  async start(): Promise<Uint8Array> {
    let start: Uint8Array = new Uint8Array(0);
    while (start.length < headerSize) {
      const bytes = await this.next();
      if (bytes === undefined) throw this.truncated(0);
      if (start.length === 0) {
        start = bytes;
        continue;
      }
      const both = new Uint8Array(start.length + bytes.length);
      both.set(start);
      both.set(bytes, start.length);
      start = both;
    }
    return start;
  }

  /** The error of a source that ended early. @param object number of the object where it did. */
  truncated(object: number): Error {
    const sentence = `The pack is truncated: it ends after ${this.received} bytes.`;
    return corruptPack(sentence, { offset: this.received, object });
  }

  #remember(bytes: Uint8Array): void {
    if (bytes.length >= checksumSize) {
      this.tail.set(bytes.subarray(bytes.length - checksumSize));
      return;
    }
    this.tail.copyWithin(0, bytes.length);
    this.tail.set(bytes, checksumSize - bytes.length);
  }
}

/**
 * @param start the pack's first bytes.
 * @returns the number of objects that its header promises.
 */
export function readPackHeader(start: Uint8Array, limits: PackLimits): number {
  const view = new DataView(start.buffer, start.byteOffset, headerSize);
  if (view.getUint32(0) !== 0x5041434b) {
    throw corruptPack('This is no pack: it does not begin with PACK.', { offset: 0 });
  }
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) {
    throw corruptPack(`The pack has the version ${version}, which is unknown.`, { offset: 4 });
  }
  const objects = view.getUint32(8);
  if (objects > limits.objects) throw limitError('objects', limits.objects);
  return objects;
}
