/**
 * Commands that change a repository, one tab at a time. A commit reads the index and the branch, and
 * writes them later: the storage's lock may be somebody else's in between. Commands of one tab share
 * the lock, as they share a page without a worker: one that is called from another's `onAuth` does not
 * wait for it.
 */
import { GitWsError } from '../base/errors.js';
import { webLocks } from '../base/life-lock.js';
import { WebLock } from '../storage/lightning/lock.js';

/** See above. Where there are no Web Locks (pages that are not secure contexts) nobody waits. */
export class WritingLock {
  readonly #lock: WebLock | undefined;
  readonly #timeout: number;
  #users = 0;
  #acquiring: Promise<void> | undefined;

  /** @param timeout in ms, or Infinity. */
  constructor(name: string, timeout: number) {
    const locks = webLocks();
    this.#lock = locks && new WebLock(name, locks);
    this.#timeout = timeout;
  }

  /**
   * @throws GitWsError STORAGE_LOCKED where another tab did not end in time, UserCanceledError where the
   *   signal fires meanwhile; what `work` throws.
   */
  async whileHeld<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    this.#users += 1;
    this.#acquiring ??= this.#acquire();
    const acquiring = this.#acquiring;
    try {
      await unlessAborted(signal, acquiring);
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) void acquiring.then(() => this.#giveUp()).catch(() => undefined);
    }
  }

  async #acquire(): Promise<void> {
    try {
      await this.#lock?.acquire(this.#timeout);
    } catch (error) {
      // The next one asks again.
      this.#acquiring = undefined;
      throw error;
    }
  }

  async #giveUp(): Promise<void> {
    if (this.#users > 0) return;
    this.#acquiring = undefined;
    await this.#lock?.release();
  }
}

function unlessAborted(signal: AbortSignal, waiting: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => {
      const message = 'The operation was canceled.';
      reject(new GitWsError('UserCanceledError', message, { cause: signal.reason as unknown }));
    };
    waiting.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel);
  });
}
