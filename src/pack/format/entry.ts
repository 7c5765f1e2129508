/** How an entry of a pack begins (gitformat-pack(5)): what stands before its zlib data. */
import { inputEnded } from './inflate.js';

/** The types of entries that are deltas. */
export const deltaTypes = { ofs: 6, ref: 7 } as const;

/** Most bytes that a head has: 10 of the size, 20 of a base's oid. */
export const headBytes = 32;

/** What stands before the zlib data of an entry. */
export interface EntryHead {
  /** As the pack has it: 1 commit, 2 tree, 3 blob, 4 tag, or one of {@link deltaTypes}. */
  readonly type: number;
  /** What its data inflates to, in bytes: of a delta the delta itself. */
  readonly size: number;
  /** How far before it the base of an ofs-delta begins, in bytes; else 0. */
  readonly distance: number;
  /** The oid of a ref-delta's base, 20 bytes. */
  readonly base: Uint8Array | undefined;
  /** Where its zlib data begins, counted from where `bytes` do. */
  readonly data: number;
}

/**
 * @param bytes of a pack.
 * @param start where the entry begins in them.
 * @throws `inputEnded` of ./inflate.js where they end too early.
 */
export function readEntryHead(bytes: Uint8Array, start: number): EntryHead {
  let at = start;
  const next = (): number => {
    const byte = bytes[at];
    if (byte === undefined) throw inputEnded;
    at += 1;
    return byte;
  };
  let byte = next();
  const type = (byte >> 4) & 7;
  let [size, unit] = [byte & 15, 16];
  while (byte >= 128) {
    byte = next();
    size += (byte & 127) * unit;
    unit *= 128;
  }
  let distance = 0;
  let base: Uint8Array | undefined;
  if (type === deltaTypes.ofs) {
    byte = next();
    distance = byte & 127;
    while (byte >= 128) {
      byte = next();
      distance = (distance + 1) * 128 + (byte & 127);
    }
  } else if (type === deltaTypes.ref) {
    base = bytes.subarray(at, at + 20);
    if (base.length < 20) throw inputEnded;
    at += 20;
  }
  return { type, size, distance, base, data: at };
}
