/**
 * One run of upload-pack, protocol version 2, that answers many requests: opened when something is asked
 * of it, kept for a while after the last answer, opened again where the server ended it. One round trip a
 * request, where a run of its own costs several, and a process.
 */
import { checkedDuration, startTimer } from '../base/duration.js';
import { GitWsError, isGitWsError } from '../base/errors.js';
import { joinSignals } from '../base/signals.js';
import { canceled } from '../tunnel/client/failures.js';
import { closeCodes } from '../tunnel/machine/close.js';
import type { Capabilities } from '../wire/capabilities.js';
import type { AdvertisedRun, Connection } from './connection.js';
import { Restarts, type RestartOptions } from './restart.js';
import type { ServiceRun } from './service-run.js';

/** How long a run is kept of which nothing is asked, in ms: a person reads a file for about that long. */
export const keptOpenTime = 30_000;

/** How a run is kept. */
export interface KeepOptions extends RestartOptions {
  /**
   * How long it stays open after the last answer, in ms; default 30,000. 0: it is closed at once;
   * Infinity: for as long as the server keeps it.
   */
  readonly keepOpen?: number | undefined;
}

/** An open run, and what its server can do. */
export interface OpenRun {
  readonly run: ServiceRun;
  readonly capabilities: Capabilities;
}

/** See the file's own words. */
export class KeptRemote {
  readonly #connection: Connection;
  readonly #options: KeepOptions;
  readonly #keepOpen: number;
  readonly #closing = new AbortController();
  #open: OpenRun | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last request: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws GitWsError INVALID_OPTION for a time that is none. */
  constructor(connection: Connection, options: KeepOptions = {}) {
    this.#connection = connection;
    this.#options = options;
    this.#keepOpen = checkedDuration('keepOpen', options.keepOpen, 0) ?? keptOpenTime;
  }

  /**
   * Asks something, when all that was asked before is answered. Where the run is lost meanwhile it is asked
   * again in another one, once; where it was ended before, that does not count.
   *
   * @param ask writes the request, and reads its answer to the last byte.
   * @param signal ends the wait, and the request.
   * @throws what `ask` and {@link Connection.open} throw; UserCanceledError; REMOTE_ERROR for a server
   *   that does not speak version 2.
   */
  request<Answer>(ask: (open: OpenRun) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    this.#waiting += 1;
    clearTimeout(this.#timer);
    const answered = this.#last.then(() => this.#answer(ask, signal));
    this.#last = answered.then(
      () => this.#answered(),
      () => this.#answered(),
    );
    return answered;
  }

  /** Ends the run; what is asked is canceled. */
  close(): void {
    this.#closing.abort();
    this.#drop();
  }

  async #answer<Answer>(
    ask: (open: OpenRun) => Promise<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { signal: ended, release } = joinSignals([signal, this.#closing.signal]);
    try {
      throwIfCanceled(ended);
      const isKept = this.#open !== undefined;
      try {
        return await this.#ask(await this.#opened(ended), ask, ended);
      } catch (failure) {
        if (ended.aborted) throw failure;
        if (isKept && isUnauthorized(failure)) {
          return await this.#ask(await this.#opened(ended), ask, ended);
        }
        if (!isLost(failure)) throw failure;
        const restarts = new Restarts(this.#options);
        const again = await restarts.again(asLoss(failure), () => this.#opened(ended), [ended]);
        return await this.#ask(again, ask, ended);
      }
    } finally {
      release();
    }
  }

  async #ask<Answer>(
    open: OpenRun,
    ask: (open: OpenRun) => Promise<Answer>,
    signal: AbortSignal,
  ): Promise<Answer> {
    open.run.wake();
    open.run.follow(signal);
    try {
      return await ask(open);
    } catch (error) {
      // Somewhere in an answer: nobody knows where the next one would begin.
      this.#drop(error);
      throw error;
    } finally {
      open.run.follow(undefined);
    }
  }

  async #opened(signal: AbortSignal): Promise<OpenRun> {
    if (this.#open !== undefined) return this.#open;
    const { run, advertisement }: AdvertisedRun = await this.#connection.open('git-upload-pack', {
      gitProtocol: 'version=2',
      signal,
    });
    if (advertisement.version !== 2) {
      run.abort();
      const message = 'The server does not speak protocol version 2.';
      throw new GitWsError('REMOTE_ERROR', message, { data: { message } });
    }
    const open = { run, capabilities: advertisement.capabilities };
    this.#open = open;
    // Ended by the server, or lost for good, while nothing was asked: the next request opens another.
    void run.closed.then(() => {
      if (this.#open === open) this.#open = undefined;
    });
    return open;
  }

  #answered(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#open === undefined) return;
    if (this.#keepOpen === 0) {
      this.#drop();
      return;
    }
    // Node: neither the socket nor the timer keeps the process.
    this.#open.run.rest();
    this.#timer = startTimer(() => {
      this.#drop();
    }, this.#keepOpen);
    (this.#timer as { unref?: () => void } | undefined)?.unref?.();
  }

  #drop(reason?: unknown): void {
    clearTimeout(this.#timer);
    const open = this.#open;
    this.#open = undefined;
    open?.run.abort(reason);
  }
}

/** @throws what the run throws; what git says where it failed; CONNECTION_LOST where it has ended. */
export async function readOn(run: ServiceRun): Promise<Uint8Array> {
  const chunk = await run.read();
  if (chunk !== undefined) return chunk;
  await run.success();
  throw new GitWsError('CONNECTION_LOST', 'The server ended before it had answered.', {
    retryable: true,
  });
}

/** Close codes by which a server says that a run is over, and nothing is wrong with the request. */
const over: ReadonlySet<number> = new Set([
  ...[closeCodes.timedOut, closeCodes.sessionGone, closeCodes.unavailable],
]);

function isLost(failure: unknown): boolean {
  if (isGitWsError(failure, 'CONNECTION_LOST')) return true;
  return isGitWsError(failure, 'REFUSED') && over.has(failure.data.closeCode);
}

/** Over HTTP each request is asked who asks: what a run was opened with may have expired since. */
function isUnauthorized(failure: unknown): boolean {
  return isGitWsError(failure, 'REFUSED') && failure.data.closeCode === closeCodes.unauthorized;
}

/** As something that {@link Restarts} begins again. */
function asLoss(failure: unknown): unknown {
  return isGitWsError(failure, 'CONNECTION_LOST')
    ? failure
    : new GitWsError('CONNECTION_LOST', 'The server ended the connection.', { cause: failure });
}

function throwIfCanceled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw canceled(signal.reason);
}
