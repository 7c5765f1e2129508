/**
 * Takes words out of a text that comes in pieces, and puts others in their place: the paths of the
 * server, on their way to a client. Text only: which words, and what the text is, is said elsewhere.
 */

/** A word that clients must not read. */
export interface OwnWord {
  readonly word: string;
  /** What stands in its place. */
  readonly instead: string;
  /**
   * Whether it must stand alone: not before or behind a letter, as a short path that may be the end
   * of another one (`/tmp` in `/var/tmp`). Default false: nothing of a secret is left, then.
   */
  readonly alone?: boolean;
}

/** One text. */
export class Removal {
  readonly #words: readonly OwnWord[];
  readonly #pattern: RegExp | undefined;
  /** The end of what came, where it may be the beginning of a word. */
  #held = '';
  /** The last character that was let through. */
  #last = '';

  /** @param words of several that fit, the longest counts. */
  constructor(words: readonly OwnWord[]) {
    this.#words = words
      .filter(({ word }) => word !== '')
      .sort((one, other) => other.word.length - one.word.length);
    if (this.#words.length > 0) this.#pattern = new RegExp(this.#words.map(source).join('|'), 'g');
  }

  /** @returns what is ready of the text so far. */
  push(text: string): string {
    const all = this.#held + text;
    const end = this.#readyLength(all);
    this.#held = all.slice(end);
    return this.#clean(all.slice(0, end));
  }

  /** @returns what was held back. A new text may follow. */
  end(): string {
    const rest = this.#clean(this.#held);
    this.#held = '';
    this.#last = '';
    return rest;
  }

  #clean(text: string): string {
    if (text === '' || this.#pattern === undefined) return text;
    const before = this.#last;
    this.#last = text.slice(-1);
    const insteads = new Map(this.#words.map(({ word, instead }) => [word, instead]));
    // No word begins in what was let through: it would have been held back.
    return (before + text)
      .replace(this.#pattern, (found) => insteads.get(found) ?? '')
      .slice(before.length);
  }

  /** Where the part of `text` ends that cannot be changed by what follows. */
  #readyLength(text: string): number {
    let end = text.length;
    for (const { word, alone = false } of this.#words) {
      const most = alone ? word.length : word.length - 1;
      for (let length = Math.min(most, text.length); length > 0; length -= 1) {
        if (!text.endsWith(word.slice(0, length))) continue;
        end = Math.min(end, text.length - length);
        break;
      }
    }
    // A whole word that reaches over this point stays whole.
    for (const { word } of this.#words) {
      const start = text.lastIndexOf(word, end);
      if (start !== -1 && start < end && start + word.length > end) end = start;
    }
    return end;
  }
}

function source({ word, alone = false }: OwnWord): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return alone ? `(?<![\\w.~\\u0080-\\uffff-])${escaped}(?![\\w\\u0080-\\uffff-])` : escaped;
}
