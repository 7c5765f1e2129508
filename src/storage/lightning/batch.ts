/**
 * What one transaction will store: contents, and the blocks of nodes that belong to them. Until it is
 * stored, reads find it here.
 */
import { Deferred } from '../../base/deferred.js';
import { chooseGroups, takePlaces, type FileBytes } from './groups.js';
import type { Node, Row } from './node.js';
import type { Tree } from './tree.js';

/** Bytes of a piece. A value of that size takes a page 1 ms to write or to read. */
export const pieceSize = 256 * 1024;

/** Files of more bytes are kept in pieces. */
export const largestWhole = 1024 * 1024;

/** When a batch has as many bytes or files, the next begins. */
export const fullBytes = 8 * 1024 * 1024;
const fullEntries = 2000;

/** See the comment above. */
export class Batch {
  /** Contents of small files, by ino. */
  readonly whole = new Map<number, Uint8Array>();
  /** Pieces of large ones, by ino and their order. */
  readonly pieces = new Map<number, Map<number, Uint8Array>>();
  /** Values that are to go, by ino. Removing comes before putting. */
  readonly removedWhole = new Set<number>();
  /** Values that small files share, by their numbers. Known when the batch is closed. */
  readonly groups = new Map<number, readonly Uint8Array[]>();
  /** Values that nobody shares any more, then. */
  readonly removedGroups: number[] = [];
  /** The first piece that is to go, with all after it, by ino. */
  readonly removedPieces = new Map<number, number>();
  /** Blocks of nodes; an empty one is to be removed. Known when the batch is closed. */
  blocks: ReadonlyMap<number, readonly Row[]> = new Map();
  /** The next ino, then. */
  next = 0;
  /** Settles when the transaction did. */
  readonly done = new Deferred<undefined>();
  /** Who has left a group. */
  #left: (readonly [Node, number])[] = [];
  readonly #grouped = new Set<number>();
  readonly #removed = new Set<number>();
  #bytes = 0;
  #entries = 0;

  constructor() {
    // Who waits hears of it; often nobody does.
    this.done.promise.catch(() => undefined);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= fullBytes || this.#entries >= fullEntries;
  }

  /** Counts a change, if only of names. */
  count(): void {
    this.#entries += 1;
  }

  /** Takes the contents of a file that is whole. They must not change until it is stored. */
  put(node: Node, bytes: Uint8Array): void {
    const pieces = bytes.length > largestWhole;
    // A value is overwritten by the next; of pieces there may be fewer.
    if (pieces || node.pieces === true) this.remove(node);
    this.#leave(node);
    node.pieces = pieces;
    this.#bytes += bytes.length;
    if (!pieces) {
      this.whole.set(node.ino, bytes);
      return;
    }
    for (let at = 0; at < bytes.length; at += pieceSize)
      this.#setPiece(node.ino, at / pieceSize, bytes.subarray(at, at + pieceSize));
  }

  /** Takes a piece. @param node of a file in pieces. */
  putPiece(node: Node, order: number, bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    this.#setPiece(node.ino, order, bytes);
  }

  /** Removes the contents of a file. */
  remove(node: Node): void {
    if (node.type !== 'file') return;
    if (node.pieces === true) {
      this.removePieces(node, 0);
      return;
    }
    this.#leave(node);
    this.whole.delete(node.ino);
    this.#removed.add(node.ino);
    if (node.hasValue) this.removedWhole.add(node.ino);
    node.hasValue = false;
  }

  /** Removes pieces, from one on. */
  removePieces({ ino }: Node, from: number): void {
    const pieces = this.pieces.get(ino);
    for (const order of pieces?.keys() ?? []) if (order >= from) pieces?.delete(order);
    this.removedPieces.set(ino, Math.min(from, this.removedPieces.get(ino) ?? from));
  }

  /** Has small files share values. @param tree has their nodes, and gives numbers. */
  close(tree: Tree): void {
    const files: FileBytes[] = [];
    for (const [ino, bytes] of this.whole) {
      const node = tree.byIno(ino);
      if (node !== undefined) files.push({ node, bytes });
    }
    for (const group of chooseGroups(files)) {
      const number = tree.next++;
      takePlaces(number, group);
      this.groups.set(
        number,
        group.map(({ bytes }) => bytes),
      );
      for (const { node } of group) this.#grouped.add(node.ino);
    }
    for (const { node } of files) {
      if (node.place === undefined) node.hasValue = true;
      else tree.groups.enter(node);
    }
    for (const [node, group] of this.#left)
      if (tree.groups.leave(group, node)) this.removedGroups.push(group);
    this.blocks = tree.takeDirty();
    this.next = tree.next;
  }

  /** Values of one file each. */
  *values(): Iterable<readonly [number, Uint8Array]> {
    for (const entry of this.whole) if (!this.#grouped.has(entry[0])) yield entry;
  }

  #leave(node: Node): void {
    if (node.place !== undefined) this.#left.push([node, node.place.group]);
    node.place = undefined;
  }

  /** @returns the contents of a small file; null where it is removed; undefined for: not known here. */
  wholeOf(ino: number): Uint8Array | null | undefined {
    return this.whole.get(ino) ?? (this.#removed.has(ino) ? null : undefined);
  }

  /** @returns a piece, as wholeOf. */
  pieceOf(ino: number, order: number): Uint8Array | null | undefined {
    const removed = order >= (this.removedPieces.get(ino) ?? Infinity);
    return this.pieces.get(ino)?.get(order) ?? (removed ? null : undefined);
  }

  #setPiece(ino: number, order: number, bytes: Uint8Array): void {
    let pieces = this.pieces.get(ino);
    if (pieces === undefined) this.pieces.set(ino, (pieces = new Map<number, Uint8Array>()));
    pieces.set(order, bytes);
  }
}

/** @returns bytes in memory of their own: a database stores all the memory that a view is of. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const { buffer, byteLength } = bytes;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isOwn && bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);
}
