/** What a client says to a service, pkt-line by pkt-line; and, behind them, as it comes. */
import {
  delimPkt,
  flushPkt,
  maxPktLineLength,
  responseEndPkt,
  writePktLineLength,
  type PktLine,
} from '../pkt-line.js';
import { PktLineReader } from '../pkt-line-reader.js';
import { decodeText, decodeTextLine } from '../text.js';

/** Reads a stream of pkt-lines. It reads no further than it is asked to. */
export class LineInput {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #reader = new PktLineReader();
  /** A line that was looked at and not wanted. */
  #held: PktLine | undefined;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /**
   * @returns the next line; undefined where the stream ended before it.
   * @throws GitWsError MALFORMED_PKT_LINE; what the stream fails with.
   */
  async line(): Promise<PktLine | undefined> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) return held;
    for (;;) {
      const line = this.#reader.read();
      if (line !== undefined) return line;
      if (!(await this.#more())) {
        this.#reader.end();
        return undefined;
      }
    }
  }

  /**
   * The next line where it is one that `isWanted`.
   *
   * @returns undefined for every other, which is read next, and for what is no line at all, as a pack
   *   without a side-band, which {@link rest} has.
   */
  async lineIf(isWanted: (line: PktLine) => boolean): Promise<PktLine | undefined> {
    if (this.#held === undefined && !(await this.#isLine())) return undefined;
    const line = await this.line();
    if (line === undefined || isWanted(line)) return line;
    this.#held = line;
    return undefined;
  }

  /** Everything that was not read as lines. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) yield encodeLine(held);
    const begun = this.#reader.takeRest();
    if (begun.length > 0) yield begun;
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return;
      yield next.value;
    }
  }

  /** Whether what comes next begins as a pkt-line does. */
  async #isLine(): Promise<boolean> {
    let digits = this.#reader.peek(4);
    while (digits === undefined && (await this.#more())) digits = this.#reader.peek(4);
    const text = decodeText(digits ?? new Uint8Array(0));
    return /^[0-9a-f]{4}$/i.test(text) && parseInt(text, 16) <= maxPktLineLength;
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done === true) return false;
    this.#reader.push(next.value);
    return true;
  }
}

/** @returns a line's bytes, as it was read. */
export function encodeLine(line: PktLine): Uint8Array {
  switch (line.type) {
    case 'flush':
      return flushPkt;
    case 'delim':
      return delimPkt;
    case 'response-end':
      return responseEndPkt;
    case 'data': {
      // An empty one (0004) is nothing that one would write, and may be read.
      const bytes = new Uint8Array(line.payload.length + 4);
      writePktLineLength(bytes, bytes.length);
      bytes.set(line.payload, 4);
      return bytes;
    }
  }
}

/** @returns a line's text without the line end that git puts behind it; undefined for what has none. */
export function textOf(line: PktLine): string | undefined {
  if (line.type !== 'data') return undefined;
  return decodeTextLine(line.payload);
}
