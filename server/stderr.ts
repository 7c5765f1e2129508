/**
 * git's stderr on its way to a client: decoded as UTF-8 across chunks, the server's own paths taken
 * out, cut to what one message may hold. Control characters stay: whoever shows the text strips
 * them, and progress lines need their carriage returns.
 */
import { dirname } from 'node:path';
import { maxStderrLength } from '../src/tunnel/message.js';
import type { Repository } from './repository.js';

/** What stands for each path, longest path first. */
type Replacements = readonly (readonly [path: string, text: string])[];

/** The text of one process's stderr. */
export class StderrText {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #replacements: Replacements;
  /** The end of what was decoded, where it may be the beginning of a path. */
  #held = '';

  /**
   * @param repository where the process runs.
   * @param name what the client calls it.
   * @param root the directory of repositories as it was configured.
   */
  constructor(repository: Repository, name: string, root: string) {
    this.#replacements = replacements(repository, name, root);
  }

  /** @returns the text that is ready, in pieces for one message each. */
  decode(bytes: Uint8Array): string[] {
    const text = this.#held + this.#decoder.decode(bytes, { stream: true });
    const end = this.#readyLength(text);
    this.#held = text.slice(end);
    return cut(this.#clean(text.slice(0, end)));
  }

  /** @returns what was held back. */
  end(): string[] {
    const text = this.#held + this.#decoder.decode();
    this.#held = '';
    return cut(this.#clean(text));
  }

  #clean(text: string): string {
    return this.#replacements.reduce((rest, [path, name]) => rest.replaceAll(path, name), text);
  }

  /** Where the part of `text` ends that cannot be changed by what follows. */
  #readyLength(text: string): number {
    let end = text.length;
    for (const [path] of this.#replacements) {
      for (let length = Math.min(path.length - 1, text.length); length > 0; length -= 1) {
        if (!text.endsWith(path.slice(0, length))) continue;
        end = Math.min(end, text.length - length);
        break;
      }
    }
    // A whole path that reaches over this point stays whole.
    for (const [path] of this.#replacements) {
      const start = text.lastIndexOf(path, end);
      if (start !== -1 && start < end && start + path.length > end) end = start;
    }
    return end;
  }
}

function replacements({ gitDir, root }: Repository, name: string, asked: string): Replacements {
  const paths: [string, string][] = [[gitDir, name]];
  if (gitDir.endsWith('/.git')) paths.push([dirname(gitDir), name]);
  for (const path of new Set([root, asked])) paths.push([`${path}/`, ''], [path, '.']);
  return paths
    .filter(([path]) => path.replaceAll('/', '') !== '')
    .sort(([one], [other]) => other.length - one.length);
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
