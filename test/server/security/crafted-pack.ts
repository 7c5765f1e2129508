/** Packs as no git would make them (gitformat-pack(5)): for attacks on whatever unpacks them. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { nullOid, pktLine } from '../../helpers/git-stream.js';

const types = { commit: 1, tree: 2, blob: 3, tag: 4, ofsDelta: 6, refDelta: 7 } as const;

/** One object, as it stands in a pack. */
export interface Entry {
  readonly bytes: Buffer;
  /** Of the object that it makes; empty for a delta. */
  readonly oid: string;
}

/** A number, 7 bits to a byte, the lowest first. */
function sizeBytes(size: number): number[] {
  const bytes: number[] = [];
  let rest = size;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

/** The header of an entry. @param type of the format, also one that it does not have. */
export function entryHeader(type: number, size: number): Buffer {
  const rest = Math.floor(size / 16);
  const first = (type << 4) | (size % 16);
  return Buffer.from(rest === 0 ? [first] : [first | 0x80, ...sizeBytes(rest)]);
}

/** As zlib has it (RFC 1950): not compressed where it is little, since there may be very much of it. */
function zlib(content: Uint8Array): Buffer {
  if (content.length > 200) return deflateSync(content);
  let [a, b] = [1, 0];
  for (const byte of content) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const frame = Buffer.alloc(content.length + 11);
  frame.set([0x78, 0x01, 1, content.length, 0, 0xff ^ content.length, 0xff]);
  frame.set(content, 7);
  frame.writeUInt16BE(b, content.length + 7);
  frame.writeUInt16BE(a, content.length + 9);
  return frame;
}

export function oidOf(type: string, content: Uint8Array): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

/** @param claimed size in the header, where it is to be another than the content's. */
export function entry(
  type: 'commit' | 'tree' | 'blob',
  content: Uint8Array,
  claimed = content.length,
): Entry {
  const bytes = Buffer.concat([entryHeader(types[type], claimed), zlib(content)]);
  return { bytes, oid: oidOf(type, content) };
}

/** A delta against an object that is named. */
export function refDelta(base: string, delta: Uint8Array): Entry {
  const header = [entryHeader(types.refDelta, delta.length), Buffer.from(base, 'hex')];
  return { bytes: Buffer.concat([...header, zlib(delta)]), oid: '' };
}

/** Instructions that repeat a base of at most 64 KiB. */
export function repetition(baseSize: number, times: number): Buffer {
  const copy = [0xb0, baseSize & 0xff, baseSize >> 8];
  const copies = Array.from({ length: times }, () => copy).flat();
  return Buffer.from([...sizeBytes(baseSize), ...sizeBytes(baseSize * times), ...copies]);
}

export function tree(...entries: readonly (readonly [mode: string, name: string, oid: string])[]) {
  const parts = entries.flatMap(([mode, name, oid]) => [
    Buffer.from(`${mode} ${name}\0`),
    Buffer.from(oid, 'hex'),
  ]);
  return entry('tree', Buffer.concat(parts));
}

export function commit(treeOid: string): Entry {
  const who = 'Eve <eve@example.com> 0 +0000';
  return entry('commit', Buffer.from(`tree ${treeOid}\nauthor ${who}\ncommitter ${who}\n\nx\n`));
}

/** @param claimed how many objects the header says there are. */
export function pack(
  entries: readonly Entry[],
  { claimed = entries.length, version = 2 }: { claimed?: number; version?: number } = {},
): Buffer {
  const header = Buffer.alloc(12, 'PACK');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(claimed, 8);
  const body = Buffer.concat([header, ...entries.map(({ bytes }) => bytes)]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** A push of one new ref. */
export function pushOf(newOid: string, packed: Uint8Array, ref = 'refs/heads/evil'): Buffer {
  const command = pktLine(`${nullOid} ${newOid} ${ref}\0 report-status`);
  return Buffer.concat([command, Buffer.from('0000'), packed]);
}
