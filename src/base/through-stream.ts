/** Bytes through one of the platform's streams, which work beside the caller's thread. */

/** A `CompressionStream` or a `DecompressionStream`. */
interface Passage {
  readonly readable: unknown;
  readonly writable: unknown;
}

/**
 * Reads without a `Response`: for the first of them Node loads all of its `fetch`, which takes 30 ms.
 *
 * @returns what comes out, in pieces. @throws what the stream does.
 */
export async function* throughStream(
  bytes: Uint8Array,
  stream: Passage,
): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = (stream.writable as WritableStream<Uint8Array>).getWriter();
  const reader = (stream.readable as ReadableStream<Uint8Array>).getReader();
  const written = writer.write(bytes).then(() => writer.close());
  // Whoever reads hears of it.
  written.catch(() => undefined);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
    await written;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
