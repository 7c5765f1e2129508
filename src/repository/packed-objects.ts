/**
 * Reads a few small objects of a pack that has just been indexed (gitformat-pack(5)). For the tips of
 * a fetch: commits and tags, which are short and mostly no deltas. All else is left where it is.
 */
import type { BaseObject, ObjectType } from '../pack/options.js';
import type { PackIndex } from './pack-index.js';
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
  const offsets = oids.map((oid) => pack.index.find(bytesOf(oid)));
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
  const bytes = base === undefined ? undefined : applyDelta(base.bytes, entry.content);
  return base === undefined || bytes === undefined ? undefined : { type: base.type, bytes };
}

/** The engine has applied it before: it is sound. @returns undefined for what is large. */
function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | undefined {
  let at = 0;
  const readSize = (): number => {
    for (let [size, unit] = [0, 1]; ; unit *= 128) {
      const byte = delta[at++] ?? 0;
      size += (byte & 127) * unit;
      if (byte < 128) return size;
    }
  };
  readSize();
  // A few bytes can make a gigabyte.
  const size = readSize();
  if (size > sizeLimit) return undefined;
  const result = new Uint8Array(size);
  let filled = 0;
  while (at < delta.length) {
    const command = delta[at++] ?? 0;
    let piece: Uint8Array;
    if (command < 128) {
      piece = delta.subarray(at, at + command);
      at += command;
    } else {
      let [start, length] = [0, 0];
      for (let byte = 0; byte < 4; byte += 1) {
        if ((command & (1 << byte)) !== 0) start += (delta[at++] ?? 0) * 256 ** byte;
      }
      for (let byte = 0; byte < 3; byte += 1) {
        if ((command & (16 << byte)) !== 0) length += (delta[at++] ?? 0) * 256 ** byte;
      }
      piece = base.subarray(start, start + (length === 0 ? 0x10000 : length));
    }
    result.set(piece, filled);
    filled += piece.length;
  }
  return result;
}

/** @param oid 40 hexadecimal digits. */
function bytesOf(oid: string): Uint8Array {
  return Uint8Array.from({ length: 20 }, (_, index) =>
    parseInt(oid.slice(index * 2, index * 2 + 2), 16),
  );
}
