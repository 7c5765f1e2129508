/** Oids as bytes, as packs and their indexes have them, and as text. */

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** @param bytes 20 of them. @returns 40 hexadecimal digits, in lower case. */
export function formatOid(bytes: Uint8Array): string {
  let oid = '';
  for (const byte of bytes) oid += digits[byte] ?? '';
  return oid;
}

/** @param oid 40 hexadecimal digits. */
export function bytesOfOid(oid: string): Uint8Array {
  const bytes = new Uint8Array(20);
  for (let at = 0; at < 20; at += 1) {
    bytes[at] = (digitOf(oid.charCodeAt(2 * at)) << 4) | digitOf(oid.charCodeAt(2 * at + 1));
  }
  return bytes;
}

/** Of `0` to `9`, and of `a` to `f` in either case. */
function digitOf(letter: number): number {
  return letter <= 0x39 ? letter - 0x30 : (letter & 0xf) + 9;
}
