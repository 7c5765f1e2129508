/**
 * The first pass: takes the pack apart while it comes. Each entry is inflated once; what is no delta
 * is hashed, and deltas are applied whose base is still in the ring. The others are left to the
 * second pass (resolve.ts).
 */
import { allowEntry, allowResult } from './bounds';
import { reportCollision } from './collisions';
import { updateCrc } from './crc';
import {
  deltaBaseSize,
  deltaResultSize,
  goOnApplying,
  readDeltaHeader,
  startApplying,
} from './delta';
import {
  entryBaseOid,
  entryBody,
  entryDistance,
  entrySize,
  entryType,
  readEntryHead,
} from './entry';
import { fail } from './failure';
import { continueInflating, inflate, inflatedTo, startInflating, sumInflated } from './inflate';
import { flushBefore, freeLane, hashObject, writeHeader } from './lanes';
import {
  BAD_BASE_OFFSET,
  BAD_DELTA_BASE_SIZE,
  DELTA,
  DELTA_SIZE,
  DONE,
  FULL,
  HEADER_TEXT,
  MORE,
  NONE,
  OBJECT_HASH,
  PACK_HASH,
  PAUSE,
  STREAM,
  STREAM_END,
  STREAM_HISTORY,
  TOO_LONG,
  TOO_SHORT,
  WINDOW,
} from './layout';
import {
  addRecord,
  depthOf,
  findOffset,
  flagsOf,
  oidOf,
  OFS_DELTA,
  REF_DELTA,
  RESOLVED,
  ringPlaceOf,
  setBase,
  setCrc,
  setDepth,
  setFlags,
  setRingPlace,
  setSize,
  setType,
  sizeOf,
  typeOf,
  WAITING,
} from './objects';
import { fitsRing, headAfter, nextPlace, ringAddress, survives, takePlace } from './ring';
import { finishHash, startHash, updateHash } from './sha1';
import { advanceTo, makeRoom, packOffset, position, windowEnd } from './window';
import { isSpent, spend } from './work';

const PACK_HEADER_SIZE: usize = 12;

let total: u32 = 0;
let object: u32 = 0; // the one that is being read
let isInEntry: bool = false;

// What comes next.
const HEADER: u32 = 0; // of the pack
const ENTRY: u32 = 1;
const ROOM: u32 = 2; // in the ring, for an object
const BODY: u32 = 3;
const RESULT_ROOM: u32 = 4; // in the ring, for what a delta makes
const RESULT: u32 = 5;
let step: u32 = HEADER;

/** What an entry costs beside its bytes. */
const ENTRY_WORK: u64 = 512;

let kind: u32 = 0;
let size: u64 = 0;
let base: u32 = NONE;
let place: u64 = 0; // in the ring, if it goes there
let isStreamed: bool = false; // kept nowhere
let streamed: u64 = 0;

let crc: u32 = 0;
let crcFrom: usize = WINDOW;
let hashFrom: usize = WINDOW;

let deltas: u32 = 0;
let waiting: u32 = 0;
let pending: u32 = 0;

/** To be called once, with the number of objects that the pack's header promises. */
export function prepareScan(objects: u32): void {
  total = objects;
  startHash(PACK_HASH);
}

export function scannedObjects(): u32 {
  return object;
}
/** @returns the number of deltas in the pack. */
export function deltaCount(): u32 {
  return deltas;
}
/** @returns how many of them the second pass has to resolve. */
export function pendingCount(): u32 {
  return pending;
}
/** @returns how many of those name their base by its oid. */
export function waitingCount(): u32 {
  return waiting;
}

/** @returns where to write the next bytes of the pack. */
export function makeScanRoom(): usize {
  if (isInEntry) crc = updateCrc(crc, crcFrom, position());
  updateHash(PACK_HASH, hashFrom, position(), false);
  crcFrom = WINDOW;
  hashFrom = WINDOW;
  return makeRoom();
}

/** Writes the hash of all that was scanned. */
export function finishPackHash(to: usize): void {
  updateHash(PACK_HASH, hashFrom, position(), false);
  hashFrom = position();
  finishHash(PACK_HASH, to, false);
}

/**
 * Goes on with what is in the window.
 *
 * @returns DONE (what comes now is the pack's checksum), MORE, PAUSE or a fault.
 */
export function scan(): i32 {
  while (true) {
    if (isSpent()) return PAUSE;
    let result = DONE;
    switch (step) {
      case HEADER:
        if (windowEnd() - position() < PACK_HEADER_SIZE) return MORE;
        advanceTo(position() + PACK_HEADER_SIZE);
        step = ENTRY;
        break;
      case ENTRY:
        if (object == total) return DONE;
        result = startEntry();
        break;
      case ROOM:
        if (!makeRoomFor(<u32>size)) return PAUSE;
        startBody();
        break;
      case BODY:
        result = readBody();
        break;
      case RESULT_ROOM:
        if (!makeRoomFor(<u32>deltaResultSize())) return PAUSE;
        result = startResult();
        break;
      default:
        result = goOnApplying();
        if (result == DONE) finishResult();
    }
    if (result == DONE) continue;
    if (result == MORE || result == PAUSE) return result;
    return fail(result, object, packOffset());
  }
}

/** Hashes what is in the way of an object of this size. @returns whether that is done. */
function makeRoomFor(bytes: u32): bool {
  return freeLane() && flushBefore(headAfter(nextPlace(bytes), bytes));
}

function nextEntry(): void {
  object++;
  isInEntry = false;
  step = ENTRY;
  spend(ENTRY_WORK);
}

function startEntry(): i32 {
  const start = position();
  const offset = packOffset();
  let result = readEntryHead(start, windowEnd());
  if (result != DONE) return result;
  kind = entryType();
  size = entrySize();
  base = NONE;
  result = allowEntry(size);
  if (result != DONE) return result;
  addRecord(object, <u32>offset);
  if (kind == OFS_DELTA) {
    const distance = entryDistance();
    base = distance == 0 || distance > offset ? NONE : findOffset(<u32>(offset - distance), object);
    if (base == NONE) return BAD_BASE_OFFSET;
    setBase(object, base);
    deltas++;
  } else if (kind == REF_DELTA) {
    memory.copy(oidOf(object), entryBaseOid(), 20);
    setFlags(object, WAITING);
    deltas++;
    waiting++;
  } else {
    result = allowResult(size, 0);
    if (result != DONE) return result;
  }
  setType(object, kind);
  crc = 0;
  crcFrom = start;
  isInEntry = true;
  advanceTo(entryBody());
  const isDelta = kind >= OFS_DELTA;
  isStreamed = isDelta ? size > DELTA_SIZE : !fitsRing(size);
  place = 0;
  if (isStreamed || isDelta) startBody();
  else step = ROOM;
  return DONE;
}

function startBody(): void {
  step = BODY;
  const isDelta = kind >= OFS_DELTA;
  if (isStreamed) {
    streamed = 0;
    const room: u64 = STREAM_END - (STREAM + STREAM_HISTORY);
    startInflating(
      STREAM + STREAM_HISTORY,
      STREAM + STREAM_HISTORY + <usize>min(size, room),
      size > room,
    );
    if (!isDelta) {
      const end = HEADER_TEXT + 64;
      startHash(OBJECT_HASH);
      updateHash(OBJECT_HASH, writeHeader(end, kind, <u32>size), end, true);
    }
  } else if (isDelta) {
    startInflating(DELTA, DELTA + <usize>size, false);
  } else {
    place = nextPlace(size);
    takePlace(place, size);
    const to = ringAddress(place);
    startInflating(to, to + <usize>size, false);
  }
}

function readBody(): i32 {
  const result = inflate();
  if (result == FULL) return takeStream();
  return result == DONE ? finishBody() : result;
}

/** Takes what was streamed out of the way. @returns DONE or a fault. */
function takeStream(): i32 {
  const begin = STREAM + STREAM_HISTORY;
  const end = inflatedTo();
  sumInflated();
  if (kind < OFS_DELTA) updateStreamed(begin, end);
  streamed += end - begin;
  if (streamed > size) return TOO_LONG;
  memory.copy(STREAM, end - STREAM_HISTORY, STREAM_HISTORY);
  const left = size - streamed;
  const room: u64 = STREAM_END - begin;
  continueInflating(STREAM, begin, begin + <usize>min(left, room), left > room);
  return DONE;
}

function updateStreamed(from: usize, end: usize): void {
  if (updateHash(OBJECT_HASH, from, end, true)) reportCollision(object);
  spend(end - from);
}

function finishBody(): i32 {
  setCrc(object, updateCrc(crc, crcFrom, position()));
  if (isStreamed) {
    const begin = STREAM + STREAM_HISTORY;
    if (streamed + (inflatedTo() - begin) != size) return TOO_SHORT;
    if (kind < OFS_DELTA) {
      updateStreamed(begin, inflatedTo());
      if (finishHash(OBJECT_HASH, oidOf(object), true)) reportCollision(object);
    }
  }
  if (kind < OFS_DELTA) {
    setSize(object, <u32>size);
    setRingPlace(object, place);
    setFlags(object, RESOLVED);
    if (!isStreamed) hashObject(object, kind, ringAddress(place), <u32>size, 0, place);
    nextEntry();
    return DONE;
  }
  if (kind == OFS_DELTA && !isStreamed && flagsOf(base) & RESOLVED) {
    const result = readDeltaHeader(DELTA, DELTA + <usize>size);
    if (result != DONE) return result;
    const resultSize = deltaResultSize();
    if (fitsRing(resultSize)) {
      if (survives(ringPlaceOf(base), headAfter(nextPlace(resultSize), resultSize))) {
        step = RESULT_ROOM;
        return DONE;
      }
    }
  }
  pending++;
  nextEntry();
  return DONE;
}

/** Begins to apply the delta that was read to a base in the ring. */
function startResult(): i32 {
  const resultSize = <u32>deltaResultSize();
  if (deltaBaseSize() != <u64>sizeOf(base)) return BAD_DELTA_BASE_SIZE;
  const result = allowResult(resultSize, depthOf(base) + 1);
  if (result != DONE) return result;
  place = nextPlace(resultSize);
  takePlace(place, resultSize);
  startApplying(
    DELTA + <usize>size,
    ringAddress(ringPlaceOf(base)),
    sizeOf(base),
    ringAddress(place),
  );
  step = RESULT;
  return DONE;
}

function finishResult(): void {
  const resultSize = <u32>deltaResultSize();
  const type = typeOf(base);
  setType(object, type);
  setDepth(object, depthOf(base) + 1);
  setSize(object, resultSize);
  setRingPlace(object, place);
  setFlags(object, RESOLVED);
  hashObject(object, type, ringAddress(place), resultSize, 0, place);
  nextEntry();
}
