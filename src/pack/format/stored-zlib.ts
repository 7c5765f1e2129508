/** Zlib data (RFC 1950) that is not compressed: blocks of bytes as they are (RFC 1951, 3.2.4). */

/** Most bytes of a block. */
const blockBytes = 0xffff;
/** A block's head: whether it is the last one, its length, and the same with all bits turned. */
const headBytes = 5;
/** The largest prime below 2^16, and how many bytes can be summed up before 2^32 is reached. */
const modulus = 65_521;
const sumBytes = 5_552;

/**
 * @param parts what is to be in it, one after the other.
 * @returns zlib data whose content they are: for who asks for zlib data and inflates it at once.
 */
export function storeZlib(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const blocks = Math.max(1, Math.ceil(length / blockBytes));
  const data = new Uint8Array(2 + length + blocks * headBytes + 4);
  const view = new DataView(data.buffer);
  // Deflate with a window of 32 KiB, no dictionary, and check bits that make it divisible by 31.
  view.setUint16(0, 0x7801);
  let [at, left, sum] = [2, length, 1];
  /** Bytes that the block has room for. */
  let room = 0;
  const begin = (): void => {
    room = Math.min(left, blockBytes);
    view.setUint8(at, left === room ? 1 : 0);
    view.setUint16(at + 1, room, true);
    view.setUint16(at + 3, room ^ 0xffff, true);
    at += headBytes;
    left -= room;
  };
  begin();
  for (const part of parts) {
    sum = adler32(sum, part);
    for (let from = 0; from < part.length;) {
      if (room === 0) begin();
      const piece = part.subarray(from, from + room);
      data.set(piece, at);
      at += piece.length;
      from += piece.length;
      room -= piece.length;
    }
  }
  view.setUint32(at, sum);
  return data;
}

/** @param sum of what came before, 1 at the beginning. */
function adler32(sum: number, bytes: Uint8Array): number {
  let [low, high] = [sum & 0xffff, sum >>> 16];
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + sumBytes, bytes.length);
    for (; at < end; at += 1) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= modulus;
    high %= modulus;
  }
  return ((high << 16) | low) >>> 0;
}
