/**
 * Reads pkt-lines from a stream that arrives in pieces of any size. A line that lies within one
 * piece is handed out as a view of it; one that lies across pieces is copied once. It does not
 * fetch the pieces and does not look into payloads.
 */
import { malformedPktLine, pktLineLength } from './pkt-line.js';
import type { PktLine } from './pkt-line.js';
import { concatBytes } from '../base/concat-bytes.js';

const empty = new Uint8Array(0);

/**
 * An incremental reader: push a piece, then `read` until it answers undefined. What it holds
 * meanwhile is what was pushed and not read, and never more than one line on top of that.
 */
export class PktLineReader {
  /** Pieces not yet begun, behind the current one. */
  #pieces: Uint8Array[] = [];
  #nextPiece = 0;
  #current: Uint8Array = empty;
  #at = 0;
  /** A line that lies across pieces: its bytes so far, first four of them, then all of it. */
  readonly #digits = new Uint8Array(4);
  #line: Uint8Array | undefined;
  #filled = 0;
  #offset = 0;
  #buffered = 0;

  /** Where the next line begins: bytes of the stream that were read as whole lines. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes that were pushed and not yet read. */
  get buffered(): number {
    return this.#buffered;
  }

  /**
   * @param piece the next bytes of the stream, at least until its lines were used: payloads are
   *   views of it, so it must not be written to.
   */
  push(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    this.#buffered += piece.byteLength;
    if (this.#at === this.#current.byteLength && this.#nextPiece === this.#pieces.length) {
      this.#current = piece;
      this.#at = 0;
    } else {
      this.#pieces.push(piece);
    }
  }

  /**
   * @returns the next line, or undefined when it is not complete yet.
   * @throws GitWsError MALFORMED_PKT_LINE, with the offset in the stream; again at each call.
   */
  read(): PktLine | undefined {
    if (this.#line === undefined && this.#filled === 0) {
      const available = this.#available();
      if (available >= 4) {
        const length = pktLineLength(this.#current, this.#at, this.#offset);
        if (available >= length) return this.#readWithinPiece(length);
      }
    }
    return this.#readAcrossPieces();
  }

  /**
   * Looks at what comes next without reading it: a raw packfile tells itself from a pkt-line by
   * its first bytes.
   *
   * @param length 1 to 4 bytes.
   * @returns the first bytes of the next line, or undefined when they have not arrived.
   */
  peek(length: number): Uint8Array | undefined {
    if (this.#filled === 0 && this.#available() >= length) {
      return this.#current.subarray(this.#at, this.#at + length);
    }
    return this.#fill(this.#digits, length) ? this.#digits.slice(0, length) : undefined;
  }

  /** Ends the reading: everything that was pushed and not read, in one array. */
  takeRest(): Uint8Array {
    const parts = [
      // A copy: the four digits' buffer is used again.
      (this.#line ?? this.#digits).slice(0, this.#filled),
      this.#current.subarray(this.#at),
      ...this.#pieces.slice(this.#nextPiece),
    ].filter((part) => part.byteLength > 0);
    this.#offset += this.#buffered;
    this.#buffered = 0;
    this.#line = undefined;
    this.#filled = 0;
    this.#current = empty;
    this.#at = 0;
    this.#pieces = [];
    this.#nextPiece = 0;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(parts);
  }

  /**
   * Says that the stream ended.
   *
   * @throws GitWsError MALFORMED_PKT_LINE when it ended within a line.
   */
  end(): void {
    if (this.#buffered > 0) {
      throw malformedPktLine('The stream ended within a pkt-line', this.#offset);
    }
  }

  #readWithinPiece(length: number): PktLine {
    const start = this.#at;
    this.#take(Math.max(length, 4));
    return lineOf(length, this.#current.subarray(start, this.#at));
  }

  #readAcrossPieces(): PktLine | undefined {
    if (this.#line === undefined) {
      if (!this.#fill(this.#digits, 4)) return undefined;
      const length = pktLineLength(this.#digits, 0, this.#offset);
      this.#line = new Uint8Array(Math.max(length, 4));
      this.#line.set(this.#digits);
    }
    const line = this.#line;
    if (!this.#fill(line, line.byteLength)) return undefined;
    const length = pktLineLength(line, 0, this.#offset);
    this.#line = undefined;
    this.#filled = 0;
    this.#offset += line.byteLength;
    this.#buffered -= line.byteLength;
    return lineOf(length, line);
  }

  /** Copies into `target` until `length` bytes of it are filled; false when pieces ran out. */
  #fill(target: Uint8Array, length: number): boolean {
    while (this.#filled < length) {
      const count = Math.min(this.#available(), length - this.#filled);
      if (count === 0) return false;
      target.set(this.#current.subarray(this.#at, this.#at + count), this.#filled);
      this.#at += count;
      this.#filled += count;
    }
    return true;
  }

  /** Bytes left in the current piece, going on to the next one when it is used up. */
  #available(): number {
    if (this.#at === this.#current.byteLength && this.#nextPiece < this.#pieces.length) {
      this.#current = this.#pieces[this.#nextPiece] ?? empty;
      this.#at = 0;
      this.#pieces[this.#nextPiece] = empty; // what was read is not held any longer
      this.#nextPiece += 1;
      if (this.#nextPiece === this.#pieces.length) {
        this.#pieces = [];
        this.#nextPiece = 0;
      }
    }
    return this.#current.byteLength - this.#at;
  }

  #take(count: number): void {
    this.#at += count;
    this.#offset += count;
    this.#buffered -= count;
  }
}

/** What a line of this length is; `line` are its bytes, the four digits included. */
function lineOf(length: number, line: Uint8Array): PktLine {
  switch (length) {
    case 0:
      return { type: 'flush' };
    case 1:
      return { type: 'delim' };
    case 2:
      return { type: 'response-end' };
    default:
      return { type: 'data', payload: line.subarray(4) };
  }
}
