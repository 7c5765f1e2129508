/**
 * Lost sessions of which nothing was asked: few of each address are kept, the newest. A client that was
 * cut off finds its own among them at once; a program that has ended leaves no more than these.
 */
import { closeCodes } from '../../src/tunnel/machine/close.js';
import type { RunningSession } from './running-session.js';
import { Shares } from '../admission/shares.js';

/** Those of one server. */
export class Unasked {
  readonly #most: number;
  readonly #sessions = new Shares<RunningSession>();

  /** @param most how many of one address are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether any is kept. */
  get keepsAny(): boolean {
    return this.#most > 0;
  }

  /** A session waits for its client; the oldest of the address that is one too many ends. */
  add(address: string | undefined, session: RunningSession): void {
    const sessions = this.#sessions.add(address, session);
    const [oldest] = sessions;
    if (sessions.size > this.#most) oldest?.end(closeCodes.done, '');
  }

  /** It waits no longer; nothing where it did not. */
  delete(address: string | undefined, session: RunningSession): void {
    this.#sessions.delete(address, session);
  }
}
