/** zlib data by the platform's own streams: for a few small objects. */

/** @param bytes zlib data and nothing behind it. */
export function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return pass(bytes, new DecompressionStream('deflate'));
}

/** @returns zlib data. */
export function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  return pass(bytes, new CompressionStream('deflate'));
}

/** Whether these streams are there. */
export function hasZlib(): boolean {
  return typeof CompressionStream === 'function' && typeof DecompressionStream === 'function';
}

async function pass(bytes: Uint8Array, stream: GenericTransformStream): Promise<Uint8Array> {
  const writer = (stream.writable as WritableStream<Uint8Array>).getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  const [passed] = await Promise.all([
    new Response(stream.readable as ReadableStream<Uint8Array>).arrayBuffer(),
    written,
  ]);
  return new Uint8Array(passed);
}
