/**
 * Reads contents: out of what is not stored yet, else out of the database. Reads that come together
 * are one transaction.
 */
import { dropOldest } from '../../base/drop-oldest.js';
import { fileSystemFailure } from '../../base/failure.js';
import { pieceSize } from './batch.js';
import { stores } from './database.js';
import { FileError } from './errors.js';
import type { Node } from './node.js';
import { SmallFiles } from './small-files.js';
import type { Volume } from './volume.js';

/** Pieces that one request reads. */
const piecesAtOnce = 8;

/** A file may be changed while it is read; then it is read again, as often. */
export const mostReads = 8;

/** Groups that stay in memory. */
const groupsKept = 8;

type Ask = (transaction: IDBTransaction) => IDBRequest;
interface Waiting {
  readonly ask: Ask;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** See the comment above. Only to be called in a turn. */
export class Contents {
  readonly #volume: Volume;
  readonly #small = new SmallFiles();
  /** Groups that were read last, whose files are read one after the other. */
  readonly #groups = new Map<string, Promise<unknown>>();
  #waiting: Waiting[] = [];

  constructor(volume: Volume) {
    this.#volume = volume;
  }

  /**
   * @returns the bytes of the file that a path leads to, the caller's own, all of one state of it.
   * @throws FileError ENOENT, EISDIR, ENOTDIR, ELOOP; EBUSY where others change it without a pause.
   */
  async file(path: string, follow = true): Promise<Uint8Array> {
    for (let reads = 0; reads < mostReads; reads++) {
      const bytes = await this.#volume.use((tree) => this.#once(tree.lookup(path, follow), path));
      if (bytes !== undefined) return bytes;
    }
    throw new FileError('EBUSY', path);
  }

  /** @returns the bytes of a file; undefined where it was changed meanwhile. */
  async #once(node: Node, path: string): Promise<Uint8Array | undefined> {
    if (node.type === 'dir') throw new FileError('EISDIR', path);
    const { version } = node;
    const bytes = await this.read(node);
    if (!(await this.isStill(node, version))) return undefined;
    // A file of plain LightningFS whose contents it had no time to store.
    if (bytes === undefined) throw new FileError('ENOENT', path);
    return bytes;
  }

  /** Whether a file is there, and its contents are of that version: by what is stored, too. */
  isStill(node: Node, version: number): Promise<boolean> {
    return this.#volume.use((now) => now.byIno(node.ino) === node && node.version === version);
  }

  /** @returns the bytes of a file, the caller's own; undefined where there are none stored. */
  async read(node: Node): Promise<Uint8Array | undefined> {
    if (node.pieces === true) return this.range(node, 0, node.size);
    for (const batch of this.#volume.commits.pending()) {
      const found = batch.wholeOf(node.ino);
      if (found !== undefined) return found === null ? undefined : new Uint8Array(found);
    }
    const kept = this.#small.get(node);
    if (kept !== undefined) return kept;
    const { version, place, size } = node;
    if (place !== undefined) {
      const group = await this.#group(place.group);
      const part = group?.slice(place.at, place.at + size);
      if (part !== undefined) this.#small.put(node, version, part);
      return part;
    }
    const { whole } = stores;
    const found = await this.#get((transaction) => transaction.objectStore(whole).get(node.ino));
    if (found === undefined) return undefined;
    const bytes = asBytes(found);
    this.#small.put(node, version, bytes);
    return bytes;
  }

  /** @returns a value that files share; undefined where there is none any more. */
  async #group(number: number): Promise<Uint8Array | undefined> {
    // Another database has other groups.
    const key = `${this.#volume.head.id} ${number}`;
    const reading =
      this.#groups.get(key) ??
      this.#get((transaction) => transaction.objectStore(stores.groups).get(number));
    this.#groups.delete(key);
    this.#groups.set(key, reading);
    dropOldest(this.#groups, groupsKept);
    let group: unknown;
    try {
      group = await reading;
    } finally {
      // Not there, or not read: the next one asks again.
      if (group === undefined && this.#groups.get(key) === reading) this.#groups.delete(key);
    }
    return group as Uint8Array | undefined;
  }

  /** @returns bytes of a file, as many as there are; undefined where it has none stored. */
  async range(node: Node, position: number, length: number): Promise<Uint8Array | undefined> {
    if (node.pieces !== true) {
      const bytes = await this.read(node);
      return bytes?.subarray(position, position + length);
    }
    const end = Math.min(node.size, position + length);
    const bytes = new Uint8Array(Math.max(0, end - position));
    const first = Math.floor(position / pieceSize);
    const last = Math.ceil(end / pieceSize) - 1;
    for (let from = first; from <= last; from += piecesAtOnce) {
      const to = Math.min(last, from + piecesAtOnce - 1);
      const pieces = await this.#pieces(node.ino, from, to);
      pieces.forEach((piece, at) => {
        const start = (from + at) * pieceSize;
        const cut = piece?.subarray(Math.max(0, position - start), Math.max(0, end - start));
        // A piece that is not there is a hole: zeros.
        if (cut !== undefined) bytes.set(cut, Math.max(0, start - position));
      });
    }
    return bytes;
  }

  /** @returns the pieces of a file that is one value; undefined where it is in pieces. */
  async whole(node: Node): Promise<Uint8Array[] | undefined> {
    if (node.pieces === true) return undefined;
    if (node.size === 0) return [];
    const bytes = (await this.read(node)) ?? new Uint8Array(0);
    const count = Math.ceil(bytes.length / pieceSize);
    return Array.from({ length: count }, (_, order) =>
      bytes.slice(order * pieceSize, (order + 1) * pieceSize),
    );
  }

  /** @returns a piece, in memory that nobody else changes; undefined for a hole. */
  async piece(node: Node, order: number): Promise<Uint8Array | undefined> {
    const { ino, version } = node;
    const pending = this.#pending(ino, order);
    if (pending !== undefined) return pending === null ? undefined : new Uint8Array(pending);
    // One of a small file is all of it.
    const kept = order === 0 ? this.#small.get(node) : undefined;
    if (kept !== undefined) return kept;
    const piece = await this.#piece(ino, order);
    if (order === 0 && piece?.length === node.size) this.#small.put(node, version, piece);
    return piece && new Uint8Array(piece);
  }

  async #piece(ino: number, order: number): Promise<Uint8Array | undefined> {
    const [piece] = await this.#pieces(ino, order, order);
    return piece;
  }

  async #pieces(ino: number, from: number, to: number): Promise<(Uint8Array | undefined)[]> {
    const found = Array.from({ length: to - from + 1 }, (_, at) => this.#pending(ino, from + at));
    if (!found.includes(undefined)) return found.map((piece) => piece ?? undefined);
    if (from === to) {
      const key = [ino, from];
      const piece = await this.#get((read) => read.objectStore(stores.pieces).get(key));
      return [piece as Uint8Array | undefined];
    }
    const range = IDBKeyRange.bound([ino, from], [ino, to]);
    const values = await this.#get((read) => read.objectStore(stores.pieces).getAll(range));
    let stored = values as (Uint8Array | undefined)[];
    // There is a hole, or some are not stored yet, or not any more.
    if (stored.length < found.length)
      stored = await Promise.all(found.map((_, at) => this.#piece(ino, from + at)));
    return found.map((piece, at) => (piece === undefined ? stored[at] : (piece ?? undefined)));
  }

  #pending(ino: number, order: number): Uint8Array | null | undefined {
    for (const batch of this.#volume.commits.pending()) {
      const piece = batch.pieceOf(ino, order);
      if (piece !== undefined) return piece;
    }
    return undefined;
  }

  #get(ask: Ask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      if (this.#waiting.length === 1) void Promise.resolve().then(() => this.#readAll());
    });
  }

  async #readAll(): Promise<void> {
    let all: Waiting[] = [];
    try {
      const database = await this.#volume.database();
      all = this.#waiting;
      this.#waiting = [];
      const transaction = database.transaction([stores.whole, stores.groups, stores.pieces]);
      for (const { ask, resolve, reject } of all) {
        const request = ask(transaction);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(fileSystemFailure(request.error));
      }
      transaction.onabort = () => {
        for (const { reject } of all) reject(fileSystemFailure(transaction.error));
      };
    } catch (reason) {
      // None of them is left without an answer, whenever it came.
      for (const { reject } of [...all, ...this.#waiting]) reject(fileSystemFailure(reason));
      if (all.length === 0) this.#waiting = [];
    }
  }
}

function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // Plain LightningFS stores what it is given: other views and buffers, too.
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);
}
