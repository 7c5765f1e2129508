/**
 * Begins again what a lost session has ended (docs/protocol.md, "Resuming"): a server that was
 * started anew, or a session that it no longer has, is no reason for a fetch to fail of which
 * nothing was handed on yet, nor for a push that has sent nothing. A push that has sent something
 * never begins again by itself.
 */
import { isGitWsError } from '../base/errors.js';
import { closeCodes } from '../tunnel/machine/close.js';
import { joinSignals } from '../base/signals.js';
import { canceled } from '../tunnel/client/failures.js';
import { backoffDelay } from '../tunnel/client/reconnection.js';

/** Longest time between the first loss and the last attempt, in ms, where nobody says otherwise. */
const defaultTime = 60_000;

/** How often a request is begun again that was lost each time it had begun. */
export const mostLosses = 3;

/** What bounds the attempts. */
export interface RestartOptions {
  /** In ms; see `HttpClientOptions.resumeFor`. */
  readonly resumeFor?: number | undefined;
  readonly retries?: number | undefined;
}

/** The attempts of one request. */
export class Restarts {
  readonly #options: RestartOptions;
  #attempt = 0;
  #losses = 0;
  #deadline = 0;

  constructor(options: RestartOptions) {
    this.#options = options;
  }

  /**
   * Waits until the next attempt is due, then makes it.
   *
   * @param failure what ended the one before; thrown again where no other is worth it.
   * @param open what may fail as well.
   * @param signals each of them ends the wait.
   * @throws the failure, or that of the last attempt; UserCanceledError where a signal fires.
   */
  async again<Run>(
    failure: unknown,
    open: () => Promise<Run>,
    signals: readonly (AbortSignal | undefined)[],
  ): Promise<Run> {
    const { signal, release } = joinSignals(signals);
    try {
      return await this.#again(failure, open, signal);
    } finally {
      release();
    }
  }

  async #again<Run>(failure: unknown, open: () => Promise<Run>, signal: AbortSignal): Promise<Run> {
    let last = failure;
    this.#losses += 1;
    for (;;) {
      this.#checkWorth(last);
      await delay(backoffDelay(this.#attempt), signal);
      if (signal.aborted) throw canceled(signal.reason);
      try {
        return await open();
      } catch (error) {
        last = error;
        // It had begun; a server that cannot be reached may still be starting.
        if (isGitWsError(error, 'CONNECTION_LOST')) this.#losses += 1;
      }
    }
  }

  #checkWorth(failure: unknown): void {
    const { resumeFor = defaultTime, retries = Infinity } = this.#options;
    const now = performance.now();
    if (this.#attempt === 0) this.#deadline = now + resumeFor;
    this.#attempt += 1;
    const enough = this.#attempt > retries || this.#losses > mostLosses || now >= this.#deadline;
    if (enough || !isLost(failure)) throw failure;
  }
}

/** Whether session or server are gone, and not by anybody's wish. */
function isLost(failure: unknown): boolean {
  if (isGitWsError(failure, 'CONNECTION_LOST')) return true;
  // A server that is just being started cannot be reached for a while.
  if (isGitWsError(failure, 'CONNECTION_FAILED')) return true;
  if (!isGitWsError(failure, 'REFUSED')) return false;
  return failure.data.closeCode === closeCodes.unavailable;
}

/** Waits, until a signal fires at most. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
