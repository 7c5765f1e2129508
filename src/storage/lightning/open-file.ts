/**
 * A file that was opened: read and written at positions, as Node's file handles are. What is written
 * is gathered in pieces, and stored when some are full; `sync` and `close` wait for it.
 */
import { dropOldest } from '../../base/drop-oldest.js';
import { pieceSize, type Batch } from './batch.js';
import { mostReads, type Contents } from './contents.js';
import { FileError } from './errors.js';
import { Stats, type Node } from './node.js';
import type { Tree } from './tree.js';
import type { Volume } from './volume.js';
import { WrittenPiece } from './written.js';

/** Full pieces that are gathered before they are stored. */
const piecesAtOnce = 8;
/** Pieces of what was read that are kept for the next read. */
const piecesKept = 4;

/** How a file is opened, by Node's words. */
export type OpenFlags = 'r' | 'r+' | 'w' | 'w+' | 'wx' | 'wx+';

/** An opened file. One call after the other, whoever makes them. */
export class OpenedFile {
  readonly #volume: Volume;
  readonly #contents: Contents;
  readonly #path: string;
  readonly #ino: number;
  readonly #id: string;
  readonly #canRead: boolean;
  readonly #canWrite: boolean;
  /** Pieces that are not stored, by their order. */
  readonly #written = new Map<number, WrittenPiece>();
  /** Pieces that are stored, of one version of the contents. */
  readonly #kept = new Map<number, Uint8Array>();
  #keptOf: readonly [Node, number] | undefined;
  /** With what is not stored; undefined where nothing is. */
  #newSize: number | undefined;
  #position = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #storing: Promise<unknown> = Promise.resolve();
  #failed: { readonly reason: unknown } | undefined;
  #isClosed = false;
  readonly #leaving = () => this.#exclusively(() => this.#storeAll()).catch(() => undefined);

  constructor(volume: Volume, contents: Contents, path: string, flags: OpenFlags, node: Node) {
    this.#volume = volume;
    this.#contents = contents;
    this.#path = path;
    this.#ino = node.ino;
    this.#id = volume.head.id;
    this.#canRead = flags === 'r' || flags.includes('+');
    this.#canWrite = flags !== 'r';
    if (this.#canWrite) volume.beforeLeaving.add(this.#leaving);
  }

  /**
   * @param position in bytes; null for where the last call without one ended.
   * @returns how many bytes of `buffer` there are now, from `offset` on; 0 at the end.
   */
  read(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.byteLength - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: Uint8Array }> {
    return this.#exclusively(async () => {
      if (!this.#canRead) throw new FileError('EBADF', this.#path);
      const start = position ?? this.#position;
      const target = buffer.subarray(offset, offset + length);
      const bytesRead = await this.#volume.use(async () => {
        for (let reads = 1; ; reads++) {
          const read = await this.#volume.use((tree) =>
            this.#read(this.#node(tree), target, start),
          );
          // Of a file that others change all the time it gives what there was, as Node does.
          if (read.isOfOne || reads === mostReads) return read.count;
        }
      });
      if (position === null) this.#position += bytesRead;
      return { bytesRead, buffer };
    });
  }

  /**
   * Takes bytes; they are stored when `sync` or `close` resolve, at the latest.
   *
   * @param position in bytes; null for where the last call without one ended.
   * @throws what storing earlier ones failed with.
   */
  write(
    buffer: Uint8Array,
    offset = 0,
    length = buffer.byteLength - offset,
    position: number | null = null,
  ): Promise<{ bytesWritten: number; buffer: Uint8Array }> {
    return this.#exclusively(async () => {
      if (!this.#canWrite) throw new FileError('EBADF', this.#path);
      const start = position ?? this.#position;
      for (let at = 0; at < length;) {
        const order = Math.floor((start + at) / pieceSize);
        const from = start + at - order * pieceSize;
        const part = Math.min(pieceSize - from, length - at);
        this.#writable(order).write(buffer.subarray(offset + at, offset + at + part), from);
        this.#newSize = Math.max(this.#newSize ?? 0, start + at + part);
        at += part;
      }
      if (position === null) this.#position += length;
      // The last may be written on.
      if (this.#written.size > piecesAtOnce) await this.#store(1);
      return { bytesWritten: length, buffer };
    });
  }

  /** Resolves when all that was written is stored. */
  sync(): Promise<void> {
    return this.#exclusively(() => this.#storeAll());
  }

  /** @param length in bytes: what is beyond goes; what is missing is zeros. */
  truncate(length = 0): Promise<void> {
    return this.#exclusively(async () => {
      if (!this.#canWrite) throw new FileError('EBADF', this.#path);
      const rest = length % pieceSize;
      if (rest > 0)
        this.#writable(Math.floor(length / pieceSize)).write(
          new Uint8Array(pieceSize - rest),
          rest,
        );
      const end = Math.ceil(length / pieceSize);
      for (const order of [...this.#written.keys()]) if (order >= end) this.#written.delete(order);
      await this.#storeAll(
        () => length,
        (node, batch) => batch.removePieces(node, end),
      );
    });
  }

  /** @returns its facts, with what is not stored yet. */
  stat(): Promise<Stats> {
    return this.#exclusively(() =>
      this.#volume.use((tree) => {
        const node = this.#node(tree);
        return new Stats(node, this.#sizeOf(node));
      }),
    );
  }

  /** Stores what is left. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.sync();
    } finally {
      this.#isClosed = true;
      this.#volume.beforeLeaving.delete(this.#leaving);
      this.#written.clear();
      this.#kept.clear();
    }
  }

  #exclusively<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(() => {
      if (this.#isClosed) throw new FileError('EBADF', this.#path);
      if (this.#failed !== undefined) throw this.#failed.reason as Error;
      return run();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** @throws FileError EBADF where somebody has removed the file. */
  #node(tree: Tree): Node {
    const node = this.#volume.head.id === this.#id ? tree.byIno(this.#ino) : undefined;
    if (node === undefined) throw new FileError('EBADF', this.#path);
    return node;
  }

  /** @returns how many bytes of the target there are now, and whether they are of one version. */
  async #read(node: Node, target: Uint8Array, start: number) {
    const { version } = node;
    const count = Math.max(0, Math.min(target.length, this.#sizeOf(node) - start));
    for (let at = 0; at < count;) {
      const order = Math.floor((start + at) / pieceSize);
      const from = start + at - order * pieceSize;
      const part = Math.min(pieceSize - from, count - at);
      const piece = (await this.#piece(node, order))?.subarray(from, from + part);
      if (piece !== undefined) target.set(piece, at);
      target.fill(0, at + (piece?.length ?? 0), at + part);
      at += part;
    }
    return { count, isOfOne: await this.#contents.isStill(node, version) };
  }

  /** @returns how large the file is, with what is not stored. */
  #sizeOf(node: Node): number {
    return Math.max(node.size, this.#newSize ?? 0);
  }

  /** @returns a piece with what was written; undefined for a hole. */
  async #piece(node: Node, order: number): Promise<Uint8Array | undefined> {
    const written = this.#written.get(order);
    if (written === undefined) return this.#storedPiece(node, order);
    const { version } = node;
    if (!written.isFilled(node, version))
      written.fill(await this.#storedPiece(node, order), node, version);
    return written.bytes;
  }

  async #storedPiece(node: Node, order: number): Promise<Uint8Array | undefined> {
    if (order * pieceSize >= node.size) return undefined;
    if (this.#keptOf?.[0] !== node || this.#keptOf[1] !== node.version) this.#kept.clear();
    this.#keptOf = [node, node.version];
    let piece = this.#kept.get(order);
    if (piece !== undefined) return piece;
    piece =
      node.pieces === true
        ? await this.#contents.piece(node, order)
        : await this.#contents.range(node, order * pieceSize, pieceSize);
    if (piece === undefined) return undefined;
    this.#kept.set(order, piece);
    dropOldest(this.#kept, piecesKept);
    return piece;
  }

  /** @returns a piece to write into. */
  #writable(order: number): WrittenPiece {
    const piece = this.#written.get(order) ?? new WrittenPiece();
    this.#written.set(order, piece);
    return piece;
  }

  async #storeAll(
    sizeOf?: (size: number) => number,
    change?: (node: Node, batch: Batch) => void,
  ): Promise<void> {
    await this.#store(0, sizeOf, change);
    await this.#storing;
    if (this.#failed !== undefined) throw this.#failed.reason as Error;
  }

  /** Begins to store all but the last pieces, when what began before is stored. */
  async #store(
    left: number,
    sizeOf = (size: number) => Math.max(size, this.#newSize ?? 0),
    change?: (node: Node, batch: Batch) => void,
  ): Promise<void> {
    await this.#storing;
    if (this.#failed !== undefined) throw this.#failed.reason as Error;
    const orders = [...this.#written.keys()].sort((one, other) => one - other);
    const chosen = orders.slice(0, orders.length - left);
    if (chosen.length === 0 && change === undefined) return;
    for (;;) {
      const read = await this.#volume.use((tree) => this.#complete(this.#node(tree), chosen));
      const { result, stored } = await this.#volume.begin((tree, batch) => {
        const node = this.#node(tree);
        // Somebody else has changed the file since: what was read is to be read again.
        if (node !== read.node || node.version !== read.version) return false;
        const reached = ((chosen.at(-1) ?? -1) + 1) * pieceSize;
        const end = left === 0 ? (this.#newSize ?? 0) : Math.min(this.#newSize ?? 0, reached);
        const size = change === undefined ? Math.max(node.size, end) : sizeOf(node.size);
        if (read.whole !== undefined) batch.remove(node);
        tree.update(node, { size, mtimeMs: Date.now(), ctimeMs: undefined, pieces: true });
        node.version += 1;
        read.whole?.forEach((piece, order) => batch.putPiece(node, order, piece));
        change?.(node, batch);
        for (const order of chosen) {
          const piece = this.#written.get(order)?.bytes;
          this.#written.delete(order);
          const bytes = piece?.subarray(0, Math.max(0, size - order * pieceSize));
          if (bytes !== undefined && bytes.length > 0) batch.putPiece(node, order, bytes);
        }
        if (this.#written.size === 0) this.#newSize = undefined;
        return true;
      });
      if (!result) continue;
      this.#storing = stored.catch((reason: unknown) => (this.#failed = { reason }));
      return;
    }
  }

  /** Reads what a file has where nothing was written, and all of one that is one value. */
  async #complete(node: Node, orders: readonly number[]) {
    const { version } = node;
    const whole = await this.#contents.whole(node);
    for (const order of orders) await this.#piece(node, order);
    return { node, version, whole };
  }
}
