/** Bytes on their way between page and worker. */

/**
 * @param value what a call resolved with: bytes, or an object with bytes in it.
 * @param isOwn whether nobody here keeps the bytes; else a copy goes.
 * @returns the value, and the memory in it that can be handed over.
 */
export function handOver(
  value: unknown,
  isOwn: boolean,
): { value: unknown; memory: ArrayBuffer[] } {
  const memory: ArrayBuffer[] = [];
  const give = (bytes: Uint8Array): Uint8Array => {
    const isWhole = bytes.byteLength === bytes.buffer.byteLength;
    // A part of something larger would take all of that along.
    const given =
      isOwn && isWhole && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
    memory.push(given.buffer as ArrayBuffer);
    return given;
  };
  if (value instanceof Uint8Array) return { value: give(value), memory };
  if (!isPlain(value) || !Object.values(value).some((one) => one instanceof Uint8Array)) {
    return { value, memory };
  }
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    one instanceof Uint8Array ? give(one) : one,
  ]);
  return { value: Object.fromEntries(entries) as unknown, memory };
}

/**
 * @param value an argument of a call.
 * @returns the same; in place of bytes that are a part of something larger a copy, since a structured
 *   clone copies all of that.
 */
export function toSend(value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return value.byteLength < value.buffer.byteLength ? new Uint8Array(value) : value;
  }
  if (Array.isArray(value)) return value.map(toSend);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toSend(one)]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
