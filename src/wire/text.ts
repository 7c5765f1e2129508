/**
 * Text inside git's bytes: UTF-8 both ways, the optional newline, and joining byte arrays.
 * Knows nothing of pkt-lines.
 */

// git does not promise UTF-8: a bad byte becomes U+FFFD and never an ASCII character, so checks of
// ASCII syntax hold on the text as they would on the bytes. A byte order mark is kept, as git
// keeps it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of UTF-8 bytes; bytes that are not UTF-8 become U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** The UTF-8 bytes of a text. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The text without its last newline: git's text lines should end in one and need not. */
export function trimNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** The text of a pkt-line's payload, without its newline. */
export function decodeTextLine(payload: Uint8Array): string {
  return trimNewline(decodeText(payload));
}

/** A peer's text as an error message quotes it: escaped, and cut to 100 characters. */
export function quoteText(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** The same text without control characters, which could move a terminal's cursor; CR, LF and tab stay. */
export function stripControlCharacters(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed here
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '');
}
