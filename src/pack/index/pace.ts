/** Lets others have their turn: the page on the caller's thread, messages in a worker. */
import { GitWsError } from '../../base/errors.js';
import { checkedSignal } from '../../base/signals.js';

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
   * @param signal ends the work at the next turn.
   */
  constructor(slice: number, signal?: AbortSignal) {
    this.#slice = slice;
    this.#signal = signal;
  }

  /**
   * To be called between short pieces of work.
   *
   * @returns a promise if it is time for a break.
   * @throws GitWsError UserCanceledError once the signal has fired.
   */
  turn(): Promise<void> | undefined {
    throwIfCanceled(this.#signal);
    return performance.now() - this.#since < this.#slice ? undefined : this.#break();
  }

  async #break(): Promise<void> {
    // Whoever waited for something may still not have let anybody have a turn: promises do not.
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
    throwIfCanceled(this.#signal);
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

/** @throws GitWsError UserCanceledError where the signal has fired, INVALID_OPTION for what is none. */
export function throwIfCanceled(signal: AbortSignal | undefined): void {
  if (checkedSignal(signal)?.aborted === true) throw canceled(signal);
}
