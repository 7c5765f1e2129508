/**
 * git's stderr on its way to a client: decoded as UTF-8 across chunks, the server's own paths taken
 * out, cut to what one message may hold. Control characters stay: whoever shows the text strips
 * them, and progress lines need their carriage returns.
 */
import { maxStderrLength } from '../src/tunnel/message.js';
import { Removal, type OwnWord } from './removal.js';

/** The text of one process's stderr. */
export class StderrText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #removal: Removal;
  #refusedOwner = false;

  /** @param words that clients must not read. */
  constructor(words: readonly OwnWord[]) {
    this.#removal = new Removal(words);
  }

  /** Whether git has said that it refuses the repository, which is another user's. */
  get refusedOwner(): boolean {
    return this.#refusedOwner;
  }

  /** @returns the text that is ready, in pieces for one message each. */
  decode(bytes: Uint8Array): string[] {
    const text = this.#removal.push(this.#decoder.decode(bytes, { stream: true }));
    if (text.includes('detected dubious ownership in')) this.#refusedOwner = true;
    return cut(text);
  }

  /** @returns what was held back. */
  end(): string[] {
    return cut(this.#removal.push(this.#decoder.decode()) + this.#removal.end());
  }
}

function cut(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + maxStderrLength, text.length);
    // Not between the two halves of one character.
    if (end < text.length && /[\ud800-\udbff]/.test(text[end - 1] ?? '')) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
