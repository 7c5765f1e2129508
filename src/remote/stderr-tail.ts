/** What git wrote to stderr, as far as an error shows it. */
import { stripControlCharacters } from './remote-text.js';

/** Most of git's stderr that is kept for an error, in characters: its last words count. */
const stderrLimit = 4096;

/** The end of what git wrote to stderr, fit to be shown. */
export class StderrTail {
  #text = '';

  get text(): string {
    return this.#text.trim();
  }

  push(text: string): void {
    this.#text = (this.#text + stripControlCharacters(text)).slice(-stderrLimit);
  }
}
