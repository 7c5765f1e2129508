/**
 * What a server's git says on band 2, on its two ways to the caller: at once to the client's own
 * `onMessage` and, as numbers, to `onProgress`; and in the end to isomorphic-git, which reads
 * band 2 only after the lines that gitws holds back until the transfer is safe.
 */
import { callBack } from '../base/failure.js';
import { WordCount } from '../wire/answer-limits.js';
import { encodeSideBand } from '../wire/side-band.js';
import { encodeText } from '../wire/text.js';
import type { ProgressCallback } from './progress.js';
import { RemoteLines, parsePhaseProgress, stripControlCharacters } from './remote-text.js';

/** Most text kept for isomorphic-git, in characters: a server must not fill the memory with it. */
const keptLimit = 256 * 1024;

/** Where band 2 goes while it arrives. */
export interface MessageListeners {
  readonly onMessage?: ((message: string) => unknown) | undefined;
  readonly onProgress?: ProgressCallback | undefined;
}

/** Band 2 of one response. */
export class RemoteMessages {
  readonly #lines = new RemoteLines();
  readonly #count = new WordCount();
  readonly #listeners: MessageListeners;
  #kept = '';

  constructor(listeners: MessageListeners) {
    this.#listeners = listeners;
  }

  /** @throws GitWsError ANSWER_LIMIT; what the listeners throw. */
  async push(bytes: Uint8Array): Promise<void> {
    this.#count.add(bytes.length);
    await this.#tell(this.#lines.push(bytes));
  }

  /** The response is complete. */
  async end(): Promise<void> {
    await this.#tell(this.#lines.end());
  }

  /** What isomorphic-git gets, as pkt-lines: the finished lines, not each state of a counter. */
  encode(): Uint8Array[] {
    return this.#kept === '' ? [] : encodeSideBand(2, encodeText(this.#kept));
  }

  async #tell(lines: readonly string[]): Promise<void> {
    for (const raw of lines) {
      // Defence: a server's messages lose what could move a cursor.
      const line = stripControlCharacters(raw);
      // A CR at the end says that a newer state of the same line follows.
      if (!line.endsWith('\r') && this.#kept.length + line.length <= keptLimit) this.#kept += line;
      await callBack('onMessage', () => this.#listeners.onMessage?.(line));
      const progress = parsePhaseProgress(line);
      if (progress !== undefined) await this.#listeners.onProgress?.(progress);
    }
  }
}
