/**
 * What the parsers of whole messages share: an advertisement, a list of refs, a report. Each is a
 * run of pkt-lines that says itself where it ends; bytes behind it are left to the caller.
 */
import type { GitWsError } from '../base/errors.js';
import { PktLineReader } from './pkt-line-reader.js';
import type { PktLine } from './pkt-line.js';
import { parseErrorLine, remoteError } from './remote-error.js';
import { decodeTextLine } from './text.js';

/**
 * What a piece brought: nothing to report yet, or the message. `end` counts the bytes of *this*
 * piece that belong to the message; what stands behind them is not touched.
 */
export type ParseStep<Message> =
  { readonly done: false } | { readonly done: true; readonly value: Message; readonly end: number };

/** Base of the message parsers: push pieces of any size until one of them completes it. */
export abstract class MessageParser<Message> {
  readonly #reader = new PktLineReader();
  readonly #maxBytes: number;
  #pushed = 0;
  #message: { readonly value: Message } | undefined;

  /** @param maxBytes how long the message may be, in bytes. */
  protected constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @param piece the next bytes of the stream.
   * @throws GitWsError MALFORMED_PKT_LINE, the parser's own codes, and REMOTE_ERROR for an `ERR`
   *   line. The parser cannot be used after that.
   */
  push(piece: Uint8Array): ParseStep<Message> {
    if (this.#message !== undefined) return { done: true, value: this.#message.value, end: 0 };
    const before = this.#pushed;
    this.#pushed += piece.byteLength;
    this.#reader.push(piece);
    for (;;) {
      const offset = this.#reader.offset;
      const line = this.#reader.read();
      if (line === undefined) return { done: false };
      if (this.#reader.offset > this.#maxBytes) {
        throw this.malformed(`it is longer than ${this.#maxBytes} bytes`, offset);
      }
      const value = this.#take(line, offset);
      if (value !== undefined) {
        this.#message = { value };
        return { done: true, value, end: this.#reader.offset - before };
      }
    }
  }

  /**
   * Says that the stream ended.
   *
   * @throws GitWsError with the parser's own code when the message is not complete.
   */
  end(): void {
    if (this.#message === undefined) {
      throw this.malformed('the stream ended before it was complete', this.#pushed);
    }
  }

  /** Takes one text line, without its newline. */
  protected abstract takeText(text: string, offset: number): void;

  /** Takes a flush-pkt, which ends every one of these messages. */
  protected abstract takeFlush(offset: number): Message;

  /** The error for a message that breaks its rules `offset` bytes into the stream. */
  protected abstract malformed(problem: string, offset: number): GitWsError;

  #take(line: PktLine, offset: number): Message | undefined {
    switch (line.type) {
      case 'data': {
        const text = decodeTextLine(line.payload);
        const message = parseErrorLine(text);
        if (message !== undefined) throw remoteError(message);
        this.takeText(text, offset);
        return undefined;
      }
      case 'flush':
        return this.takeFlush(offset);
      case 'delim':
      case 'response-end':
        throw this.malformed(`a ${line.type}-pkt has no place in it`, offset);
    }
  }
}
