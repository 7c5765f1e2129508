/**
 * Looks for commits and tags in a pack that passes by (gitformat-pack(5)), to know that it is the one
 * that was asked for: isomorphic-git writes refs before it looks into the pack. git puts commits and
 * tags first, so that a few of the first entries are enough as a rule, and all behind them goes by
 * unseen. A pack of other objects is read to its end.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { applyDelta } from '../pack/format/delta.js';
import { deltaTypes, readEntryHead } from '../pack/format/entry.js';
import { inflate, inputEnded } from '../pack/format/inflate.js';
import { formatOid } from '../pack/format/oid.js';
import { concatBytes } from '../base/concat-bytes.js';
import { encodeText } from '../wire/text.js';

/** What is kept and looked at, at most. Beyond them nothing is said to be missing. */
export const tipSearchLimits = {
  /** Bytes of one commit or tag. Real ones have some hundred. */
  objectBytes: 0x100000,
  /** Bytes of commits and tags that others may be deltas of: the last ones that came. */
  keptBytes: 0x2000000,
  /** Bytes of one entry as it is in the pack, kept until it is whole. */
  entryBytes: 0x4000000,
} as const;

const headerBytes = 12;
const types: Readonly<Record<number, 'commit' | 'tag'>> = { 1: 'commit', 4: 'tag' };

interface Tip {
  readonly type: 'commit' | 'tag';
  /** Undefined where it is kept no longer, or never was. */
  readonly content: Uint8Array | undefined;
}

/** Looks for the tips of one fetch in its pack. */
export class TipSearch {
  readonly #missing: Set<string>;
  /** What came and is not read yet; behind it what came since. */
  #bytes: Uint8Array = new Uint8Array(0);
  #pieces: Uint8Array[] = [];
  /** Bytes of both. */
  #length = 0;
  /** Where that begins in the pack. */
  #offset = 0;
  /** Bytes that have to be there before the next entry is tried again. */
  #enough = headerBytes;
  /** Entries that are left; undefined before the header has come. */
  #left: number | undefined;
  /** Commits and tags by their offsets. */
  readonly #tips = new Map<number, Tip>();
  /** The offsets of those that were kept, of which so many are no longer. */
  readonly #kept: number[] = [];
  #dropped = 0;
  #keptBytes = 0;
  #isUnsure = false;

  /** @param oids of commits and tags. */
  constructor(oids: readonly string[]) {
    this.#missing = new Set(oids);
  }

  /** Whether more of the pack would say nothing new. */
  get isOver(): boolean {
    return this.#missing.size === 0 || this.#isUnsure || this.#left === 0;
  }

  /** @param piece the next bytes of the pack. */
  push(piece: Uint8Array): void {
    if (this.isOver) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length >= this.#enough) this.#read();
    if (this.#length > tipSearchLimits.entryBytes) this.#isUnsure = true;
    if (this.isOver) [this.#bytes, this.#pieces] = [new Uint8Array(0), []];
  }

  /** @returns those that the pack, which is whole, has not. */
  missing(): readonly string[] {
    if (!this.isOver) this.#read();
    return this.#isUnsure || this.#left !== 0 ? [] : [...this.#missing];
  }

  #read(): void {
    this.#bytes = concatBytes([this.#bytes, ...this.#pieces]);
    this.#pieces = [];
    let at = 0;
    try {
      if (this.#left === undefined) {
        if (this.#bytes.length < headerBytes) throw inputEnded;
        const { buffer, byteOffset } = this.#bytes;
        this.#left = new DataView(buffer, byteOffset).getUint32(8);
        at = headerBytes;
      }
      while (!this.isOver) {
        at = this.#readEntry(at);
        this.#left -= 1;
      }
    } catch (error) {
      // What is wrong with it is for others to say.
      if (error !== inputEnded) this.#isUnsure = true;
    }
    this.#bytes = this.#bytes.slice(at);
    this.#offset += at;
    // What is not whole is begun anew: seldom enough for all of it to cost twice as much at most.
    this.#length = this.#bytes.length;
    this.#enough = this.#length * 2;
  }

  /** @returns where the entry ends. */
  #readEntry(start: number): number {
    const { type, size, distance, base, data } = readEntryHead(this.#bytes, start);
    const offset = this.#offset + start;
    if (base !== undefined) {
      // Nobody asks for them: what they are made from may be in the repository alone.
      this.#isUnsure = true;
      return data;
    }
    if (type === deltaTypes.ofs) {
      const tip = this.#tips.get(offset - distance);
      if (tip === undefined) return inflate(this.#bytes, data);
      return this.#take(data, size, offset, tip.type, tip);
    }
    const name = types[type];
    if (name === undefined) return inflate(this.#bytes, data);
    return this.#take(data, size, offset, name, undefined);
  }

  /** Reads a commit or a tag. @returns where it ends. */
  #take(
    at: number,
    size: number,
    offset: number,
    type: Tip['type'],
    base: Tip | undefined,
  ): number {
    const isReadable =
      size <= tipSearchLimits.objectBytes && (base === undefined || base.content !== undefined);
    const inflated = isReadable ? new Uint8Array(size) : undefined;
    const end = inflate(this.#bytes, at, inflated);
    const content =
      inflated === undefined || base?.content === undefined
        ? inflated
        : applyDelta(base.content, inflated, tipSearchLimits.objectBytes);
    if (content === undefined) {
      // It may be what is looked for.
      this.#isUnsure = true;
      return end;
    }
    const header = encodeText(`${type} ${content.length}\0`);
    this.#missing.delete(formatOid(sha1.create().update(header).update(content).digest()));
    this.#keep(offset, type, content);
    return end;
  }

  #keep(offset: number, type: Tip['type'], content: Uint8Array): void {
    this.#tips.set(offset, { type, content });
    this.#kept.push(offset);
    this.#keptBytes += content.length;
    while (this.#keptBytes > tipSearchLimits.keptBytes) {
      const oldest = this.#kept[this.#dropped] ?? offset;
      const tip = this.#tips.get(oldest);
      this.#dropped += 1;
      this.#keptBytes -= tip?.content?.length ?? 0;
      this.#tips.set(oldest, { type: tip?.type ?? type, content: undefined });
    }
  }
}
