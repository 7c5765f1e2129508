/** Lets others have their turn: the page on the caller's thread, messages in a worker. */
import { GitWsError } from '../../base/errors.js';

/** How long the caller's thread is kept at once, in ms; one object, or one call of the engine, longer at most. */
export const callersSlice = 8;

/** Says when it is the turn of others, and waits for its own. */
export class Pace {
  readonly #slice: number;
  readonly #signal: AbortSignal | undefined;
  readonly #channel = new MessageChannel();
  #since = performance.now();

  /**
   * @param slice how long the work goes on without a break, in ms.
   * @param signal ends the work at the next break.
   */
  constructor(slice: number, signal?: AbortSignal) {
    this.#slice = slice;
    this.#signal = signal;
  }

  /** To be called between short pieces of work. @returns a promise if it is time for a break. */
  turn(): Promise<void> | undefined {
    return performance.now() - this.#since < this.#slice ? undefined : this.#break();
  }

  async #break(): Promise<void> {
    // Whoever waited for something may still not have let anybody have a turn: promises do not.
    this.#check();
    const immediately = (globalThis as { setImmediate?: (callback: () => void) => unknown })
      .setImmediate;
    await new Promise<void>((resolve) => {
      if (immediately !== undefined) {
        // Node: messages that are sent at once are taken before anything else has its turn.
        immediately(resolve);
        return;
      }
      // A message, since timers are slowed down to 4 ms, or 1 s in a tab that nobody sees.
      this.#channel.port1.onmessage = () => resolve();
      this.#channel.port2.postMessage(0);
    });
    this.#since = performance.now();
    this.#check();
  }

  #check(): void {
    if (this.#signal?.aborted !== true) return;
    throw canceled(this.#signal);
  }

  /** To be called at the end: an open channel keeps Node running. */
  close(): void {
    this.#channel.port1.close();
  }
}

/** @returns the error of an operation whose signal fired. */
export function canceled(signal: AbortSignal | undefined): GitWsError {
  const sentence = 'The operation was canceled.';
  return new GitWsError('UserCanceledError', sentence, { cause: signal?.reason });
}
