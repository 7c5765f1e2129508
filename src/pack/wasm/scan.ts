/**
 * The first pass: takes the pack apart while it comes. Each entry is inflated once; what is no delta
 * is hashed, and deltas are applied whose base is still in the ring. The others are left to the
 * second pass (resolve.ts).
 */
import { allowEntry, allowResult } from './bounds';
import { updateCrc } from './crc';
import {
  applyDelta,
  deltaBaseSize,
  deltaInstructions,
  deltaResultSize,
  readDeltaHeader,
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
import { flushBefore, hashObject, writeHeader } from './lanes';
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

const PACK_HEADER_SIZE: usize = 12;

let total: u32 = 0;
let object: u32 = 0; // the one that is being read
let isInEntry: bool = false;
let isInPack: bool = false;

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
  updateHash(PACK_HASH, hashFrom, position());
  crcFrom = WINDOW;
  hashFrom = WINDOW;
  return makeRoom();
}

/** Writes the hash of all that was scanned. */
export function finishPackHash(to: usize): void {
  updateHash(PACK_HASH, hashFrom, position());
  hashFrom = position();
  finishHash(PACK_HASH, to);
}

/**
 * Goes on with what is in the window.
 *
 * @param budget bytes to inflate or to make of deltas, about, before others get a turn.
 * @returns DONE (what comes now is the pack's checksum), MORE, PAUSE or a fault.
 */
export function scan(budget: u32): i32 {
  let work: u64 = 0;
  if (!isInPack) {
    if (windowEnd() - position() < PACK_HEADER_SIZE) return MORE;
    advanceTo(position() + PACK_HEADER_SIZE);
    isInPack = true;
  }
  while (true) {
    if (!isInEntry) {
      if (object == total) return DONE;
      const result = startEntry();
      if (result != DONE) return result == MORE ? MORE : fail(result, object, packOffset());
    }
    let result = inflate();
    if (result == FULL) {
      work += inflatedTo() - (STREAM + STREAM_HISTORY);
      result = takeStream();
      if (result == DONE) {
        if (work > budget) return PAUSE;
        continue;
      }
    }
    if (result == MORE) return MORE;
    if (result == DONE) result = finishEntry();
    if (result != DONE) return fail(result, object, packOffset());
    object++;
    isInEntry = false;
    work += size + 512;
    if (work > budget) return PAUSE;
  }
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
  startBody();
  return DONE;
}

function startBody(): void {
  const isDelta = kind >= OFS_DELTA;
  isStreamed = isDelta ? size > DELTA_SIZE : !fitsRing(size);
  place = 0;
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
      updateHash(OBJECT_HASH, writeHeader(end, kind, <u32>size), end);
    }
  } else if (isDelta) {
    startInflating(DELTA, DELTA + <usize>size, false);
  } else {
    place = nextPlace(size);
    flushBefore(headAfter(place, size));
    takePlace(place, size);
    const to = ringAddress(place);
    startInflating(to, to + <usize>size, false);
  }
}

/** Takes what was streamed out of the way. @returns DONE or a fault. */
function takeStream(): i32 {
  const begin = STREAM + STREAM_HISTORY;
  const end = inflatedTo();
  sumInflated();
  if (kind < OFS_DELTA) updateHash(OBJECT_HASH, begin, end);
  streamed += end - begin;
  if (streamed > size) return TOO_LONG;
  memory.copy(STREAM, end - STREAM_HISTORY, STREAM_HISTORY);
  const left = size - streamed;
  const room: u64 = STREAM_END - begin;
  continueInflating(STREAM, begin, begin + <usize>min(left, room), left > room);
  return DONE;
}

function finishEntry(): i32 {
  setCrc(object, updateCrc(crc, crcFrom, position()));
  if (isStreamed) {
    const begin = STREAM + STREAM_HISTORY;
    if (streamed + (inflatedTo() - begin) != size) return TOO_SHORT;
    if (kind < OFS_DELTA) {
      updateHash(OBJECT_HASH, begin, inflatedTo());
      finishHash(OBJECT_HASH, oidOf(object));
    }
  }
  if (kind < OFS_DELTA) {
    setSize(object, <u32>size);
    setRingPlace(object, place);
    setFlags(object, RESOLVED);
    if (!isStreamed) hashObject(object, kind, ringAddress(place), <u32>size, 0, place);
    return DONE;
  }
  if (kind == OFS_DELTA && !isStreamed && flagsOf(base) & RESOLVED) {
    const basePlace = ringPlaceOf(base);
    const result = readDeltaHeader(DELTA, DELTA + <usize>size);
    if (result != DONE) return result;
    const resultSize = deltaResultSize();
    if (fitsRing(resultSize)) {
      const next = nextPlace(resultSize);
      if (survives(basePlace, headAfter(next, resultSize))) return applyAt(basePlace, next);
    }
  }
  pending++;
  return DONE;
}

/** Applies the delta that was read to a base in the ring. */
function applyAt(basePlace: u64, next: u64): i32 {
  const resultSize = <u32>deltaResultSize();
  const depth = depthOf(base) + 1;
  if (deltaBaseSize() != <u64>sizeOf(base)) return BAD_DELTA_BASE_SIZE;
  let result = allowResult(resultSize, depth);
  if (result != DONE) return result;
  flushBefore(headAfter(next, resultSize));
  takePlace(next, resultSize);
  const content = ringAddress(next);
  result = applyDelta(
    deltaInstructions(),
    DELTA + <usize>size,
    ringAddress(basePlace),
    sizeOf(base),
    content,
    resultSize,
  );
  if (result != DONE) return result;
  const type = typeOf(base);
  setType(object, type);
  setDepth(object, depth);
  setSize(object, resultSize);
  setRingPlace(object, next);
  setFlags(object, RESOLVED);
  hashObject(object, type, content, resultSize, 0, next);
  size += resultSize;
  return DONE;
}
