/**
 * The table of objects, in the order of the pack: 4 bytes of offset and a record of 64 bytes each.
 * Behind those of the pack stand the bases that complete a thin pack.
 */
import { NONE } from './layout';

const RECORD: usize = 64;

// Kinds, by git's numbers.
export const COMMIT: u32 = 1;
export const TREE: u32 = 2;
export const BLOB: u32 = 3;
export const TAG: u32 = 4;
export const OFS_DELTA: u32 = 6;
export const REF_DELTA: u32 = 7;

// Flags.
/** The content and the type are known; the oid is, or will be once the lanes have run. */
export const RESOLVED: u32 = 1;
/** It waits for a base of a known oid, which stands in its place of the oid. */
export const WAITING: u32 = 2;
/** Its content is needed again, for others that are made from it. */
export const NEEDED: u32 = 4;
/** An object of the repository, not of the pack as it came. */
export const APPENDED: u32 = 8;

let offsets: usize = 0;
let records: usize = 0;

/** Says where the table lies. */
export function placeTable(offsetsAt: usize, recordsAt: usize): void {
  offsets = offsetsAt;
  records = recordsAt;
}

/** @returns bytes that each object takes, in the two parts of the table. */
export function recordSize(): usize {
  return RECORD;
}

export function offsetOf(object: u32): u32 {
  return load<u32>(offsets + ((<usize>object) << 2));
}
export function setOffset(object: u32, offset: u32): void {
  store<u32>(offsets + ((<usize>object) << 2), offset);
}
/** @returns the address of the 20 bytes of its oid; or of its base's, while it waits for that. */
export function oidOf(object: u32): usize {
  return records + <usize>object * RECORD;
}
export function crcOf(object: u32): u32 {
  return load<u32>(oidOf(object), 20);
}
export function setCrc(object: u32, crc: u32): void {
  store<u32>(oidOf(object), crc, 20);
}
/** @returns the size of its content, once it is resolved. */
export function sizeOf(object: u32): u32 {
  return load<u32>(oidOf(object), 24);
}
export function setSize(object: u32, size: u32): void {
  store<u32>(oidOf(object), size, 24);
}
/** @returns the object that it is made from, or NONE. */
export function baseOf(object: u32): u32 {
  return load<u32>(oidOf(object), 28);
}
export function setBase(object: u32, base: u32): void {
  store<u32>(oidOf(object), base, 28);
}
/** @returns where its content was written, counted from the ring's first lap; 0 for nowhere. */
export function ringPlaceOf(object: u32): u64 {
  return load<u64>(oidOf(object), 32);
}
export function setRingPlace(object: u32, place: u64): void {
  store<u64>(oidOf(object), place, 32);
}
/** @returns the first of those that are made from it, or NONE. */
export function firstChildOf(object: u32): u32 {
  return load<u32>(oidOf(object), 40);
}
export function setFirstChild(object: u32, child: u32): void {
  store<u32>(oidOf(object), child, 40);
}
export function nextSiblingOf(object: u32): u32 {
  return load<u32>(oidOf(object), 44);
}
export function setNextSibling(object: u32, sibling: u32): void {
  store<u32>(oidOf(object), sibling, 44);
}
/** @returns the child with the most descendants, or NONE. */
export function heavyChildOf(object: u32): u32 {
  return load<u32>(oidOf(object), 48);
}
export function setHeavyChild(object: u32, child: u32): void {
  store<u32>(oidOf(object), child, 48);
}
/** @returns how many are made from it, directly or not. */
export function descendantsOf(object: u32): u32 {
  return load<u32>(oidOf(object), 52);
}
export function setDescendants(object: u32, count: u32): void {
  store<u32>(oidOf(object), count, 52);
}
/** @returns how many deltas away it is from an object that is none. */
export function depthOf(object: u32): u32 {
  return load<u32>(oidOf(object), 56);
}
export function setDepth(object: u32, depth: u32): void {
  store<u32>(oidOf(object), depth, 56);
}
/** @returns the type of the object, once it is resolved; before, the kind of delta. */
export function typeOf(object: u32): u32 {
  return load<u8>(oidOf(object), 60);
}
export function setType(object: u32, type: u32): void {
  store<u8>(oidOf(object), <u8>type, 60);
}
export function flagsOf(object: u32): u32 {
  return load<u8>(oidOf(object), 61);
}
export function setFlags(object: u32, flags: u32): void {
  store<u8>(oidOf(object), <u8>flags, 61);
}

/** Makes an empty record. */
export function addRecord(object: u32, offset: u32): void {
  setOffset(object, offset);
  const record = oidOf(object);
  memory.fill(record, 0, RECORD);
  setBase(object, NONE);
  setFirstChild(object, NONE);
  setNextSibling(object, NONE);
  setHeavyChild(object, NONE);
}

/**
 * @param before how many objects there are to look among.
 * @returns the object that begins at an offset, or NONE. Most are near the last one.
 */
export function findOffset(offset: u32, before: u32): u32 {
  let step: u32 = 1;
  let high = before;
  let low: u32 = 0;
  while (step <= high) {
    if (offsetOf(high - step) <= offset) {
      low = high - step;
      break;
    }
    high -= step;
    step <<= 1;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = offsetOf(middle);
    if (found == offset) return middle;
    if (found < offset) low = middle + 1;
    else high = middle;
  }
  return NONE;
}
