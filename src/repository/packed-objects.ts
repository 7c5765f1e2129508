/**
 * Reads a few small objects of a pack that has just been indexed (gitformat-pack(5)). For the tips of
 * a fetch: commits and tags, which are short and mostly no deltas. All else is left where it is.
 */
import { applyDelta } from '../pack/delta.js';
import type { BaseObject, ObjectType } from '../pack/options.js';
import { bytesOfOid, type PackIndex } from './pack-index.js';
import { inflate } from './zlib.js';

/** A pack and its index. */
export interface ReadablePack {
  readonly index: PackIndex;
  /** Length of the pack without its checksum, in bytes. */
  readonly end: number;
  read(position: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** Bytes of an entry from which on it is left where it is; of its content, and of the object, too. */
const sizeLimit = 0x10000;

/** Deltas of deltas that are followed. */
const depthLimit = 16;

const types: Readonly<Record<number, ObjectType>> = { 1: 'commit', 4: 'tag' };
const ofsDelta = 6;
const refDelta = 7;

interface Entry {
  readonly type: number;
  readonly content: Uint8Array;
  /** Offset of what a delta is made from. */
  readonly base: number | undefined;
}

/**
 * @param oids in lower case.
 * @returns those of them that are small commits or tags, in the same order.
 */
export async function readTips(
  pack: ReadablePack,
  oids: readonly string[],
): Promise<readonly BaseObject[]> {
  const offsets = oids.map((oid) => pack.index.find(bytesOfOid(oid)));
  const entries = new Map<number, Entry | undefined>();
  let missing = offsets.filter((offset) => offset !== undefined);
  for (let depth = 0; depth < depthLimit && missing.length > 0; depth += 1) {
    const read = await readEntries(pack, missing);
    for (const [offset, entry] of read) entries.set(offset, entry);
    const bases = [...read.values()].map((entry) => entry?.base);
    missing = bases.filter((base) => base !== undefined).filter((base) => !entries.has(base));
  }
  return oids.flatMap((oid, index) => {
    const offset = offsets[index];
    const object = offset === undefined ? undefined : makeObject(entries, offset);
    return object === undefined ? [] : [{ oid, ...object }];
  });
}

async function readEntries(
  pack: ReadablePack,
  offsets: readonly number[],
): Promise<Map<number, Entry | undefined>> {
  const ends = await pack.index.ends(offsets, pack.end);
  const entries = new Map<number, Entry | undefined>();
  for (const [index, offset] of offsets.entries()) {
    const length = (ends[index] ?? offset) - offset;
    const isSmall = length <= sizeLimit;
    entries.set(offset, isSmall ? await readEntry(pack, offset, length) : undefined);
  }
  return entries;
}

/** @returns undefined for what is none of ours. */
async function readEntry(
  pack: ReadablePack,
  offset: number,
  length: number,
): Promise<Entry | undefined> {
  const bytes = await readFully(pack, offset, length);
  let at = 0;
  let byte = bytes[at++] ?? 0;
  const type = (byte >> 4) & 7;
  let [size, unit] = [byte & 15, 16];
  while (byte >= 128) {
    byte = bytes[at++] ?? 0;
    size += (byte & 127) * unit;
    unit *= 128;
  }
  if (size > sizeLimit || !(type in types || type === ofsDelta || type === refDelta)) {
    return undefined;
  }
  let base: number | undefined;
  if (type === ofsDelta) {
    byte = bytes[at++] ?? 0;
    let distance = byte & 127;
    while (byte >= 128) {
      byte = bytes[at++] ?? 0;
      distance = (distance + 1) * 128 + (byte & 127);
    }
    base = offset - distance;
  } else if (type === refDelta) {
    base = pack.index.find(bytes.subarray(at, at + 20));
    at += 20;
  }
  return { type, base, content: await inflate(bytes.subarray(at)) };
}

async function readFully(pack: ReadablePack, at: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const piece = await pack.read(at + filled, length - filled);
    if (piece.length === 0) throw new RangeError('The pack could not be read back.');
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}

function makeObject(
  entries: ReadonlyMap<number, Entry | undefined>,
  offset: number,
): Omit<BaseObject, 'oid'> | undefined {
  const entry = entries.get(offset);
  if (entry === undefined) return undefined;
  const type = types[entry.type];
  if (type !== undefined) return { type, bytes: entry.content };
  const base = entry.base === undefined ? undefined : makeObject(entries, entry.base);
  const bytes = base === undefined ? undefined : applyDelta(base.bytes, entry.content, sizeLimit);
  return base === undefined || bytes === undefined ? undefined : { type: base.type, bytes };
}
