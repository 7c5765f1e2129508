/**
 * The database: what is in it, how it is opened, and how one of plain LightningFS becomes ours. That is
 * done by renaming its store, so nothing is copied; plain LightningFS then finds no store of the name
 * that it knows, and rejects.
 */
import { randomName } from '../../base/random-name.js';
import { GitWsError } from '../../base/errors.js';
import { startTimer } from '../../base/duration.js';
import { inTime } from '../../base/in-time.js';
import { convert } from './convert.js';
import { rowOf, type Row } from './node.js';
import { blockSize, Tree } from './tree.js';

/** Names of the stores. None is a name that plain LightningFS takes by itself. */
export const stores = {
  /** ino → the contents of a small file, or of a large one that plain LightningFS wrote. */
  whole: 'gitws-files',
  /** Number → contents of several small files, one behind the other. */
  groups: 'gitws-groups',
  /** [ino, order] → 256 KiB of a large file. */
  pieces: 'gitws-pieces',
  /** Number of a block → its nodes. */
  nodes: 'gitws-nodes',
  /** `head` → {@link Head}, `lease` → who may write where there are no Web Locks. */
  head: 'gitws-head',
} as const;

const version = 3;

/** Which state the database is in. Every transaction that writes makes a new one. */
export interface Head {
  /** Of this database: one that was deleted and made anew has another. */
  readonly id: string;
  /** Counts transactions. */
  readonly seq: number;
  /** The ino of the next node. */
  readonly next: number;
  /** The last transactions, and the blocks that each changed. */
  readonly recent: readonly (readonly [number, readonly number[]])[];
}

/** Where the database is, by LightningFS's options. */
export interface Place {
  readonly database: string;
  /** The store of plain LightningFS, if there is one. */
  readonly plainStore: string;
}

/**
 * Opens the database, made or converted where it is not ours yet.
 *
 * @param timeout in ms: how long others may keep an older one open.
 * @throws GitWsError STORAGE_LOCKED where they do so for longer; what IndexedDB fails with.
 */
export function openDatabase(place: Place, timeout: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = globalThis.indexedDB.open(place.database, version);
    let isLate = false;
    const timer = startTimer(() => {
      isLate = true;
      reject(openElsewhere());
    }, timeout);
    request.onupgradeneeded = () => {
      if (request.transaction !== null) upgrade(request.result, request.transaction, place);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(
        request.error ?? new GitWsError('FILE_SYSTEM_FAILED', 'The database cannot be opened.'),
      );
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      if (isLate) request.result.close();
      else resolve(request.result);
    };
  });
}

/** Deletes the database. @throws as openDatabase. */
export async function deleteDatabase(name: string, timeout: number): Promise<void> {
  const request = globalThis.indexedDB.deleteDatabase(name);
  await inTime(resultOf(request), timeout, openElsewhere);
}

function openElsewhere(): GitWsError {
  const message = 'The file system is open elsewhere, by a program that does not close it.';
  return new GitWsError('STORAGE_LOCKED', message, { retryable: true });
}

function upgrade(database: IDBDatabase, transaction: IDBTransaction, place: Place): void {
  // One of ours without groups: all else is as it was.
  if (database.objectStoreNames.contains(stores.head)) {
    database.createObjectStore(stores.groups);
    return;
  }
  const isPlain = database.objectStoreNames.contains(place.plainStore);
  const whole = isPlain
    ? transaction.objectStore(place.plainStore)
    : database.createObjectStore(stores.whole);
  if (isPlain) whole.name = stores.whole;
  for (const name of [stores.groups, stores.pieces, stores.nodes, stores.head])
    database.createObjectStore(name);
  if (!isPlain) {
    begin(transaction, [...new Tree().all()].map(rowOf), 1);
    return;
  }
  const root = whole.get('!root');
  const last = whole.openKeyCursor(IDBKeyRange.upperBound(Infinity), 'prev');
  last.onsuccess = () => {
    const key = last.result?.key;
    const { rows, next, copies } = convert(root.result, typeof key === 'number' ? key : 0);
    begin(transaction, rows.length > 0 ? rows : [...new Tree().all()].map(rowOf), next);
    whole.delete('!root');
    for (const { from, to } of copies) {
      const shared = whole.get(from);
      shared.onsuccess = () => {
        if (shared.result !== undefined) whole.put(shared.result, to);
      };
    }
  };
}

/** Puts the first state. */
function begin(transaction: IDBTransaction, rows: readonly Row[], next: number): void {
  const blocks = new Map<number, Row[]>();
  for (const row of rows) {
    const block = Math.floor(row[0] / blockSize);
    const inBlock = blocks.get(block);
    if (inBlock === undefined) blocks.set(block, [row]);
    else inBlock.push(row);
  }
  const nodes = transaction.objectStore(stores.nodes);
  for (const [block, inBlock] of blocks) nodes.put(inBlock, block);
  const id = randomName();
  const head: Head = { id, seq: 0, next, recent: [] };
  transaction.objectStore(stores.head).put(head, 'head');
}

/** @returns what a request gives. */
export function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(reasonOf(request.error));
  });
}

/** @returns what a transaction failed with, and an error where a browser has none. */
export function reasonOf(error: DOMException | null): Error {
  const message = 'The database failed, and the browser says no reason.';
  return error ?? new GitWsError('FILE_SYSTEM_FAILED', message, { cause: error });
}

/** Blocks that one request reads: the page's thread is free in between. */
const blocksAtOnce = 16;

/**
 * Reads the head and blocks in one transaction, so that they are of one state.
 *
 * @param choose gets the head, and says which blocks: all, some, or none.
 */
export function readBlocks(
  database: IDBDatabase,
  choose: (head: Head) => readonly number[] | 'all',
): Promise<{ head: Head; blocks: (readonly [number, readonly Row[]])[] }> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([stores.head, stores.nodes]);
    const nodes = transaction.objectStore(stores.nodes);
    const blocks: (readonly [number, readonly Row[]])[] = [];
    const request = transaction.objectStore(stores.head).get('head') as IDBRequest<Head>;
    const readFrom = (first: number): void => {
      const range = IDBKeyRange.lowerBound(first);
      const keys = nodes.getAllKeys(range, blocksAtOnce) as IDBRequest<number[]>;
      const values = nodes.getAll(range, blocksAtOnce) as IDBRequest<Row[][]>;
      values.onsuccess = () => {
        keys.result.forEach((key, at) => blocks.push([key, values.result[at] ?? []]));
        const last = keys.result.at(-1);
        if (last !== undefined && keys.result.length === blocksAtOnce) readFrom(last + 1);
      };
    };
    request.onsuccess = () => {
      // TypeScript has a database always give what it is asked for.
      if ((request.result as Head | undefined) === undefined) return;
      const chosen = choose(request.result);
      if (chosen === 'all') {
        readFrom(0);
        return;
      }
      for (const block of chosen) {
        const stored = nodes.get(block) as IDBRequest<Row[] | undefined>;
        stored.onsuccess = () => blocks.push([block, stored.result ?? []]);
      }
    };
    transaction.oncomplete = () => {
      const message = 'The database is not one of a file system.';
      if ((request.result as Head | undefined) !== undefined)
        resolve({ head: request.result, blocks });
      else reject(new GitWsError('FILE_SYSTEM_FAILED', message));
    };
    transaction.onabort = () => reject(reasonOf(transaction.error));
  });
}
