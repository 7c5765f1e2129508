/** Packs written byte by byte, so that they can be wrong in every way. Knows no test framework. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** An entry of a pack, from its first byte to its last. */
export type Entry = Buffer;

const types = { commit: 1, tree: 2, blob: 3, tag: 4, 'ofs-delta': 6, 'ref-delta': 7 } as const;
type EntryType = keyof typeof types;

/** @returns the head of an entry. @param size what it claims to inflate to. */
export function entryHead(type: EntryType | number, size: number): Buffer {
  const bytes = [((typeof type === 'number' ? type : types[type]) << 4) | (size & 15)];
  for (let left = Math.floor(size / 16); left > 0; left = Math.floor(left / 128)) {
    bytes[bytes.length - 1]! |= 128;
    bytes.push(left & 127);
  }
  return Buffer.from(bytes);
}

/** @returns how far back an ofs-delta's base is, as the pack has it. */
export function encodeDistance(distance: number): Buffer {
  const bytes = [distance & 127];
  for (let left = Math.floor(distance / 128); left > 0; left = Math.floor(left / 128)) {
    left -= 1;
    bytes.unshift(128 | (left & 127));
  }
  return Buffer.from(bytes);
}

/** @returns an object that is no delta. @param level of zlib; 0 stores. */
export function plain(type: EntryType, content: Uint8Array | string, level = 6): Entry {
  const bytes = Buffer.from(content);
  return Buffer.concat([entryHead(type, bytes.length), deflateSync(bytes, { level })]);
}

/** @returns a delta of what begins `distance` bytes before it. */
export function ofsDelta(distance: number, delta: Uint8Array): Entry {
  const head = [entryHead('ofs-delta', delta.length), encodeDistance(distance)];
  return Buffer.concat([...head, deflateSync(delta)]);
}

/** @returns a delta of the object with this oid. */
export function refDelta(oid: string, delta: Uint8Array): Entry {
  const head = [entryHead('ref-delta', delta.length), Buffer.from(oid, 'hex')];
  return Buffer.concat([...head, deflateSync(delta)]);
}

function encodeSize(size: number): Buffer {
  const bytes = [size & 127];
  for (let left = Math.floor(size / 128); left > 0; left = Math.floor(left / 128)) {
    bytes[bytes.length - 1]! |= 128;
    bytes.push(left & 127);
  }
  return Buffer.from(bytes);
}

/** One instruction of a delta. */
export type Instruction = { readonly copy: readonly [offset: number, size: number] } | Uint8Array;

/** @returns a delta. The sizes are what it claims; instructions are written as they are given. */
export function encodeDelta(
  baseSize: number,
  resultSize: number,
  instructions: readonly Instruction[],
): Buffer {
  const pieces = [encodeSize(baseSize), encodeSize(resultSize)];
  for (const instruction of instructions) {
    if (instruction instanceof Uint8Array) {
      pieces.push(Buffer.from([instruction.length]), Buffer.from(instruction));
      continue;
    }
    const [offset, size] = instruction.copy;
    const bytes = [128];
    const put = (value: number, count: number, firstBit: number): void => {
      for (let byte = 0; byte < count; byte += 1) {
        const part = Math.floor(value / 256 ** byte) & 255;
        if (part === 0) continue;
        bytes[0]! |= 1 << (firstBit + byte);
        bytes.push(part);
      }
    };
    put(offset, 4, 0);
    if (size !== 0x10000) put(size, 3, 4);
    pieces.push(Buffer.from(bytes));
  }
  return Buffer.concat(pieces);
}

/** @returns a delta that appends to its base. */
export function appending(base: Uint8Array, more: Uint8Array | string): Buffer {
  const bytes = Buffer.from(more);
  const copy: Instruction[] = [];
  for (let at = 0; at < base.length; at += 0xffffff) {
    copy.push({ copy: [at, Math.min(0xffffff, base.length - at)] });
  }
  const instructions = bytes.length === 0 ? copy : [...copy, bytes];
  return encodeDelta(base.length, base.length + bytes.length, instructions);
}

/** @returns a pack with its header and checksum. @param count what it claims to have. */
export function makePack(entries: readonly Entry[], count = entries.length, version = 2): Buffer {
  const header = Buffer.from('PACK\0\0\0\0\0\0\0\0', 'latin1');
  header.writeUInt32BE(version, 4);
  header.writeUInt32BE(count, 8);
  return seal(Buffer.concat([header, ...entries]));
}

/** @returns bytes with their SHA-1 behind them. */
export function seal(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, createHash('sha1').update(bytes).digest()]);
}

/** @returns the same pack with other bytes and the checksum that fits to them. */
export function reseal(pack: Uint8Array): Buffer {
  return seal(pack.subarray(0, -20));
}

/** @returns the oid of an object. */
export function oidOf(type: string, content: Uint8Array | string): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Gives bytes in pieces of a size, or of sizes in turn. */
export async function* inPieces(
  bytes: Uint8Array,
  ...sizes: readonly number[]
): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** @returns bytes that look like text, the same for the same seed. */
export function pseudoText(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at < length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = 32 + ((state >>> 0) % 48);
  }
  return bytes;
}
