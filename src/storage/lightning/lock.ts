/**
 * One writer at a time: a Web Lock, under the name that plain LightningFS uses. Where there are none
 * (insecure contexts) it is a lease in the database, which ends by itself.
 */
import { webLocks } from '../../base/life-lock.js';
import { randomName } from '../../base/random-name.js';
import { startTimer } from '../../base/duration.js';
import { GitWsError } from '../../base/errors.js';
import { resultOf, stores } from './database.js';

/** What keeps others out. */
export interface Lock {
  /** False as soon as it is lost, too. */
  readonly isHeld: boolean;
  /** Whether it is in the database, and gone with that. */
  readonly isStored: boolean;
  /** @throws GitWsError STORAGE_LOCKED where it is not to be had in time (ms). */
  acquire(timeout: number): Promise<void>;
  /** Gives it up. Never rejects. */
  release(): Promise<void>;
}

/** How long it is waited for, where nobody says otherwise, in ms. */
export const defaultLockTimeout = 10 * 60 * 1000;

/** @returns the lock for a file system, held by nobody yet. */
export function makeLock(name: string, database: () => Promise<IDBDatabase>): Lock {
  const locks = webLocks();
  return locks === undefined ? new Lease(database) : new WebLock(`${name}_lock`, locks);
}

function locked(): GitWsError {
  const message = 'Another page or worker uses the file system, and did not end in time.';
  return new GitWsError('STORAGE_LOCKED', message, { retryable: true });
}

/** A Web Lock of a name. */
export class WebLock implements Lock {
  readonly isStored = false;
  readonly #name: string;
  readonly #locks: LockManager;
  #giveUp: (() => void) | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(name: string, locks: LockManager) {
    this.#name = name;
    this.#locks = locks;
  }

  get isHeld(): boolean {
    return this.#giveUp !== undefined;
  }

  acquire(timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController();
      const timer = startTimer(() => controller.abort(), timeout);
      const hold = (): Promise<void> =>
        new Promise((giveUp) => {
          clearTimeout(timer);
          this.#giveUp = giveUp;
          resolve();
        });
      const { signal } = controller;
      this.#ended = this.#locks.request(this.#name, { signal }, hold).catch((reason: unknown) => {
        // It was not to be had in time, or somebody took it away.
        clearTimeout(timer);
        this.#giveUp = undefined;
        reject(signal.aborted ? locked() : (reason as Error));
      });
    });
  }

  async release(): Promise<void> {
    this.#giveUp?.();
    this.#giveUp = undefined;
    await this.#ended;
  }
}

/** How long a lease lasts, in ms. */
export const leaseTime = 10_000;
/** When it is renewed, and how often one is asked for, in ms. */
const [renewTime, askTime] = [5000, 20];

/** A lease as it is stored. */
interface StoredLease {
  readonly owner: string;
  /** In ms since 1970. */
  readonly until: number;
}

class Lease implements Lock {
  readonly isStored = true;
  readonly #database: () => Promise<IDBDatabase>;
  readonly #owner = randomName();
  #until = 0;

  constructor(database: () => Promise<IDBDatabase>) {
    this.#database = database;
  }

  get isHeld(): boolean {
    return Date.now() < this.#until - renewTime;
  }

  async acquire(timeout: number): Promise<void> {
    const end = performance.now() + timeout;
    while (!(await this.#take())) {
      if (performance.now() >= end) throw locked();
      await new Promise((resolve) => setTimeout(resolve, askTime));
    }
  }

  async release(): Promise<void> {
    this.#until = 0;
    await this.#change((lease) => (lease?.owner === this.#owner ? null : undefined)).catch(
      () => undefined,
    );
  }

  async #take(): Promise<boolean> {
    const until = Date.now() + leaseTime;
    const taken = await this.#change((lease) => {
      // A clock that was set back must not keep everybody out.
      const isOver = lease === undefined || Math.abs(lease.until - Date.now()) > leaseTime;
      const isFree = isOver || lease.until < Date.now() || lease.owner === this.#owner;
      return isFree ? { owner: this.#owner, until } : undefined;
    });
    if (taken) this.#until = until;
    return taken;
  }

  /** @param change what is to be there: null for none, undefined to leave it. */
  async #change(
    change: (lease: StoredLease | undefined) => StoredLease | null | undefined,
  ): Promise<boolean> {
    const transaction = (await this.#database()).transaction(stores.head, 'readwrite');
    const store = transaction.objectStore(stores.head);
    const next = change((await resultOf(store.get('lease'))) as StoredLease | undefined);
    if (next === undefined) return false;
    if (next === null) await resultOf(store.delete('lease'));
    else await resultOf(store.put(next, 'lease'));
    return true;
  }
}
