/**
 * Stores batches, one transaction at a time: while it runs, what comes is gathered for the next. The
 * first thing that a transaction does is to look whether the database is in the state that is known
 * here. If not, somebody else has written, and nothing is stored: whatever became of the lock, two
 * never mix their changes.
 */
import { concatBytes } from '../../base/concat-bytes.js';
import { GitWsError, isGitWsError } from '../../base/errors.js';
import { Batch, ownBytes } from './batch.js';
import { reasonOf, stores, type Head } from './database.js';
import { storageFailure } from './failure.js';
import type { Tree } from './tree.js';

/** How long requests are made without a pause, in ms. */
const sliceTime = 4;
/** How long changes wait for others that are stored with them, in ms, at most. */
const gatheringTime = 10;
/** How many transactions' blocks a head remembers, and at most how many blocks of one. */
export const [remembered, mostBlocks] = [32, 32];

/** What commits need of whoever has the database and the tree. */
export interface CommitTarget {
  database(): Promise<IDBDatabase>;
  readonly tree: Tree;
  head: Head;
  /** What is in memory is not what is stored. */
  forget(): void;
}

/** See the comment above. */
export class Commits {
  readonly #target: CommitTarget;
  #gathering = new Batch();
  /** Closed, the oldest first. The first of them is the one that is being stored, if any is. */
  #closed: Batch[] = [];
  #isRunning = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(target: CommitTarget) {
    this.#target = target;
  }

  /** @returns whether there is nothing that is not stored. */
  get isIdle(): boolean {
    return this.#closed.length === 0 && this.#gathering.isEmpty;
  }

  /** Batches from the newest to the oldest, for reads. */
  *pending(): Iterable<Batch> {
    yield this.#gathering;
    for (let at = this.#closed.length - 1; at >= 0; at--) {
      const batch = this.#closed[at];
      if (batch !== undefined) yield batch;
    }
  }

  /**
   * Has changes of the tree and what belongs to them stored.
   *
   * @param change makes them, or throws before it made any.
   * @param isMoreToCome whether storing waits for others, or for {@link start}; for some ms at most.
   * @returns what that returns, and a promise for when it is stored.
   */
  add<Result>(
    change: (batch: Batch) => Result,
    isMoreToCome = false,
  ): { result: Result; stored: Promise<undefined> } {
    const batch = this.#gathering;
    const result = change(batch);
    batch.count();
    if (batch.isFull) this.#close();
    else if (isMoreToCome) {
      // Others wait for the lock as long as something is not stored.
      this.#timer ??= setTimeout(() => this.start(), gatheringTime);
      return { result, stored: batch.done.promise };
    }
    this.start();
    return { result, stored: batch.done.promise };
  }

  /** Has all stored that is not. */
  start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void Promise.resolve().then(() => this.#run());
  }

  /** Resolves when all is stored that was added until now. @throws why it could not be. */
  async flush(): Promise<void> {
    this.start();
    const batch = this.#gathering.isEmpty ? this.#closed.at(-1) : this.#gathering;
    await batch?.done.promise;
  }

  #close(): void {
    const batch = this.#gathering;
    // Now, before the next change: what a transaction stores of names and contents belongs together.
    batch.close(this.#target.tree);
    this.#closed.push(batch);
    this.#gathering = new Batch();
  }

  async #run(): Promise<void> {
    for (;;) {
      if (this.#closed.length === 0) {
        if (this.#gathering.isEmpty) break;
        this.#close();
      }
      const [batch] = this.#closed;
      if (batch === undefined) break;
      try {
        this.#target.head = await this.#store(batch);
        this.#closed.shift();
        batch.done.resolve(undefined);
      } catch (reason) {
        const error = await storageFailure(reason, batch.bytes);
        if (isGitWsError(error, 'QUOTA')) await this.#passRemoval();
        // All that came after was made upon what is not stored.
        const failed = [...this.#closed, this.#gathering];
        this.#closed = [];
        this.#gathering = new Batch();
        this.#target.forget();
        for (const each of failed) each.done.reject(error);
      }
    }
    this.#isRunning = false;
  }

  /**
   * In Firefox the first transaction after one that found no room may remove and nothing else, while
   * ours change the names as well: an empty one takes its place.
   */
  async #passRemoval(): Promise<void> {
    try {
      (await this.#target.database()).transaction(stores.head, 'readwrite');
    } catch {
      // The next call is told what is wrong.
    }
  }

  async #store(batch: Batch): Promise<Head> {
    const database = await this.#target.database();
    const known = this.#target.head;
    return new Promise((resolve, reject) => {
      const names = Object.values(stores);
      const transaction = database.transaction(names, 'readwrite', { durability: 'relaxed' });
      const heads = transaction.objectStore(stores.head);
      const head = headAfter(known, batch);
      let failure: Error | undefined;
      const fail = (reason: unknown): void => {
        failure = reason as Error;
        transaction.abort();
      };
      const request = heads.get('head') as IDBRequest<Head | undefined>;
      request.onsuccess = () => {
        const { result } = request;
        if (result?.id !== known.id || result.seq !== known.seq) {
          fail(changed());
          return;
        }
        const requests = requestsOf(batch, transaction, head);
        const goOn = (): void => {
          try {
            const end = performance.now() + sliceTime;
            for (;;) {
              const next = requests.next();
              if (next.done === true) {
                transaction.commit();
                return;
              }
              if (performance.now() < end) continue;
              next.value.onsuccess = goOn;
              return;
            }
          } catch (reason) {
            fail(reason);
          }
        };
        goOn();
      };
      transaction.oncomplete = () => resolve(head);
      transaction.onabort = () => reject(failure ?? reasonOf(transaction.error));
    });
  }
}

function headAfter({ id, seq, recent }: Head, { blocks, next }: Batch): Head {
  const now = [seq + 1, [...blocks.keys()]] as const;
  // After one that changed much, all is read anew.
  const before = blocks.size > mostBlocks ? [] : recent.slice(1 - remembered);
  return { id, seq: seq + 1, next, recent: blocks.size > mostBlocks ? [] : [...before, now] };
}

function* requestsOf(
  batch: Batch,
  transaction: IDBTransaction,
  head: Head,
): Generator<IDBRequest, void, void> {
  const whole = transaction.objectStore(stores.whole);
  const pieces = transaction.objectStore(stores.pieces);
  const groups = transaction.objectStore(stores.groups);
  const nodes = transaction.objectStore(stores.nodes);
  for (const ino of batch.removedWhole) yield whole.delete(ino);
  for (const [ino, from] of batch.removedPieces)
    yield pieces.delete(IDBKeyRange.bound([ino, from], [ino, Infinity]));
  for (const number of batch.removedGroups) yield groups.delete(number);
  for (const [number, parts] of batch.groups) yield groups.put(concatBytes(parts), number);
  for (const [ino, bytes] of batch.values()) yield whole.put(ownBytes(bytes), ino);
  for (const [ino, byOrder] of batch.pieces)
    for (const [order, bytes] of byOrder) yield pieces.put(ownBytes(bytes), [ino, order]);
  for (const [block, rows] of batch.blocks)
    yield rows.length === 0 ? nodes.delete(block) : nodes.put(rows, block);
  yield transaction.objectStore(stores.head).put(head, 'head');
}

function changed(): GitWsError {
  const message = 'Something else has written to the file system meanwhile. Nothing was stored.';
  return new GitWsError('STORAGE_CHANGED', message, { retryable: true });
}
