/**
 * The pack engine: what src/pack/index/engine.ts calls. One instance indexes one pack.
 *
 * begin; makeScanRoom, addBytes and scan until it says DONE; finishPackHash; then beginResolving and
 * resolve until it says DONE, each READ answered by makeRoom and addBytes; for a thin pack, between
 * rounds of resolve, nextMissing and addBase; at last beginPackIndex and writePackIndex until DONE.
 *
 * What takes a budget (bytes of work, about) does no more than that at once, whatever the pack is.
 */
import { setBounds } from './bounds';
import { collidedObject, prepareCollisions } from './collisions';
import { prepareCrc, updateCrc } from './crc';
import { prepareDeltas } from './delta';
import { fail } from './failure';
import { allocate, isWithinLimit, prepareHeap, reach } from './heap';
import { prepareTables } from './huffman';
import { flushLanes, freeLane, hashObject } from './lanes';
import {
  COLLISION,
  DONE,
  NONE,
  OUT_OF_MEMORY,
  PACK_HASH,
  PAUSE,
  RESULT_OID,
  RING,
  WINDOW,
} from './layout';
import {
  addRecord,
  APPENDED,
  flagsOf,
  offsetOf,
  oidOf,
  placeTable,
  recordSize,
  RESOLVED,
  setCrc,
  setFlags,
  setOffset,
  setSize,
  setType,
  typeOf,
  WAITING,
} from './objects';
import * as packIndex from './pack-index';
import * as second from './resolve';
import { prepareRing } from './ring';
import * as first from './scan';
import { finishHash, startHash, updateHash } from './sha1';
import * as waiting from './waiting';
import { addBytes, makeRoom, packOffset, room } from './window';
import { startWork } from './work';

export { failedObject, failedOffset } from './failure';
export { resolvedCount, wantedBytes, wantedOffset } from './resolve';
export { deltaCount, makeScanRoom, pendingCount, scannedObjects } from './scan';
export { workDone } from './work';
export { addBytes, makeRoom, oidOf, room };

let objects: u32 = 0;
let appended: u32 = 0;
let baseContent: usize = 0;
let baseSize: u32 = 0;
let baseObject: u32 = 0;
let isBaseHashing: bool = false;

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
  detectsCollisions: bool,
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
  prepareCollisions(detectsCollisions);
  setBounds(<u64>objectBytes, <u64>inflatedBytes, <u64>resultBytes, deltaDepth);
  prepareRing(ringBytes);
  placeTable(<usize>offsets, <usize>records);
  second.placeStack(<usize>stack);
  prepareHeap(<usize>heap, <u64>resolvingBytes);
  first.prepareScan(count);
  return DONE;
}

/** @returns what a call returns; or a fault, if there is a trace of an attack in what it hashed. */
function unlessCollided(result: i32): i32 {
  const object = collidedObject();
  return object == NONE ? result : fail(COLLISION, object, offsetOf(object));
}

/** Goes on with the first pass. @returns DONE, MORE, PAUSE or a fault. */
export function scan(budget: u32): i32 {
  startWork(budget);
  return unlessCollided(first.scan());
}

/** @returns the address of 20 bytes: the hash of the pack up to where its own should stand. */
export function packChecksum(): usize {
  first.finishPackHash(RESULT_OID);
  return RESULT_OID;
}

/** @returns the offset in the pack of what comes next. */
export function nextOffset(): f64 {
  return <f64>packOffset();
}

/** Begins the second pass. @returns DONE or a fault. */
export function beginResolving(end: f64): i32 {
  return second.startResolving(objects, first.waitingCount(), <u64>end);
}

/** Goes on with it. @returns DONE if there is nothing more to be made, READ, PAUSE or a fault. */
export function resolve(budget: u32): i32 {
  startWork(budget);
  return unlessCollided(second.resolve());
}

/**
 * @returns a delta whose base is missing, of each such base the first; NONE after the last,
 * UNDECIDED if it has to be called again.
 */
export function nextMissing(budget: u32): u32 {
  startWork(budget);
  return waiting.nextMissing();
}

/** @returns where to write the content of a base from the repository, or 0 if there is no memory. */
export function makeBaseRoom(size: u32): usize {
  baseSize = size;
  baseContent = isWithinLimit(size) ? allocate(size) : 0;
  return baseContent;
}

/** Takes the base that was written there. @returns its object, whose oid hashBase finds out. */
export function addBase(type: u32): u32 {
  baseObject = objects + appended++;
  isBaseHashing = false;
  addRecord(baseObject, 0);
  setType(baseObject, type);
  setSize(baseObject, baseSize);
  setFlags(baseObject, RESOLVED | APPENDED);
  return baseObject;
}

/** Hashes it. @returns DONE when its oid is known, or PAUSE. */
export function hashBase(budget: u32): i32 {
  startWork(budget);
  if (!isBaseHashing) {
    if (!freeLane()) return PAUSE;
    hashObject(baseObject, typeOf(baseObject), baseContent, baseSize, 0, 0);
    isBaseHashing = true;
  }
  return unlessCollided(flushLanes() ? DONE : PAUSE);
}

/** @returns whether a delta still waits for the base whose oid it names. */
export function isWaiting(object: u32): bool {
  return (flagsOf(object) & WAITING) != 0;
}

/** Lets calls of resolve make everything that is made from it. @returns DONE or PAUSE. */
export function resolveFromBase(budget: u32): i32 {
  startWork(budget);
  return second.resolveFrom(baseObject, baseContent) ? DONE : PAUSE;
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
  updateHash(PACK_HASH, WINDOW, WINDOW + count, false);
}
export function finishedHash(): usize {
  finishHash(PACK_HASH, RESULT_OID, false);
  return RESULT_OID;
}

/**
 * Begins the pack index, which writePackIndex goes on with; the pack's checksum stands at the
 * window's beginning.
 *
 * @returns its address, or 0 if there is no memory.
 */
export function beginPackIndex(): usize {
  const count = objects + appended;
  const size = packIndex.packIndexSize(count);
  const index = allocate(<u32>(size + packIndex.packIndexScratch(count)));
  if (index != 0) packIndex.startPackIndex(count, index, index + size, WINDOW);
  return index;
}
/** @returns DONE or PAUSE. */
export function writePackIndex(budget: u32): i32 {
  startWork(budget);
  return unlessCollided(flushLanes() ? packIndex.writePackIndex() : PAUSE);
}
export function packIndexBytes(): usize {
  return packIndex.packIndexSize(objects + appended);
}
