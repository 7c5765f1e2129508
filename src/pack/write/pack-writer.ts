/** Writes a pack (gitformat-pack(5)) piece by piece: its header, the heads of its entries, its checksum. */
import { sha1 } from '@noble/hashes/legacy.js';
import type { ObjectType } from '../index/index-pack-options.js';
import { deltaTypes } from '../format/entry.js';
import { bytesOfOid } from '../format/oid.js';

/** What an entry is: an object of its own, or a delta and what that is made from. */
export type EntryKind =
  | { readonly type: ObjectType }
  /** How many bytes before it the entry of its base begins. */
  | { readonly distance: number }
  /** The oid of its base, which may be in the repository alone. */
  | { readonly base: string };

const types: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** One pack. Each piece that it gives, or is given, is a part of the pack, in this order. */
export class PackWriter {
  readonly #hash = sha1.create();
  #offset = 0;

  /** Where in the pack the next piece goes, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** @param count of objects. */
  header(count: number): Uint8Array {
    const bytes = new Uint8Array(12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x5041434b); // PACK
    view.setUint32(4, 2);
    view.setUint32(8, count);
    return this.pass(bytes);
  }

  /** @param size what the zlib data that follows inflates to, in bytes. */
  entryHead(kind: EntryKind, size: number): Uint8Array {
    return this.pass(encodeEntryHead(kind, size));
  }

  /** Takes a piece of zlib data. @returns it. */
  pass(bytes: Uint8Array): Uint8Array {
    this.#hash.update(bytes);
    this.#offset += bytes.length;
    return bytes;
  }

  /** The checksum behind the last entry. */
  trailer(): Uint8Array {
    return this.#hash.digest();
  }
}

/** @returns what stands before the zlib data of an entry. */
export function encodeEntryHead(kind: EntryKind, size: number): Uint8Array {
  const bytes: number[] = [];
  const type =
    'type' in kind ? types[kind.type] : 'distance' in kind ? deltaTypes.ofs : deltaTypes.ref;
  let rest = Math.floor(size / 16);
  bytes.push((type << 4) | (size & 15) | (rest > 0 ? 128 : 0));
  while (rest > 0) {
    const low = rest & 127;
    rest = Math.floor(rest / 128);
    bytes.push(low | (rest > 0 ? 128 : 0));
  }
  if ('distance' in kind) bytes.push(...encodeDistance(kind.distance));
  if ('base' in kind) bytes.push(...bytesOfOid(kind.base));
  return Uint8Array.from(bytes);
}

/** Each byte but the last one counts one more than it says, so that no distance has two forms. */
function encodeDistance(distance: number): number[] {
  const bytes = [distance & 127];
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1;
    bytes.unshift((rest & 127) | 128);
  }
  return bytes;
}
