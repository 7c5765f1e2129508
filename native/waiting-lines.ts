/**
 * The server's words on their way to somebody who reads them slowly, or not at all, such as a terminal
 * that was stopped: they hold up nothing, and so they wait here, up to a bound. What is beyond is left
 * out, and counted.
 */
import type { Writable } from 'node:stream';

/** Most that waits, in bytes: more than hooks say, and little enough for any machine. */
export const maxWaiting = 16 * 1024 * 1024;

/** Writes whole lines, in their order, as long as there is room for them. */
export class WaitingLines {
  readonly #stream: Writable;
  readonly #most: number;
  #leftOut = 0;

  /** @param most bytes that may wait in the stream. */
  constructor(stream: Writable, most: number = maxWaiting) {
    this.#stream = stream;
    this.#most = most;
  }

  /** @param line with its end. */
  write(line: string): void {
    if (this.#stream.writableLength + Buffer.byteLength(line) > this.#most) {
      this.#leftOut += 1;
      return;
    }
    this.tell();
    this.#stream.write(line);
  }

  /** Says how many were left out, where some were: now, or before the next line that is not. */
  tell(): void {
    if (this.#leftOut === 0) return;
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#stream.write(`warning: ${count} lines from the server were left out: nobody read them\n`);
  }
}
