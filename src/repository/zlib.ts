/** zlib data by the platform's own streams, which work beside the caller's thread. */
import { concatBytes } from '../base/concat-bytes.js';
import { throughStream } from '../base/through-stream.js';

/** @returns zlib data. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return whole(throughStream(bytes, new CompressionStream('deflate')));
}

/** @returns the content of zlib data. @throws RangeError for what is none, or damaged. */
export async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await whole(throughStream(bytes, new DecompressionStream('deflate')));
  } catch (cause) {
    throw new RangeError('This is no zlib data.', { cause });
  }
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return concatBytes(parts);
}

/** Whether these streams are there. */
export function hasZlib(): boolean {
  return typeof CompressionStream === 'function';
}
