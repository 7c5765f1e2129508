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
   * @returns those that could not be had, each with why, also of `along`; all others are there now.
   * @throws whatever stands in the way of all of them; none of them is there then, or some.
   */
  fetch(oids: readonly string[], how: FetchHow): Promise<Failures>;
}

/** How objects are fetched. */
export interface FetchHow {
  readonly signal: AbortSignal;
  /** What comes with them where nothing is in its way: it fails none of them. In lower case, each once. */
  readonly along?: readonly string[] | undefined;
  /** Whether all trees below a tree come with it: who has none of them is spared a round trip for each level. */
  readonly below?: boolean | undefined;
}

/** Objects that could not be had, by their oids, each with why. */
export type Failures = ReadonlyMap<string, unknown>;

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
  /** What comes with them: nobody has missed it, so far. */
  readonly along: Set<string>;
  readonly ending: AbortController;
  readonly settled: Promise<Failures>;
  readonly settle: (outcome: Promise<Failures>) => void;
  /** Those who wait and have not given up. */
  waiting: number;
  /** Whether each of them wants what is below, too. */
  below: boolean;
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
   * @param along others that are not here, and may come with them: it is not an error where they do not.
   * @param below whether trees may come with all trees below them, which is no error either where they do not.
   * @throws GitWsError OBJECT_UNAVAILABLE (data: `oid`, the first of these that could not be had; `cause`
   *   says why), UserCanceledError; what the caller's own functions and file system throw. What others
   *   wait for, and cannot be had, fails nobody else.
   */
  async get(
    oids: readonly string[],
    signal?: AbortSignal,
    along: readonly string[] = [],
    below = false,
  ): Promise<void> {
    const batches = new Set<Batch>();
    /** What is on its way for somebody who may do without. */
    const unsure = new Set<string>();
    for (const oid of oids) {
      const batch = this.#batchOf(oid, below);
      batches.add(batch);
      if (!batch.oids.has(oid)) unsure.add(oid);
    }
    for (const oid of along) {
      const next = this.#next;
      if (next === undefined || !batches.has(next) || this.#isUnderWay(oid)) continue;
      if (!next.oids.has(oid)) next.along.add(oid);
    }
    for (const batch of batches) batch.waiting += 1;
    const canceled = new Canceled(signal);
    try {
      for (const batch of batches) {
        const failures = await Promise.race([batch.settled, canceled.promise]);
        for (const oid of oids) {
          if (!failures.has(oid)) unsure.delete(oid);
          else if (!unsure.has(oid)) throw failureOf(oid, failures.get(oid));
        }
      }
    } finally {
      canceled.release();
      for (const batch of batches) this.#leave(batch);
    }
    if (unsure.size > 0) await this.get([...unsure], signal);
  }

  #isUnderWay(oid: string): boolean {
    const current = this.#current;
    if (current === undefined || current.ending.signal.aborted) return false;
    return current.oids.has(oid) || current.along.has(oid);
  }

  #batchOf(oid: string, below: boolean): Batch {
    // What everybody has given up on fetches nothing any more.
    if (this.#current !== undefined && this.#isUnderWay(oid)) return this.#current;
    const gathered = this.#next;
    const next =
      gathered === undefined || gathered.ending.signal.aborted ? this.#gather(below) : gathered;
    this.#next = next;
    // Others have no use for it, or much of it already.
    next.below &&= below;
    next.along.delete(oid);
    next.oids.add(oid);
    return next;
  }

  #gather(below: boolean): Batch {
    let settle: (outcome: Promise<Failures>) => void = () => undefined;
    const settled = new Promise<Failures>((resolve) => (settle = resolve));
    const batch = {
      oids: new Set<string>(),
      along: new Set<string>(),
      ending: new AbortController(),
      settled,
      settle,
      waiting: 0,
      below,
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
    await fetched;
    this.#current = undefined;
    await this.#start();
  }

  /** Never rejects. */
  async #fetch({ oids, along, ending, below }: Batch): Promise<Failures> {
    const { signal } = ending;
    const all = [...oids];
    const failures = new Map<string, unknown>();
    for (const oid of [...along].slice(Math.max(0, mostInRequest - all.length))) {
      failures.set(oid, undefined);
    }
    for (let at = 0; at < all.length; at += mostInRequest) {
      const some = all.slice(at, at + mostInRequest);
      const extra = at === 0 ? [...along].slice(0, mostInRequest - some.length) : [];
      try {
        signal.throwIfAborted();
        const how = { signal, along: extra, below };
        for (const [oid, failure] of await this.#fetcher.fetch(some, how)) {
          failures.set(oid, failure);
        }
      } catch (failure) {
        // What stands in the way of these does so for the next ones, too.
        for (const oid of [...all.slice(at), ...extra]) failures.set(oid, failure);
        break;
      }
    }
    return failures;
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

/** @returns what one is told who waits for an object that could not be had. */
function failureOf(oid: string, cause: unknown): unknown {
  return isOwn(cause) ? cause : unavailable(oid, cause);
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
