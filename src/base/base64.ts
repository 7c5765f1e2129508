/**
 * Base64 of UTF-8 text and of bytes, with what a page, a worker and Node have in common
 * (`btoa`, `atob`). No Buffer: this runs in pages.
 */

/** Standard base64, padded, of the UTF-8 bytes of `text` (RFC 4648 section 4). */
export function encodeBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Unpadded base64url of the UTF-8 bytes of `text` (RFC 4648 section 5). */
export function encodeBase64Url(text: string): string {
  return encodeBase64(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** The bytes of standard base64. @throws what `atob` throws for what is none. */
export function bytesOfBase64(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
}

/**
 * The text that {@link encodeBase64Url} was given, or undefined where `encoded` is not unpadded
 * base64url of valid UTF-8.
 */
export function decodeBase64Url(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(encoded) || encoded.length % 4 === 1) return undefined;
  const bytes = bytesOfBase64(encoded.replace(/-/g, '+').replace(/_/g, '/'));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
