/**
 * Text that a server's git wrote for a person (band 2, stderr): decoded, cut into lines, made
 * safe to show. git's progress lines end in CR and are followed by a newer state of themselves.
 */

export { stripControlCharacters } from '../wire/text.js';

/** A line of git's progress as numbers, `Counting objects:  50% (1/2)` for example. */
export interface PhaseProgress {
  readonly phase: string;
  readonly loaded: number;
  readonly total: number;
}

// A server that never ends a line must not fill the memory.
const longestLine = 4096;

/** Cuts a stream of bytes into lines, each with the CR or LF that ended it. */
export class RemoteLines {
  // Streaming: a message may cut a character.
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** @returns the lines that these bytes completed. */
  push(bytes: Uint8Array): string[] {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    return this.#cut();
  }

  /** @returns what came after the last CR or LF, if anything. */
  end(): string[] {
    this.#rest += this.#decoder.decode();
    const lines = this.#cut();
    if (this.#rest !== '') lines.push(this.#rest);
    this.#rest = '';
    return lines;
  }

  #cut(): string[] {
    const lines: string[] = [];
    const ends = /\r\n|\r(?!$)|\n/g;
    let from = 0;
    for (let match = ends.exec(this.#rest); match !== null; match = ends.exec(this.#rest)) {
      lines.push(this.#rest.slice(from, ends.lastIndex));
      from = ends.lastIndex;
    }
    this.#rest = this.#rest.slice(from);
    // Defence: a line that never ends is cut.
    if (this.#rest.length > longestLine) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines;
  }
}

/** The numbers of a progress line; undefined for any other line. */
export function parsePhaseProgress(line: string): PhaseProgress | undefined {
  const [, phase, loaded, total] = /^([^:]+):.*\((\d+)\/(\d+)\)/.exec(line) ?? [];
  if (phase === undefined) return undefined;
  return { phase: phase.trim(), loaded: Number(loaded), total: Number(total) };
}
