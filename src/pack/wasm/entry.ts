/** The head of an entry of a pack (gitformat-pack, "pack-*.pack files have the following format"). */
import { BAD_BASE_OFFSET, BAD_SIZE, BAD_TYPE, DONE, MORE } from './layout';
import { COMMIT, OFS_DELTA, REF_DELTA, TAG } from './objects';

let type: u32 = 0;
let size: u64 = 0;
let distance: u64 = 0;
let baseOid: usize = 0;
let body: usize = 0;

/** Reads the head that begins at `at`. @returns DONE, MORE or a fault. */
export function readEntryHead(at: usize, end: usize): i32 {
  if (at >= end) return MORE;
  let byte = <u64>load<u8>(at++);
  type = (<u32>(byte >> 4)) & 7;
  size = byte & 15;
  for (let shift: u64 = 4; byte & 128; shift += 7) {
    if (shift > 56) return BAD_SIZE;
    if (at >= end) return MORE;
    byte = <u64>load<u8>(at++);
    size |= (byte & 127) << shift;
  }
  if (type == OFS_DELTA) {
    if (at >= end) return MORE;
    byte = <u64>load<u8>(at++);
    distance = byte & 127;
    while (byte & 128) {
      if (distance > 0xffffffff) return BAD_BASE_OFFSET;
      if (at >= end) return MORE;
      byte = <u64>load<u8>(at++);
      distance = ((distance + 1) << 7) | (byte & 127);
    }
  } else if (type == REF_DELTA) {
    if (end - at < 20) return MORE;
    baseOid = at;
    at += 20;
  } else if (type < COMMIT || type > TAG) {
    return BAD_TYPE;
  }
  body = at;
  return DONE;
}

/** @returns the entry's type, by git's numbers. */
export function entryType(): u32 {
  return type;
}
/** @returns what it says to inflate to. */
export function entrySize(): u64 {
  return size;
}
/** @returns how far before an OFS_DELTA its base begins. */
export function entryDistance(): u64 {
  return distance;
}
/** @returns where the oid of a REF_DELTA's base stands. */
export function entryBaseOid(): usize {
  return baseOid;
}
/** @returns where the compressed bytes begin. */
export function entryBody(): usize {
  return body;
}
