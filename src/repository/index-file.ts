/** The index, `.git/index` (gitformat-index(5)): versions 2 to 4 are read, 2 and 3 written. */
import { sha1 } from '@noble/hashes/legacy.js';
import { compareBytes } from '../base/compare-bytes.js';
import { GitWsError } from '../base/errors.js';
import { bytesOfOid, formatOid } from '../pack/format/oid.js';

/** What the file system said of a file when it was put into the index: each 32 bits. */
export interface IndexStat {
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly dev: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

/** One path of the index. */
export interface IndexEntry {
  /** The path as bytes: not all are UTF-8. */
  readonly name: Uint8Array;
  /** As git has it: 0o100644, 0o100755, 0o120000 or 0o160000. */
  readonly mode: number;
  readonly oid: string;
  readonly stat: IndexStat;
  /** 0, or 1 to 3 for the sides of a merge that is not done. */
  readonly stage: number;
  readonly assumeValid: boolean;
  readonly skipWorktree: boolean;
  readonly intentToAdd: boolean;
}

/** A byte order mark is a letter of a name like any other. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @returns the path of an entry, or a name in it, as text: what is no UTF-8 has replacement characters. */
export function pathOf({ name }: Pick<IndexEntry, 'name'>): string {
  return decoder.decode(name);
}

/** One letter a byte. */
const letters = new TextDecoder('latin1');

/** @returns the path, with what tells it from others that are the same as text. */
export function keyOf({ name }: Pick<IndexEntry, 'name'>): string {
  const path = pathOf({ name });
  return path.includes('\ufffd') ? `${path}\0${letters.decode(name)}` : path;
}

/** @returns the path of a key. */
export function pathOfKey(key: string): string {
  return key.replace(/\0[^]*/, '');
}

const headerBytes = 12;
const fixedBytes = 62;
const checksumBytes = 20;
const nameMask = 0xfff;
/** In the flags of an entry, and in those that follow where it is extended. */
const flag = { assumeValid: 0x8000, extended: 0x4000, skipWorktree: 0x4000, intentToAdd: 0x2000 };

/**
 * @param bytes the whole file.
 * @returns its entries, in its order. What extensions say (cached trees and the like) git makes anew.
 * @throws GitWsError UNREADABLE_INDEX
 */
export function parseIndex(bytes: Uint8Array): IndexEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - checksumBytes;
  if (end < headerBytes || view.getUint32(0) !== 0x44495243) throw unreadable('it is no index');
  const version = view.getUint32(4);
  if (version < 2 || version > 4) throw unreadable(`its version is ${version}`);
  const checksum = bytes.subarray(end);
  // With index.skipHash there are zeros.
  if (checksum.some((byte) => byte !== 0)) {
    const computed = sha1(bytes.subarray(0, end));
    if (computed.some((byte, at) => byte !== checksum[at])) throw unreadable('it is damaged');
  }
  const count = view.getUint32(8);
  const entries: IndexEntry[] = [];
  let at = headerBytes;
  let name = new Uint8Array(0);
  for (let entry = 0; entry < count; entry += 1) {
    const start = at;
    if (at + fixedBytes > end) throw unreadable('it ends too early');
    const flags = view.getUint16(start + 60);
    const isExtended = (flags & flag.extended) !== 0;
    const more = isExtended ? view.getUint16(start + fixedBytes) : 0;
    if ((more & ~(flag.skipWorktree | flag.intentToAdd)) !== 0) {
      throw unreadable('an entry of it has a flag that is not known');
    }
    at = start + fixedBytes + (isExtended ? 2 : 0);
    let kept = 0;
    if (version === 4) {
      let byte = bytes[at++] ?? 0;
      let dropped = byte & 127;
      while (byte >= 128) {
        byte = bytes[at++] ?? 0;
        dropped = (dropped + 1) * 128 + (byte & 127);
      }
      kept = name.length - dropped;
      if (kept < 0) throw unreadable('a name in it has no beginning');
    }
    const nameEnd = bytes.indexOf(0, at);
    if (nameEnd < at || nameEnd >= end) throw unreadable('a name in it has no end');
    const whole = new Uint8Array(kept + nameEnd - at);
    whole.set(name.subarray(0, kept));
    whole.set(bytes.subarray(at, nameEnd), kept);
    name = whole;
    at = version === 4 ? nameEnd + 1 : start + ((nameEnd - start + 8) & ~7);
    entries.push({
      name,
      mode: view.getUint32(start + 24),
      oid: formatOid(bytes.subarray(start + 40, start + 60)),
      stat: statAt(view, start),
      stage: (flags >> 12) & 3,
      assumeValid: (flags & flag.assumeValid) !== 0,
      skipWorktree: (more & flag.skipWorktree) !== 0,
      intentToAdd: (more & flag.intentToAdd) !== 0,
    });
  }
  expectKnownExtensions(bytes, view, at, end);
  return entries;
}

function statAt(view: DataView, start: number): IndexStat {
  return {
    ctimeSeconds: view.getUint32(start),
    ctimeNanoseconds: view.getUint32(start + 4),
    mtimeSeconds: view.getUint32(start + 8),
    mtimeNanoseconds: view.getUint32(start + 12),
    dev: view.getUint32(start + 16),
    ino: view.getUint32(start + 20),
    uid: view.getUint32(start + 28),
    gid: view.getUint32(start + 32),
    size: view.getUint32(start + 36),
  };
}

/** Those whose names begin with a capital letter may be left out of account, and no others. */
function expectKnownExtensions(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): void {
  for (let at = start; at < end;) {
    if (at + 8 > end) throw unreadable('it ends too early');
    const first = bytes[at] ?? 0;
    if (first < 0x41 || first > 0x5a) {
      const name = new TextDecoder('latin1').decode(bytes.subarray(at, at + 4));
      throw unreadable(`it needs its extension ${JSON.stringify(name)} to be understood`);
    }
    at += 8 + view.getUint32(at + 4);
  }
}

/**
 * @param entries in any order.
 * @returns the file: version 3 where an entry needs it, else 2, as isomorphic-git and git read it.
 */
export function formatIndex(entries: readonly IndexEntry[]): Uint8Array {
  const sorted = [...entries].sort(
    (one, other) => compareBytes(one.name, other.name) || one.stage - other.stage,
  );
  const sizes = sorted.map((entry) => entryBytes(entry));
  const length = sizes.reduce((sum, size) => sum + size, headerBytes);
  const bytes = new Uint8Array(length + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x44495243);
  view.setUint32(4, sorted.some(isExtendedEntry) ? 3 : 2);
  view.setUint32(8, sorted.length);
  let at = headerBytes;
  for (const [number, entry] of sorted.entries()) {
    writeEntry(bytes, view, at, entry);
    at += sizes[number] ?? 0;
  }
  bytes.set(sha1(bytes.subarray(0, length)), length);
  return bytes;
}

function isExtendedEntry({ skipWorktree, intentToAdd }: IndexEntry): boolean {
  return skipWorktree || intentToAdd;
}

/** With one to eight zeros behind the name. */
function entryBytes(entry: IndexEntry): number {
  return (fixedBytes + (isExtendedEntry(entry) ? 2 : 0) + entry.name.length + 8) & ~7;
}

function writeEntry(bytes: Uint8Array, view: DataView, at: number, entry: IndexEntry): void {
  const { stat, name } = entry;
  const { ctimeSeconds, ctimeNanoseconds, mtimeSeconds, mtimeNanoseconds } = stat;
  const times = [ctimeSeconds, ctimeNanoseconds, mtimeSeconds, mtimeNanoseconds];
  const numbers = [...times, stat.dev, stat.ino, entry.mode, stat.uid, stat.gid, stat.size];
  for (const [field, number] of numbers.entries()) view.setUint32(at + field * 4, number);
  bytes.set(bytesOfOid(entry.oid), at + 40);
  const isExtended = isExtendedEntry(entry);
  const flags =
    (entry.assumeValid ? flag.assumeValid : 0) |
    (isExtended ? flag.extended : 0) |
    (entry.stage << 12) |
    Math.min(name.length, nameMask);
  view.setUint16(at + 60, flags);
  if (isExtended) {
    const more =
      (entry.skipWorktree ? flag.skipWorktree : 0) | (entry.intentToAdd ? flag.intentToAdd : 0);
    view.setUint16(at + fixedBytes, more);
  }
  bytes.set(name, at + fixedBytes + (isExtended ? 2 : 0));
}

function unreadable(why: string): GitWsError {
  return new GitWsError('UNREADABLE_INDEX', `The index of the repository cannot be read: ${why}.`);
}
