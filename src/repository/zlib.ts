/** zlib data by the platform's own streams: for a few small objects. */

/** @returns zlib data. */
export async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream('deflate');
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
