/** zlib data for the entries of a pack: small objects at once, large ones by the platform's own streams. */
import { zlibSync, Zlib } from 'fflate';
import { throughStream } from '../../base/through-stream.js';
import type { Pace } from '../index/pace.js';

/** From so many bytes on the platform's stream is faster, and off this thread. */
const streamedBytes = 0x8000;
/** Bytes that are deflated at once where there is none. */
const pieceBytes = 0x10000;

/** @returns zlib data whose content the bytes are, in pieces. */
export async function* deflatePieces(
  bytes: Uint8Array,
  pace?: Pace,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length < streamedBytes) yield zlibSync(bytes);
  else if (typeof CompressionStream === 'function') {
    yield* throughStream(bytes, new CompressionStream('deflate'));
  } else yield* bySlices(bytes, pace);
}

/** The same without the platform's stream. */
export async function* bySlices(
  bytes: Uint8Array,
  pace?: Pace,
): AsyncGenerator<Uint8Array, void, undefined> {
  const made: Uint8Array[] = [];
  const zlib = new Zlib((piece) => made.push(piece));
  for (let at = 0; at < bytes.length || at === 0; at += pieceBytes) {
    await pace?.turn();
    const end = Math.min(bytes.length, at + pieceBytes);
    zlib.push(bytes.slice(at, end), end === bytes.length);
    yield* made.splice(0);
  }
}
