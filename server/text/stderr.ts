/**
 * git's stderr on its way to a client: decoded as UTF-8 across chunks, the server's own paths taken
 * out, cut to what one message may hold. Control characters stay: whoever shows the text strips
 * them, and progress lines need their carriage returns.
 */
import { maxStderrLength } from '../../src/tunnel/machine/message.js';
import { Removal, type OwnWord } from './removal.js';

/** git's words for a repository that is another user's (setup.c). */
const refusal = 'detected dubious ownership in';

/** The text of one process's stderr. */
export class StderrText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #removal: Removal;
  #refusedOwner = false;
  /** The end of what was said, in which the sentence may have begun. */
  #last = '';

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
    const said = this.#last + text;
    if (said.includes(refusal)) this.#refusedOwner = true;
    this.#last = said.slice(-refusal.length);
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
