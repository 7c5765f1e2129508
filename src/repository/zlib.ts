/** zlib data by the platform's own streams, which work beside the caller's thread. */

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
    new Response(stream.readable as ReadableStream<Uint8Array>).arrayBuffer(),
    written,
  ]);
  return new Uint8Array(passed);
}

/** Whether these streams are there. */
export function hasZlib(): boolean {
  return typeof CompressionStream === 'function';
}
