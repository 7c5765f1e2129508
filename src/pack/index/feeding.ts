/**
 * How the bytes of a pack go to the worker: at once while it has little to do, else in larger
 * pieces, since each message costs both threads more than the copying of its bytes. Knows neither
 * where they come from nor what carries them.
 */
import { Wake } from '../../base/wake.js';

/** Bytes that may be on their way to the worker. */
const window = 0x800000;

/** With more than so many on their way it has enough to do. */
const busy = 0x100000;

/** Bytes of a piece for a worker that has enough to do. The worker gives back what held it. */
export const pieceSize = 0x40000;

/** Bytes that the worker takes before it says so; sooner where it has none left. */
export const reportedAtOnce = 0x40000;

/** Sends the bytes of one pack to the worker. */
export class Feeding {
  readonly #send: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** To be filled again: left to the garbage collector they would pile up. */
  readonly #spare: ArrayBuffer[] = [];
  #underway = 0;
  #gathered: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  readonly #room = new Wake();

  /** @param send gets bytes that nobody else has. */
  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#send = send;
  }

  /** @param bytes are copied. @returns a promise where more has to wait until it resolves. */
  give(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#underway < busy && this.#filled === 0) {
      this.#dispatch(new Uint8Array(bytes));
    } else {
      for (let at = 0; at < bytes.length;) {
        this.#gathered ??= new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(pieceSize));
        const piece = bytes.subarray(at, at + pieceSize - this.#filled);
        this.#gathered.set(piece, this.#filled);
        this.#filled += piece.length;
        at += piece.length;
        if (this.#filled === pieceSize) this.flush();
      }
    }
    if (this.#underway <= window) return undefined;
    return this.#room.wait();
  }

  /** Sends what is still here: no more comes. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered === undefined || this.#filled === 0) return;
    const isFull = this.#filled === pieceSize;
    const bytes = isFull ? gathered : gathered.slice(0, this.#filled);
    if (isFull) this.#gathered = undefined;
    this.#filled = 0;
    this.#dispatch(bytes);
  }

  /** The worker has taken so many bytes. @param spent what held full pieces. */
  takeBack(bytes: number, spent: readonly ArrayBuffer[]): void {
    this.#underway -= bytes;
    this.#spare.push(...spent);
    if (this.#underway < busy) this.flush();
    if (this.#underway <= window) this.release();
  }

  /** Lets go whoever waits. */
  release(): void {
    this.#room.call();
  }

  #dispatch(bytes: Uint8Array<ArrayBuffer>): void {
    this.#underway += bytes.length;
    this.#send(bytes);
  }
}
