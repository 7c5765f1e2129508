/** zlib data by the platform's own streams, which work beside the caller's thread. */
import { concatBytes } from '../base/concat-bytes.js';

/** @returns zlib data. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return passThrough(bytes, new CompressionStream('deflate'));
}

/** @returns the content of zlib data. @throws RangeError for what is none, or damaged. */
export async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await passThrough(bytes, new DecompressionStream('deflate'));
  } catch (cause) {
    throw new RangeError('This is no zlib data.', { cause });
  }
}

async function passThrough(
  bytes: Uint8Array,
  stream: { readonly readable: unknown; readonly writable: unknown },
): Promise<Uint8Array> {
  const writer = (stream.writable as WritableStream<Uint8Array>).getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const [passed] = await Promise.all([
    readWhole(stream.readable as ReadableStream<Uint8Array>),
    written,
  ]);
  return passed;
}

/** Reads without a `Response`: for the first of them Node loads all of its `fetch`, which takes 30 ms. */
async function readWhole(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return concatBytes(parts);
    parts.push(value);
  }
}

/** Whether these streams are there. */
export function hasZlib(): boolean {
  return typeof CompressionStream === 'function';
}
