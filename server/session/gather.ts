/**
 * Gathers git's output into messages of 32 to 128 KiB: git writes 8 to 16 KiB at a time, and a
 * receiver handles a message at a cost that hardly depends on its size. What was read in one large
 * piece is sent as it is: copying it would cost more. The first bytes after a pause and the last
 * ones are not delayed. Knows nothing of processes and sockets.
 */
import { Buffer } from 'node:buffer';
import { release } from '../base/slabs.js';
import { dataMessageBytes } from '../../src/tunnel/machine/outgoing.js';

/** Time that bytes may wait for more, in ms, while others are under way. */
export const gatherDelay = 2;

/** A piece of this size, in bytes, is a message of its own: as a pipe that was full gives them. */
const wholePiece = 32 * 1024;

/** Where the messages go. */
export interface GatherSink {
  /** Bytes that {@link send} takes now. */
  credit(): number;
  /** Takes all of `bytes`, which do not change before it calls {@link release} for them. */
  send(bytes: Uint8Array): void;
}

/** Bytes on their way from a process to a tunnel. */
export class Gather {
  readonly #sink: GatherSink;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Whether less than a whole message is to be sent too. */
  #due = false;
  #finished = false;
  #lastSent = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sink: GatherSink) {
    this.#sink = sink;
  }

  /** Bytes that wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether no more should be read for now. */
  get full(): boolean {
    return this.#size >= dataMessageBytes;
  }

  /** Adds bytes, and sends what is due. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (performance.now() - this.#lastSent >= gatherDelay) this.#due = true;
    else this.#timer ??= setTimeout(this.#onTime, gatherDelay);
    this.pump();
  }

  /** Nothing more comes: what waits need not wait any longer. */
  finish(): void {
    this.#finished = true;
    this.pump();
  }

  /** Drops what waits; nothing more is sent. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#chunks = [];
    this.#size = 0;
  }

  /** Sends what is due, as far as credit goes; to be called whenever there is new credit. */
  pump(): void {
    while (this.#size > 0 && (this.#due || this.#finished || this.full || this.#hasWholePiece)) {
      const bytes = Math.min(this.#size, dataMessageBytes, this.#sink.credit());
      if (bytes === 0) return;
      this.#lastSent = performance.now();
      this.#sink.send(this.#take(bytes));
    }
    if (this.#size > 0) return;
    this.#due = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #hasWholePiece(): boolean {
    return (this.#chunks[0]?.length ?? 0) >= wholePiece;
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    this.#due = true;
    this.pump();
  };

  /** The next bytes as one piece: as much of what waits as `most`, or less. */
  #take(most: number): Buffer {
    const parts: Buffer[] = [];
    let size = 0;
    while (size < most) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const isWhole = chunk.length >= wholePiece;
      if (isWhole && size > 0) break;
      const part = chunk.subarray(0, most - size);
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
      parts.push(part);
      size += part.length;
      if (isWhole) break;
    }
    this.#size -= size;
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    const joined = inOnePiece(parts, size);
    if (joined !== undefined) return joined;
    const whole = Buffer.concat(parts, size);
    for (const part of parts) release(part);
    return whole;
  }
}

/** @returns the same memory as one piece, where each part lies behind the one before. */
function inOnePiece(parts: readonly Buffer[], size: number): Buffer | undefined {
  const [first] = parts;
  let end = first?.byteOffset;
  for (const { buffer, byteOffset, length } of parts) {
    if (buffer !== first?.buffer || byteOffset !== end) return undefined;
    end += length;
  }
  return first && Buffer.from(first.buffer, first.byteOffset, size);
}
