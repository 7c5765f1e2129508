/** Bytes as text of one letter each, whatever they stand for: so they are compared, cut and put together as text. */

/** @returns a letter for each byte. */
export function lettersOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return text;
}

/** @returns the letters of a text's UTF-8. */
export function utf8Letters(text: string): string {
  return lettersOf(new TextEncoder().encode(text));
}

/** @returns the bytes of such letters. */
export function bytesOfLetters(letters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}
