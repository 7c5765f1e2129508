/** Deltas of a pack (gitformat-pack(5)), for a few small objects: the engine has its own way. */

/**
 * @param delta that was made from `base`; of another the result is of no use.
 * @param limit most bytes of the result.
 * @returns undefined for what is larger: a few bytes can make a gigabyte.
 * @throws RangeError for some that are malformed.
 */
export function applyDelta(
  base: Uint8Array,
  delta: Uint8Array,
  limit: number,
): Uint8Array | undefined {
  let at = 0;
  const readSize = (): number => {
    for (let [size, unit] = [0, 1]; ; unit *= 128) {
      const byte = delta[at++] ?? 0;
      size += (byte & 127) * unit;
      if (byte < 128) return size;
    }
  };
  readSize();
  const size = readSize();
  if (size > limit) return undefined;
  const result = new Uint8Array(size);
  let filled = 0;
  while (at < delta.length) {
    const command = delta[at++] ?? 0;
    let piece: Uint8Array;
    if (command < 128) {
      piece = delta.subarray(at, at + command);
      at += command;
    } else {
      let [start, length] = [0, 0];
      for (let byte = 0; byte < 4; byte += 1) {
        if ((command & (1 << byte)) !== 0) start += (delta[at++] ?? 0) * 256 ** byte;
      }
      for (let byte = 0; byte < 3; byte += 1) {
        if ((command & (16 << byte)) !== 0) length += (delta[at++] ?? 0) * 256 ** byte;
      }
      piece = base.subarray(start, start + (length === 0 ? 0x10000 : length));
    }
    result.set(piece, filled);
    filled += piece.length;
  }
  return result;
}
