/**
 * The pack engine: what src/pack/engine.ts calls. One instance indexes one pack.
 *
 * begin; makeScanRoom, addBytes and scan until it says DONE; finishPackHash; then beginResolving and
 * resolve until it says DONE, each READ answered by makeRoom and addBytes; for a thin pack, between
 * rounds of resolve, nextMissing and addBase; at last beginPackIndex and writePackIndex until DONE.
 */
import { setBounds } from './bounds';
import { prepareCrc, updateCrc } from './crc';
import { prepareDeltas } from './delta';
import { allocate, isWithinLimit, prepareHeap, reach } from './heap';
import { prepareTables } from './huffman';
import { flushLanes, hashObject } from './lanes';
import { DONE, NONE, OUT_OF_MEMORY, PACK_HASH, RESULT_OID, RING, WINDOW } from './layout';
import {
  addRecord,
  APPENDED,
  flagsOf,
  oidOf,
  placeTable,
  recordSize,
  RESOLVED,
  setCrc,
  setFlags,
  setOffset,
  setSize,
  setType,
  WAITING,
} from './objects';
import { packIndexScratch, packIndexSize, startPackIndex } from './pack-index';
import { placeStack, resolve, resolveFrom, startResolving } from './resolve';
import { prepareRing } from './ring';
import { deltaCount, finishPackHash, pendingCount, prepareScan, waitingCount } from './scan';
import { finishHash, startHash, updateHash } from './sha1';
import { addBytes, makeRoom, packOffset, room } from './window';

export { failedObject, failedOffset } from './failure';
export { writePackIndex } from './pack-index';
export { nextMissing } from './waiting';
export { resolvedCount, wantedBytes, wantedOffset } from './resolve';
export { makeScanRoom, scan, scannedObjects } from './scan';
export { addBytes, deltaCount, makeRoom, oidOf, pendingCount, resolve, room };

let objects: u32 = 0;
let appended: u32 = 0;
let baseContent: usize = 0;
let baseSize: u32 = 0;

/**
 * @param count objects that the pack's header promises.
 * @param appendable bases at most that may be added to complete it.
 * @param ringBytes of the ring, a multiple of 16.
 * @returns DONE or a fault.
 */
export function begin(
  count: u32,
  appendable: u32,
  ringBytes: u32,
  objectBytes: f64,
  inflatedBytes: f64,
  resultBytes: f64,
  deltaDepth: u32,
  resolvingBytes: f64,
): i32 {
  objects = count;
  const offsets = <u64>RING + ringBytes + 0x1000;
  const records = (offsets + ((<u64>count + appendable) << 2) + 63) & ~63;
  const stack = records + (<u64>count + appendable) * recordSize();
  const heap = stack + ((<u64>deltaDepth + 4) << 4);
  if (!reach(heap + 0x1000)) return OUT_OF_MEMORY;
  prepareTables();
  prepareCrc();
  prepareDeltas();
  setBounds(<u64>objectBytes, <u64>inflatedBytes, <u64>resultBytes, deltaDepth);
  prepareRing(ringBytes);
  placeTable(<usize>offsets, <usize>records);
  placeStack(<usize>stack);
  prepareHeap(<usize>heap, <u64>resolvingBytes);
  prepareScan(count);
  return DONE;
}

/** @returns the address of 20 bytes: the hash of the pack up to where its own should stand. */
export function packChecksum(): usize {
  finishPackHash(RESULT_OID);
  return RESULT_OID;
}

/** @returns the offset in the pack of what comes next. */
export function nextOffset(): f64 {
  return <f64>packOffset();
}

/** Begins the second pass. @returns DONE or a fault. */
export function beginResolving(end: f64): i32 {
  return startResolving(objects, waitingCount(), <u64>end);
}

/** @returns where to write the content of a base from the repository, or 0 if there is no memory. */
export function makeBaseRoom(size: u32): usize {
  baseSize = size;
  baseContent = isWithinLimit(size) ? allocate(size) : 0;
  return baseContent;
}

/** Takes the base that was written there. @returns its object, whose oid is then known. */
export function addBase(type: u32): u32 {
  const object = objects + appended++;
  addRecord(object, 0);
  setType(object, type);
  setSize(object, baseSize);
  setFlags(object, RESOLVED | APPENDED);
  hashObject(object, type, baseContent, baseSize, 0, 0);
  flushLanes();
  return object;
}

/** @returns whether a delta still waits for the base whose oid it names. */
export function isWaiting(object: u32): bool {
  return (flagsOf(object) & WAITING) != 0;
}

/** Makes everything that is made from it, by calls of resolve. */
export function resolveFromBase(object: u32): void {
  resolveFrom(object, baseContent);
}

/** Says where an added base stands in the completed pack. */
export function placeBase(object: u32, offset: f64, crc: u32): void {
  setOffset(object, <u32>offset);
  setCrc(object, crc);
}

// What a completed pack needs: checksums of bytes written to the window's beginning.

export function windowStart(): usize {
  return WINDOW;
}
export function crcOfBytes(crc: u32, count: u32): u32 {
  return updateCrc(crc, WINDOW, WINDOW + count);
}
export function startPackHash(): void {
  startHash(PACK_HASH);
}
export function hashBytes(count: u32): void {
  updateHash(PACK_HASH, WINDOW, WINDOW + count);
}
export function finishedHash(): usize {
  finishHash(PACK_HASH, RESULT_OID);
  return RESULT_OID;
}

/**
 * Begins the pack index, which writePackIndex goes on with; the pack's checksum stands at the
 * window's beginning.
 *
 * @returns its address, or 0 if there is no memory.
 */
export function beginPackIndex(): usize {
  flushLanes();
  const count = objects + appended;
  const scratch = packIndexScratch(count);
  const index = allocate(<u32>(packIndexSize(count) + scratch));
  if (index == 0) return 0;
  startPackIndex(count, index, index + packIndexSize(count), WINDOW);
  return index;
}
export function packIndexBytes(): usize {
  return packIndexSize(objects + appended);
}
