/**
 * A session that outlives the page or process that began it: what is to be stored so that another one can
 * go on with it (docs/protocol.md, "Resuming"), and the count of what may be acknowledged meanwhile.
 */
import { GitWsError } from '../../base/errors.js';
import type { ChannelOptions } from './channel-options.js';
import { beginLife, resumeLife, type Life } from './life.js';

/** What another page or process needs. The token is a secret. */
export interface StoredSession {
  readonly token: string;
  /** The public id. */
  readonly session: string;
  /** How long the server keeps it, in ms. */
  readonly resumeFor: number;
  /** Counted messages that were received, and whose bytes are stored. */
  readonly received: number;
  /** Counted messages that were sent, and acknowledged: all there are. */
  readonly sent: number;
  /** Bytes of git's stdout in the messages that were received. */
  readonly position: number;
}

/** @returns how a channel begins: one of its own, or one that goes on with a stored session. */
export function firstLife(
  { retries = Infinity, resumeFor = Infinity }: ChannelOptions,
  stored: StoredSession | undefined,
): Life {
  if (stored === undefined) return beginLife(retries);
  const message = 'The page or process that had the connection is gone.';
  const loss = new GitWsError('CONNECTION_LOST', message, { retryable: true });
  return resumeLife(retries, Math.min(stored.resumeFor, resumeFor), performance.now(), loss);
}

/** Counted messages that the reader has taken, none of which is acknowledged before it is stored. */
export class TakenMessages {
  /** Where in the stream each of them ends that is not settled, in bytes. */
  #ends: number[] = [];
  #position: number;
  #settled: number;

  /** @param position bytes of the stream before the first of them. */
  constructor(position: number) {
    this.#position = position;
    this.#settled = position;
  }

  /** One more; of text and the like it has no bytes. */
  take(bytes: number): void {
    this.#position += bytes;
    this.#ends.push(this.#position);
  }

  /**
   * @param position up to where the stream is stored; Infinity where nobody is to go on.
   * @returns how many are stored whole, of those that are not settled, and where the last of them ends.
   */
  upTo(position: number): { readonly messages: number; readonly end: number } {
    let messages = 0;
    for (const end of this.#ends) {
      if (end > position) break;
      messages += 1;
    }
    const endOf = (count: number): number => this.#ends[count - 1] ?? this.#settled;
    // What has no bytes comes again, the server's `exit` above all: whoever goes on has to hear of it.
    if (position < Infinity) {
      while (messages > 0 && endOf(messages) === endOf(messages - 1)) messages -= 1;
    }
    return { messages, end: endOf(messages) };
  }

  /** The same, which are settled then. */
  settle(position: number): number {
    const { messages, end } = this.upTo(position);
    this.#ends.splice(0, messages);
    this.#settled = end;
    return messages;
  }
}
