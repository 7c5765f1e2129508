/**
 * The side-band: inside a pkt-line, one byte says which of three bands the rest belongs to
 * (gitprotocol-pack(5), git's sideband.c). Pure functions on payloads.
 */
import { GitWsError } from '../base/errors.js';
import { malformedPktLine, maxPktLineLength, writePktLineLength } from './pkt-line.js';

/** The band that carries what was asked for: a packfile, or receive-pack's report. */
export const packBand = 1;
/** The band of progress, hook output and other words for a person. */
export const progressBand = 2;
/** The band of the error that ends the stream. */
export const errorBand = 3;

export type Band = typeof packBand | typeof progressBand | typeof errorBand;

/** The longest pkt-line that a client with this capability reads, in bytes, all counted. */
export const sideBandLineLength = { 'side-band': 1000, 'side-band-64k': maxPktLineLength } as const;

export type SideBandCapability = keyof typeof sideBandLineLength;

/**
 * @param payload a pkt-line's payload.
 * @param offset where its line begins in the stream, for the error.
 * @returns the band, and a view of the bytes for it; git sends no bytes to keep a connection busy.
 * @throws GitWsError MALFORMED_PKT_LINE when it names no band, or none of the three.
 */
export function decodeSideBand(
  payload: Uint8Array,
  offset = 0,
): { readonly band: Band; readonly bytes: Uint8Array } {
  const band = payload[0];
  switch (band) {
    case packBand:
    case progressBand:
    case errorBand:
      return { band, bytes: payload.subarray(1) };
    case undefined:
      throw malformedPktLine('A side-band pkt-line names no band', offset);
    default:
      throw malformedPktLine(`There is no side-band ${band}`, offset);
  }
}

/**
 * @param band where the bytes go.
 * @param bytes any number; none give no lines.
 * @param capability which of the two the client asked for.
 * @returns pkt-lines, each as long as the client can read it, the last one shorter.
 * @throws GitWsError INVALID_OPTION for another band.
 */
export function encodeSideBand(
  band: Band,
  bytes: Uint8Array,
  capability: SideBandCapability = 'side-band-64k',
): Uint8Array[] {
  // Types do not hold at run time, and another band would be read as some other message.
  if (!(band >= packBand && band <= errorBand)) {
    throw new GitWsError('INVALID_OPTION', `There is no side-band ${String(band)}.`);
  }
  const room = sideBandLineLength[capability] - 5;
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; at += room) {
    const part = bytes.subarray(at, at + room);
    const line = new Uint8Array(part.byteLength + 5);
    writePktLineLength(line, line.byteLength);
    line[4] = band;
    line.set(part, 5);
    lines.push(line);
  }
  return lines;
}
