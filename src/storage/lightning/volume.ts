/**
 * A file system as a whole: its database, the lock, the tree, and what is to be stored. Whoever uses
 * it does so in a turn, in which the lock is held and the tree is what is stored.
 */
import { GitWsError, isGitWsError } from '../../base/errors.js';
import type { Batch } from './batch.js';
import { Commits, type CommitTarget } from './commit.js';
import { deleteDatabase, openDatabase, readBlocks, type Head, type Place } from './database.js';
import { storageFailure } from './failure.js';
import { makeLock, type Lock } from './lock.js';
import { nextTask, takeSteps } from './pace.js';
import { Tree, type Owner } from './tree.js';
import { Turns } from './lock-turns.js';

/** A call that may wait for less, in ms, is done with those that it waited with. */
const leastWait = 20;

/** What a volume is made of. */
export interface VolumeOptions extends Place {
  /** Names the lock. */
  readonly name: string;
  readonly owner: Owner;
  /** In ms, or Infinity. */
  readonly lockTimeout: number;
  /** Whether what is there is to be deleted first. */
  readonly wipe: boolean;
}

/** One file system. */
export class Volume implements CommitTarget {
  readonly commits = new Commits(this);
  readonly #options: VolumeOptions;
  readonly #lock: Lock;
  readonly #turns: Turns;
  readonly #leaving = () => void this.#giveUp();
  /** Called and waited for when the page is left, before the lock is given up. */
  readonly beforeLeaving = new Set<() => Promise<unknown>>();
  #database: Promise<IDBDatabase> | undefined;
  #tree: Tree | undefined;
  #head: Head | undefined;
  #preparing: Promise<void> | undefined;
  #releasing: Promise<void> | undefined;
  #mustWipe: boolean;
  #closing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: VolumeOptions) {
    this.#options = options;
    this.#mustWipe = options.wipe;
    this.#lock = makeLock(options.name, () => this.database());
    this.#turns = new Turns(options.name, () => void this.#release());
    globalThis.addEventListener?.('pagehide', this.#leaving);
  }

  get tree(): Tree {
    if (this.#tree === undefined) throw new Error('There is no turn.');
    return this.#tree;
  }

  get head(): Head {
    if (this.#head === undefined) throw new Error('There is no turn.');
    return this.#head;
  }

  set head(head: Head) {
    this.#head = head;
  }

  forget(): void {
    this.#tree = undefined;
    this.#head = undefined;
  }

  /** @returns the database, opened again where it was closed. @throws what IndexedDB fails with. */
  database(): Promise<IDBDatabase> {
    this.#database ??= this.#open();
    return this.#database;
  }

  /**
   * Does something with the tree, in a turn. It may wait and go on; after waiting the tree may be
   * another.
   *
   * @throws GitWsError STORAGE_LOCKED; what the database fails with, and what `work` throws.
   */
  async use<Result>(work: (tree: Tree) => Result): Promise<Awaited<Result>> {
    this.#turns.begin();
    const end = performance.now() + this.#options.lockTimeout;
    try {
      if (this.#isClosed) throw closed();
      // The lock is held before the tree is what is stored: a change made in between would be lost.
      while (this.#preparing !== undefined || !this.#lock.isHeld || this.#tree === undefined) {
        this.#preparing ??= this.#prepare(end).finally(() => (this.#preparing = undefined));
        await this.#preparing.catch((reason: unknown) => {
          const rest = end - performance.now();
          // Who began to wait before has waited for long enough, and this call has not.
          if (!isGitWsError(reason, 'STORAGE_LOCKED') || rest < leastWait) throw reason;
        });
      }
      return await work(this.#tree);
    } finally {
      this.#turns.end();
    }
  }

  /**
   * Changes the tree, in a turn, and waits until that is stored.
   *
   * @param change makes all of a change or throws before; must not wait.
   * @throws as use does; GitWsError QUOTA, STORAGE_CHANGED.
   */
  change<Result>(change: (tree: Tree, batch: Batch) => Result): Promise<Result> {
    return this.use(async (tree) => {
      const { result, stored } = this.commits.add((batch) => change(tree, batch));
      await stored;
      return result;
    });
  }

  /**
   * As change, and resolves before that is stored. Whoever makes one change after the other makes each
   * this way: the lock may have been lost, and the tree be another, since the one before.
   *
   * @param isMoreToCome see {@link Commits.add}.
   * @returns what `change` returns, and a promise for when it is stored, which need not be waited for.
   */
  begin<Result>(
    change: (tree: Tree, batch: Batch) => Result,
    isMoreToCome = false,
  ): Promise<{ result: Result; stored: Promise<undefined> }> {
    return this.use((tree) => {
      const begun = this.commits.add((batch) => change(tree, batch), isMoreToCome);
      // Nobody else is let in before it is stored.
      this.#turns.begin();
      void begun.stored.catch(() => undefined).then(() => this.#turns.end());
      return begun;
    });
  }

  /** Resolves when all is stored that calls change which were made until now. @throws why not. */
  async flush(): Promise<void> {
    // LightningFS hands a call on some microtasks later.
    await nextTask();
    // Calls that came before have made their change when this has its turn.
    if (!this.#turns.isIdle) await this.use(() => this.commits.flush());
  }

  /** Stores what is left, gives the lock up, and closes the database. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    globalThis.removeEventListener?.('pagehide', this.#leaving);
    await this.flush().catch(() => undefined);
    await this.#storeOpened();
    this.#isClosed = true;
    await this.commits.flush().catch(() => undefined);
    await this.#release(true);
    this.#turns.close();
    this.forget();
    (await this.#database?.catch(() => undefined))?.close();
    this.#database = undefined;
  }

  /** Has opened files store what was written. */
  async #storeOpened(): Promise<void> {
    await Promise.all([...this.beforeLeaving].map((store) => store()));
  }

  async #open(): Promise<IDBDatabase> {
    try {
      if (this.#isClosed) throw closed();
      const database = await openDatabase(this.#options, this.#options.lockTimeout);
      const gone = (): void => {
        this.#database = undefined;
      };
      database.onclose = gone;
      database.onversionchange = () => {
        gone();
        database.close();
      };
      return database;
    } catch (error) {
      this.#database = undefined;
      throw error;
    }
  }

  /** @param end when who waits for it has waited for long enough, by the page's clock. */
  async #prepare(end: number): Promise<void> {
    try {
      await this.#releasing;
      const lockTimeout = Math.max(0, end - performance.now());
      if (!this.#lock.isHeld) await this.#turns.whileAsking(this.#lock.acquire(lockTimeout));
      if (this.#mustWipe) {
        await this.#wipe();
        // A lease was deleted with it: others may have one by now.
        if (this.#lock.isStored) await this.#lock.acquire(lockTimeout);
      }
      // Of changes made before the lock was lost it is found out now whether they can be stored.
      await this.commits.flush().catch(() => undefined);
      await this.#load().catch(async (reason: unknown) => {
        // The connection may have been closed by the browser or by whoever deletes the database.
        if ((reason as Error).name !== 'InvalidStateError') throw reason;
        (await this.#database?.catch(() => undefined))?.close();
        this.#database = undefined;
        await this.#load();
      });
    } catch (reason) {
      await this.#lock.release();
      throw await storageFailure(reason, 0);
    }
  }

  /** Has the tree be what is stored: as it is, with what changed, or read anew. */
  async #load(): Promise<void> {
    let base: Tree | undefined;
    const { head, blocks } = await readBlocks(await this.database(), (stored) => {
      const changed = this.#head && this.#tree && changedSince(this.#head, stored);
      if (changed !== undefined) base = this.#tree;
      return changed ?? 'all';
    });
    base ??= new Tree(this.#options.owner);
    await takeSteps(base.applying(blocks));
    base.takeDirty();
    base.next = head.next;
    this.#tree = base;
    this.#head = head;
  }

  async #wipe(): Promise<void> {
    (await this.#database?.catch(() => undefined))?.close();
    this.#database = undefined;
    this.forget();
    await deleteDatabase(this.#options.database, this.#options.lockTimeout);
    this.#mustWipe = false;
  }

  async #giveUp(): Promise<void> {
    await this.#storeOpened();
    await this.commits.flush().catch(() => undefined);
    await this.#release(true);
  }

  async #release(always = false): Promise<void> {
    if (!this.#lock.isHeld || (!always && !(this.#turns.isIdle && this.commits.isIdle))) return;
    this.#releasing = this.#lock.release();
    await this.#releasing;
  }
}

function closed(): GitWsError {
  return new GitWsError('FILE_SYSTEM_FAILED', 'The file system is closed.');
}

/** @returns blocks that changed between two states; undefined where that is not known any more. */
function changedSince(known: Head, stored: Head): readonly number[] | undefined {
  if (known.id !== stored.id || known.seq > stored.seq) return undefined;
  if (known.seq === stored.seq) return [];
  if ((stored.recent[0]?.[0] ?? Infinity) > known.seq + 1) return undefined;
  const changed = new Set<number>();
  for (const [seq, blocks] of stored.recent)
    if (seq > known.seq) for (const block of blocks) changed.add(block);
  return [...changed];
}
