/**
 * pkt-lines, the frames of git's wire protocols (gitprotocol-common(5), git's pkt-line.c): four
 * hexadecimal digits of length, themselves counted, and that much payload less four. One line at
 * a time, from bytes that are all there; pkt-line-reader.ts reads them from a stream.
 */
import { GitWsError } from '../base/errors.js';
import { encodeText } from './text.js';

/** The longest pkt-line, its length digits included, in bytes (LARGE_PACKET_MAX). */
export const maxPktLineLength = 65520;

/** The longest payload of a pkt-line, in bytes. */
export const maxPktLinePayload = maxPktLineLength - 4;

/** `0000`: the end of a message or of a section. */
export const flushPkt: Uint8Array = encodeText('0000');

/** `0001`: between the sections of a protocol v2 message. */
export const delimPkt: Uint8Array = encodeText('0001');

/** `0002`: the end of a response of a stateless connection, in protocol v2. */
export const responseEndPkt: Uint8Array = encodeText('0002');

/** What one pkt-line is: a payload, or one of the three that have none. */
export type PktLine =
  | { readonly type: 'data'; readonly payload: Uint8Array }
  | { readonly type: 'flush' }
  | { readonly type: 'delim' }
  | { readonly type: 'response-end' };

/** The answer of {@link decodePktLine}: a line and the offset behind it, or what it waits for. */
export type DecodedPktLine =
  | { readonly type: 'incomplete'; readonly bytesNeeded: number }
  | (PktLine & { readonly end: number });

const hexDigits = encodeText('0123456789abcdef');

/**
 * @param payload 1 to 65,516 bytes, or a text to be encoded as UTF-8. Nothing is added to it.
 * @returns the pkt-line's bytes.
 * @throws GitWsError INVALID_OPTION when the payload is empty (git accepts `0004` and asks
 *   senders not to send it) or too long.
 */
export function encodePktLine(payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? encodeText(payload) : payload;
  if (bytes.byteLength === 0 || bytes.byteLength > maxPktLinePayload) {
    throw new GitWsError(
      'INVALID_OPTION',
      `A pkt-line carries 1 to ${maxPktLinePayload} bytes, not ${bytes.byteLength}.`,
    );
  }
  const line = new Uint8Array(bytes.byteLength + 4);
  writePktLineLength(line, bytes.byteLength + 4);
  line.set(bytes, 4);
  return line;
}

/** Writes the four digits of a pkt-line's whole `length` to the start of `line`. */
export function writePktLineLength(line: Uint8Array, length: number): void {
  for (let at = 0; at < 4; at += 1) {
    line[at] = hexDigits[(length >> (12 - 4 * at)) & 15] ?? 0;
  }
}

/**
 * Decodes the pkt-line at an offset.
 *
 * @param bytes a part of a stream.
 * @param offset where the line begins in it.
 * @returns the line, its payload being a view of `bytes`, and the offset behind it; or how many
 *   more bytes are needed at least.
 * @throws GitWsError MALFORMED_PKT_LINE
 */
export function decodePktLine(bytes: Uint8Array, offset = 0): DecodedPktLine {
  const available = bytes.byteLength - offset;
  if (available < 4) return { type: 'incomplete', bytesNeeded: 4 - available };
  const length = pktLineLength(bytes, offset, offset);
  switch (length) {
    case 0:
      return { type: 'flush', end: offset + 4 };
    case 1:
      return { type: 'delim', end: offset + 4 };
    case 2:
      return { type: 'response-end', end: offset + 4 };
    default: {
      if (available < length) return { type: 'incomplete', bytesNeeded: length - available };
      const end = offset + length;
      return { type: 'data', payload: bytes.subarray(offset + 4, end), end };
    }
  }
}

/**
 * The length that a pkt-line's four digits say: 0, 1, 2, or 4 to 65,520.
 *
 * @param bytes holds all four digits.
 * @param at where they begin.
 * @param streamOffset where the line begins in its stream, for the error.
 * @throws GitWsError MALFORMED_PKT_LINE
 */
export function pktLineLength(bytes: Uint8Array, at: number, streamOffset: number): number {
  const length =
    (hexDigitAt(bytes, at, at, streamOffset) << 12) |
    (hexDigitAt(bytes, at + 1, at, streamOffset) << 8) |
    (hexDigitAt(bytes, at + 2, at, streamOffset) << 4) |
    hexDigitAt(bytes, at + 3, at, streamOffset);
  if (length === 3 || length > maxPktLineLength) {
    throw malformedPktLine(`A pkt-line cannot be ${length} bytes long`, streamOffset);
  }
  return length;
}

/** An error for a line that begins `offset` bytes into its stream. */
export function malformedPktLine(problem: string, offset: number): GitWsError {
  return new GitWsError('MALFORMED_PKT_LINE', `${problem} (at byte ${offset}).`, {
    data: { offset },
  });
}

function hexDigitAt(
  bytes: Uint8Array,
  at: number,
  lineStart: number,
  streamOffset: number,
): number {
  const code = bytes[at] ?? 0;
  if (code >= 48 && code <= 57) return code - 48; // 0-9
  if (code >= 97 && code <= 102) return code - 87; // a-f
  if (code >= 65 && code <= 70) return code - 55; // A-F
  const start = String.fromCharCode(...bytes.subarray(lineStart, lineStart + 4));
  throw malformedPktLine(
    `A pkt-line begins with four hexadecimal digits, not with ${JSON.stringify(start)}`,
    streamOffset,
  );
}
