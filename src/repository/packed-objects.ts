/** Reads objects of a pack (gitformat-pack(5)), by ranges of it, one at a time. */
import { dropOldest } from '../base/drop-oldest.js';
import { applyDelta } from '../pack/format/delta.js';
import { deltaTypes, headBytes, readEntryHead, type EntryHead } from '../pack/format/entry.js';
import { inputEnded } from '../pack/format/inflate.js';
import { bytesOfOid } from '../pack/format/oid.js';
import { inflateSized } from '../pack/read/sized-inflate.js';
import type { BaseObject, ObjectType } from '../pack/index/index-pack-options.js';

/** Where the objects of a pack are: its index, in memory or where it lies. */
export interface ObjectOffsets {
  /** @returns the offset of an object in the pack; undefined if it is not there. */
  find(oid: Uint8Array): number | undefined | Promise<number | undefined>;
}

/** A pack and its index. */
export interface ReadablePack<Index extends ObjectOffsets = ObjectOffsets> {
  readonly index: Index;
  /** Length of the pack without its checksum, in bytes. */
  readonly end: number;
  /** @returns up to so many bytes, one at least. */
  read(position: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** An object as it lies in a repository; without content where it is a blob that nobody asked for. */
export interface StoredObject {
  readonly type: ObjectType;
  readonly bytes: Uint8Array | undefined;
}

interface Delta {
  readonly at: number;
  readonly head: EntryHead;
}

interface Waiting {
  readonly offset: number;
  readonly resolve: (object: StoredObject | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Bytes of a tip from which on it is left where it is. */
export const tipBytes = 0x10000;

/** Deltas of deltas that are followed: as many as an index can have been made of. */
const depthLimit = 65_535;

/** How many bytes one of zlib's can stand for, at most (zlib's technical details: 1032). */
const deflateRatio = 1_032;

/** Bytes that are read at once, since what is asked for next lies mostly near by. */
export const blockBytes = 0x10000;

/** Blocks that are kept, each twice as long as that. */
export const blocksKept = 32;

/** Bytes of objects that are kept for the deltas that are made from them. */
export const basesKept = 0x1000000;

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };

/** What of a pack is read. */
export interface PackedObjectsOptions {
  /** Most bytes of an object, and of each delta that it is made with. Default: no limit. */
  readonly sizeLimit?: number | undefined;
  /** Whether blobs are unpacked. Default false: who only follows links asks for their type alone. */
  readonly blobs?: boolean | undefined;
}

/** The objects of one pack. What was read last is kept, since deltas are made from it. */
export class PackedObjects {
  readonly #pack: ReadablePack;
  readonly #sizeLimit: number;
  readonly #blobs: boolean;
  /** By their numbers, the last used one last. */
  readonly #blocks = new Map<number, Uint8Array>();
  /** By their offsets, the last used one last. */
  readonly #bases = new Map<number, StoredObject>();
  #baseBytes = 0;
  #waiting: Waiting[] = [];
  #isReading = false;

  constructor(pack: ReadablePack, options: PackedObjectsOptions = {}) {
    this.#pack = pack;
    this.#sizeLimit = options.sizeLimit ?? Infinity;
    this.#blobs = options.blobs ?? false;
  }

  /**
   * Reads one object. Those who ask at the same time get theirs one after the other, in the order of
   * the pack: what lies together is read at once, and no more is in memory than one needs.
   *
   * @param offset of an object of this pack.
   * @returns undefined for what is larger than the limit, or made from what is not in this pack.
   * @throws RangeError for a damaged pack; what reading throws.
   */
  read(offset: number): Promise<StoredObject | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ offset, resolve, reject });
      if (!this.#isReading) void this.#readWaiting();
    });
  }

  /** Where the last entry ends, in bytes. */
  get end(): number {
    return this.#pack.end;
  }

  /**
   * @param offset of an object of this pack.
   * @returns what stands before its zlib data. @throws as {@link read}.
   */
  headAt(offset: number): Promise<EntryHead> {
    return this.#headAt(offset);
  }

  /** @returns so many bytes of the pack, fewer at its end. @throws as {@link read}. */
  bytesAt(offset: number, length: number): Promise<Uint8Array> {
    return this.#bytes(offset, length);
  }

  async #readWaiting(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const next = this.#waiting.sort((one, other) => one.offset - other.offset);
      this.#waiting = [];
      for (const { offset, resolve, reject } of next)
        await this.#read(offset).then(resolve, reject);
    }
    this.#isReading = false;
  }

  async #read(offset: number): Promise<StoredObject | undefined> {
    const deltas: Delta[] = [];
    let object = this.#bases.get(offset);
    for (let at = offset; object === undefined; object = this.#bases.get(at)) {
      const head = await this.#headAt(at);
      if (head.size > this.#sizeLimit || deltas.length > depthLimit) return undefined;
      const type = types[head.type];
      if (type !== undefined) {
        const isWanted = type !== 'blob' || this.#blobs;
        object = { type, bytes: isWanted ? await this.#inflate(at, head) : undefined };
        this.#keep(at, object);
        break;
      }
      deltas.push({ at, head });
      const base = await this.#baseOf(at, head);
      if (base === undefined) return undefined;
      at = base;
    }
    for (const delta of deltas.reverse()) {
      object = await this.#apply(delta, object);
      if (object === undefined) return undefined;
      this.#keep(delta.at, object);
    }
    return object;
  }

  async #headAt(at: number): Promise<EntryHead> {
    let head: EntryHead;
    try {
      head = readEntryHead(await this.#bytes(at, headBytes), 0);
    } catch (error) {
      if (error !== inputEnded) throw error;
      throw new RangeError('The pack has an entry without an end.', { cause: error });
    }
    // Before so much memory is asked for.
    if (head.size <= (this.#pack.end - at) * deflateRatio) return head;
    throw new RangeError('The pack has an entry that says it is larger than it can be.');
  }

  /** @returns where what a delta is made from begins; undefined where that is not in this pack. */
  async #baseOf(at: number, { type, distance, base }: EntryHead): Promise<number | undefined> {
    if (type === deltaTypes.ofs && distance > 0) return at - distance;
    if (type === deltaTypes.ref && base !== undefined) return this.#pack.index.find(base);
    throw new RangeError('The pack has an entry that is no object.');
  }

  async #apply({ at, head }: Delta, base: StoredObject): Promise<StoredObject | undefined> {
    const { type } = base;
    if (base.bytes === undefined) return { type, bytes: undefined };
    const bytes = applyDelta(base.bytes, await this.#inflate(at, head), this.#sizeLimit);
    return bytes && { type, bytes };
  }

  async #inflate(offset: number, { size, data }: EntryHead): Promise<Uint8Array> {
    // What cannot be made smaller becomes a little larger; what is made so on purpose, much.
    for (let length = data + size + Math.ceil(size / 1024) + 64; ; length *= 2) {
      const bytes = await this.#bytes(offset, length);
      try {
        return await inflateSized(bytes.subarray(data), size);
      } catch (cause) {
        if (cause === inputEnded && offset + length < this.#pack.end) continue;
        throw new RangeError('The pack has an entry that cannot be inflated.', { cause });
      }
    }
  }

  /** @returns so many bytes of the pack, fewer at its end. */
  async #bytes(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#pack.end - offset);
    if (wanted > blockBytes) return this.#readFully(offset, wanted);
    const number = Math.floor(offset / blockBytes);
    const start = number * blockBytes;
    const most = Math.min(2 * blockBytes, this.#pack.end - start);
    const block = this.#blocks.get(number) ?? (await this.#readFully(start, most));
    this.#blocks.delete(number);
    this.#blocks.set(number, block);
    dropOldest(this.#blocks, blocksKept);
    return block.subarray(offset - start, offset - start + wanted);
  }

  async #readFully(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, length));
    for (let filled = 0; filled < length;) {
      const piece = await this.#pack.read(at + filled, length - filled);
      if (piece.length === 0) throw new RangeError('The pack could not be read back.');
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  #keep(offset: number, object: StoredObject): void {
    this.#bases.set(offset, object);
    this.#baseBytes += object.bytes?.length ?? 0;
    for (const [oldest, { bytes }] of this.#bases) {
      if (this.#baseBytes <= basesKept) return;
      this.#bases.delete(oldest);
      this.#baseBytes -= bytes?.length ?? 0;
    }
  }
}

/**
 * @param pack one that has just been indexed.
 * @param oids in lower case.
 * @returns those of them that are small commits or tags, in the same order.
 */
export async function readTips(
  pack: ReadablePack,
  oids: readonly string[],
): Promise<readonly BaseObject[]> {
  const objects = new PackedObjects(pack, { sizeLimit: tipBytes });
  const tips: BaseObject[] = [];
  for (const oid of oids) {
    const offset = await pack.index.find(bytesOfOid(oid));
    const tip = offset === undefined ? undefined : await objects.read(offset);
    if (tip?.bytes === undefined || !(tip.type === 'commit' || tip.type === 'tag')) continue;
    tips.push({ oid, type: tip.type, bytes: tip.bytes });
  }
  return tips;
}
