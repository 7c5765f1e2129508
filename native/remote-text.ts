/**
 * What the server's git wrote to its stderr, on its way to the user's terminal: line by line, marked
 * as the remote's own words so that they cannot pass for git's, and without anything that a
 * terminal would obey.
 */

/** Characters after which a line is shown as it is. */
const longestLine = 10_000;

/** Turns pieces of text into lines. */
export class RemoteText {
  readonly #write: (line: string) => void;
  #rest = '';

  /** @param write is given one whole line, without a line end. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** More text. */
  push(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#show(line);
    // No line has an end to wait for, once it is longer than any that git writes.
    if (this.#rest.length > longestLine) this.end();
  }

  /** Nothing more comes. */
  end(): void {
    this.#show(this.#rest);
    this.#rest = '';
  }

  #show(line: string): void {
    const clean = line.replaceAll('\t', ' ').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
    if (clean.trim() !== '') this.#write(`remote: ${clean}`);
  }
}
