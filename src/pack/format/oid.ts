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
  return Uint8Array.from({ length: 20 }, (_, at) => parseInt(oid.slice(at * 2, at * 2 + 2), 16));
}
