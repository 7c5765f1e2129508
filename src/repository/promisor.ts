/**
 * Gets what a repository lacks and a promisor has promised. Those who miss something at the same moment
 * are gathered into one request, and each object is asked for once, however many wait for it. Knows
 * nothing of where the objects come from: a fetcher is given.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { unavailable } from './unavailable.js';

/** Brings objects into the repository. */
export interface Fetcher {
  /**
   * @param oids in lower case, each once.
   * @throws whatever stands in the way; none of them is there then, or some.
   */
  fetch(oids: readonly string[], how: { readonly signal: AbortSignal }): Promise<void>;
}

/**
 * How long is waited for others who miss something, in ms: whoever reads many objects at once has asked
 * for all of them by then, and a round trip takes longer.
 */
export const gatherTime = 2;

/** Objects of one request, at most: what is asked for is 2.5 MB then. More are asked for one request later. */
export const mostInRequest = 50_000;

/** Objects that are asked for together. */
interface Batch {
  readonly oids: Set<string>;
  readonly ending: AbortController;
  readonly settled: Promise<void>;
  readonly settle: (outcome: Promise<void>) => void;
  /** Those who wait and have not given up. */
  waiting: number;
}

/** The promised objects of one repository. */
export class Promisor {
  readonly #fetcher: Fetcher;
  /** What is gathered; undefined while nobody misses anything. */
  #next: Batch | undefined;
  /** What is asked for. */
  #current: Batch | undefined;

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  /**
   * Waits until all of these are there, as far as the promisor has them. What failed is asked for again by
   * the next call.
   *
   * @param oids in lower case, of objects that are not here.
   * @param signal ends the wait; the request, too, where nobody else waits for it.
   * @throws GitWsError OBJECT_UNAVAILABLE (data: `oid`, the first of them; `cause` says why),
   *   UserCanceledError; what the caller's own functions and file system throw.
   */
  async get(oids: readonly string[], signal?: AbortSignal): Promise<void> {
    const batches = new Set<Batch>();
    for (const oid of oids) batches.add(this.#batchOf(oid));
    for (const batch of batches) batch.waiting += 1;
    const canceled = new Canceled(signal);
    try {
      for (const batch of batches) await Promise.race([batch.settled, canceled.promise]);
    } catch (cause) {
      throw canceled.has || isOwn(cause) ? cause : unavailable(oids[0] ?? '', cause);
    } finally {
      canceled.release();
      for (const batch of batches) this.#leave(batch);
    }
  }

  #batchOf(oid: string): Batch {
    // What everybody has given up on fetches nothing any more.
    const isGivenUp = (batch: Batch): boolean => batch.ending.signal.aborted;
    const current = this.#current;
    if (current?.oids.has(oid) === true && !isGivenUp(current)) return current;
    const gathered = this.#next;
    const next = gathered === undefined || isGivenUp(gathered) ? this.#gather() : gathered;
    this.#next = next;
    next.oids.add(oid);
    return next;
  }

  #gather(): Batch {
    let settle: (outcome: Promise<void>) => void = () => undefined;
    const settled = new Promise<void>((resolve) => (settle = resolve));
    // Those who wait hear of it.
    settled.catch(() => undefined);
    const batch = {
      oids: new Set<string>(),
      ending: new AbortController(),
      settled,
      settle,
      waiting: 0,
    };
    setTimeout(() => void this.#start(), gatherTime);
    return batch;
  }

  /** Begins with what was gathered, unless something is asked for: then more is gathered meanwhile. */
  async #start(): Promise<void> {
    const batch = this.#next;
    if (this.#current !== undefined || batch === undefined) return;
    this.#next = undefined;
    this.#current = batch;
    const fetched = this.#fetch(batch);
    batch.settle(fetched);
    await fetched.catch(() => undefined);
    this.#current = undefined;
    await this.#start();
  }

  async #fetch({ oids, ending }: Batch): Promise<void> {
    const { signal } = ending;
    const all = [...oids];
    for (let at = 0; at < all.length; at += mostInRequest) {
      if (signal.aborted) return;
      await this.#fetcher.fetch(all.slice(at, at + mostInRequest), { signal });
    }
  }

  #leave(batch: Batch): void {
    batch.waiting -= 1;
    if (batch.waiting === 0) batch.ending.abort();
  }
}

/** Codes of what has nothing to do with the objects' server. */
const ownCodes: ReadonlySet<unknown> = new Set([
  ...['UserCanceledError', 'QUOTA', 'CALLBACK_FAILED', 'FILE_SYSTEM_FAILED'],
]);

/** Whether the caller, its functions or its file system have thrown this: it is passed on as it is. */
function isOwn(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return ownCodes.has(code) || !(isGitWsError(error) || code === 'HttpError');
}

/** A signal as a promise that rejects. */
class Canceled {
  readonly promise: Promise<never>;
  readonly release: () => void;
  has = false;

  constructor(signal: AbortSignal | undefined) {
    let fire: () => void = () => undefined;
    this.promise = new Promise((_, reject) => {
      fire = () => {
        this.has = true;
        const cause: unknown = signal?.reason;
        reject(new GitWsError('UserCanceledError', 'The operation was canceled.', { cause }));
      };
    });
    this.promise.catch(() => undefined);
    if (signal?.aborted === true) fire();
    else signal?.addEventListener('abort', fire);
    this.release = () => signal?.removeEventListener('abort', fire);
  }
}
