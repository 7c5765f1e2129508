/**
 * The second pass, when the whole pack has come: resolves the deltas that the first pass left. Depth
 * first, from objects whose content is known, reading the compressed bytes once more; each object
 * is made once.
 *
 * An object that others are made from is in memory until its last child has been begun. The child
 * with the most descendants is the last one, so that of any pack with n deltas at most about
 * log2(n) objects are held at once, however the pack's author arranged them. (Children that name
 * their base by its oid are found too late for that. For them there is a limit in bytes.)
 */
import { allowResult } from './bounds';
import {
  deltaBaseSize,
  deltaResultSize,
  goOnApplying,
  readDeltaHeader,
  startApplying,
} from './delta';
import { entryBody, entrySize, entryType, readEntryHead } from './entry';
import { fail } from './failure';
import { allocate, isWithinLimit, release, retain } from './heap';
import { inflate, startInflating } from './inflate';
import { flushLanes, freeLane, hashObject } from './lanes';
import {
  BAD_DELTA_BASE_SIZE,
  CHANGED,
  DELTA,
  DELTA_SIZE,
  DONE,
  MORE,
  NONE,
  OUT_OF_MEMORY,
  OVER_RESOLVING_BYTES,
  PAUSE,
  READ,
} from './layout';
import {
  baseOf,
  depthOf,
  descendantsOf,
  firstChildOf,
  flagsOf,
  heavyChildOf,
  NEEDED,
  nextSiblingOf,
  OFS_DELTA,
  offsetOf,
  RESOLVED,
  ringPlaceOf,
  setDepth,
  setDescendants,
  setFirstChild,
  setFlags,
  setHeavyChild,
  setNextSibling,
  setSize,
  setType,
  sizeOf,
  typeOf,
} from './objects';
import { isInRing, ringAddress } from './ring';
import { LOOK } from './sort';
import { gatherWaiting, startGathering, stillWaiting, takeWaitingFor } from './waiting';
import { advanceTo, packOffset, position, resetWindow, windowEnd } from './window';
import { isSpent, spend } from './work';

let total: u32 = 0;
let packEnd: u64 = 0;
let rootCursor: u32 = 0;
let resolvedNow: u32 = 0;

// The stack: of each object whose children are being made, 16 bytes: object, content, the same
// address if it is a block to release, next child. No deeper than chains of deltas may be.
let stack: usize = 0;
let top: usize = 0;

// What is being made: the object, and what it is made from.
let target: u32 = NONE;
let parent: u32 = NONE;
let parentContent: usize = 0;
let parentBlock: usize = 0; // to be released afterwards

// What comes next.
const ARRANGE: u32 = 0;
const CHOOSE: u32 = 1;
const HEAD: u32 = 2;
const BODY: u32 = 3;
const RESULT: u32 = 4;
const LANE: u32 = 5;
const CHILDREN: u32 = 6;
let place: u32 = ARRANGE;
let targetEnd: u64 = 0; // offset in the pack
let data: usize = 0;
let dataBlock: usize = 0;
let dataSize: u64 = 0;
let content: usize = 0;

/** What an entry costs beside its bytes. */
const ENTRY_WORK: u64 = 512;

/** Says where the stack lies. */
export function placeStack(at: usize): void {
  stack = at;
  top = at;
}

/** @returns the number of deltas that the second pass has resolved so far. */
export function resolvedCount(): u32 {
  return resolvedNow;
}

/** @returns the offset in the pack of the bytes that are wanted, after READ. */
export function wantedOffset(): f64 {
  return <f64>(packOffset() + (windowEnd() - position()));
}
/** @returns how many, at most; they may come in pieces. */
export function wantedBytes(): f64 {
  return <f64>(targetEnd - packOffset() - (windowEnd() - position()));
}

// How far the arranging is, and with which object.
const FLUSHING: u32 = 0;
const GATHERING: u32 = 1;
const TAKING: u32 = 2;
const MARKING: u32 = 3;
const WEIGHING: u32 = 4;
const BEGINNING: u32 = 5;
const LISTING: u32 = 6;
let arranging: u32 = FLUSHING;
/** Whether there are deltas that name their base by its oid. */
let isGathering: bool = false;
let cursor: u32 = 0;

/**
 * Begins the second pass.
 *
 * @param waiting how many deltas name their base by its oid.
 * @param end where the last entry ends in the pack.
 * @returns DONE or a fault.
 */
export function startResolving(objects: u32, waiting: u32, end: u64): i32 {
  total = objects;
  packEnd = end;
  isGathering = waiting > 0;
  return isGathering ? startGathering(waiting) : DONE;
}

/** Finds out what is to be made from what. @returns DONE or PAUSE. */
function arrange(): i32 {
  if (arranging == FLUSHING) {
    // All oids have to be known.
    if (!flushLanes()) return PAUSE;
    arranging = isGathering ? GATHERING : MARKING;
  }
  if (arranging == GATHERING) {
    if (gatherWaiting(total) != DONE) return PAUSE;
    arranging = TAKING;
  }
  if (arranging == TAKING) {
    for (; cursor < total && stillWaiting() > 0; cursor++) {
      if (isSpent()) return PAUSE;
      spend(LOOK);
      if (flagsOf(cursor) & RESOLVED && !takeWaitingFor(cursor)) return PAUSE;
    }
    arranging = MARKING;
    cursor = 0;
  }
  if (arranging == MARKING) {
    for (; cursor < total; cursor++) {
      if (isSpent()) return PAUSE;
      spend(LOOK);
      if (!(flagsOf(cursor) & RESOLVED)) markBases(cursor);
    }
    arranging = WEIGHING;
    cursor = total;
  }
  return arrangeChildren();
}

/** What the first pass had and has no more has to be made again. */
function markBases(object: u32): void {
  let base = baseOf(object);
  while (
    base != NONE &&
    (flagsOf(base) & (RESOLVED | NEEDED)) == RESOLVED &&
    !isInRing(ringPlaceOf(base)) &&
    baseOf(base) != NONE
  ) {
    setFlags(base, flagsOf(base) | NEEDED);
    base = baseOf(base);
    spend(LOOK);
  }
}

function isToBeMade(object: u32): bool {
  const flags = flagsOf(object);
  return baseOf(object) != NONE && (!(flags & RESOLVED) || (flags & NEEDED) != 0);
}

/**
 * Makes each object's list of children, in the order of the pack but for the heaviest: it is last.
 *
 * @returns DONE or PAUSE.
 */
function arrangeChildren(): i32 {
  if (arranging == WEIGHING) {
    for (; cursor > 0; cursor--) {
      if (isSpent()) return PAUSE;
      weigh(cursor - 1);
    }
    arranging = BEGINNING;
  }
  if (arranging == BEGINNING) {
    for (; cursor < total; cursor++) {
      if (isSpent()) return PAUSE;
      spend(LOOK);
      const heavy = heavyChildOf(cursor);
      setFirstChild(cursor, heavy);
      if (heavy != NONE) setNextSibling(heavy, NONE);
    }
    arranging = LISTING;
  }
  for (; cursor > 0; cursor--) {
    if (isSpent()) return PAUSE;
    addToBase(cursor - 1);
  }
  return DONE;
}

function weigh(object: u32): void {
  spend(LOOK);
  if (!isToBeMade(object)) return;
  const base = baseOf(object);
  const weight = descendantsOf(object) + 1;
  setDescendants(base, descendantsOf(base) + weight);
  const heavy = heavyChildOf(base);
  if (heavy == NONE || weight > descendantsOf(heavy) + 1) setHeavyChild(base, object);
}

function addToBase(object: u32): void {
  spend(LOOK);
  if (!isToBeMade(object)) return;
  const base = baseOf(object);
  if (heavyChildOf(base) == object) return;
  setNextSibling(object, firstChildOf(base));
  setFirstChild(base, object);
}

function push(object: u32, content: usize, block: usize): void {
  store<u32>(top, object);
  store<u32>(top, <u32>content, 4);
  store<u32>(top, <u32>block, 8);
  store<u32>(top, firstChildOf(object), 12);
  top += 16;
}

/**
 * Goes on from an object of the repository, whose content stands in a block that is taken over.
 *
 * @returns whether that is done; else it has to be called again.
 */
export function resolveFrom(object: u32, block: usize): bool {
  if (!takeWaitingFor(object)) return false;
  push(object, block, block);
  return true;
}

/** Chooses what to make next. @returns DONE if there is nothing, READ or PAUSE. */
function choose(): i32 {
  let result: i32 = MORE;
  while (result == MORE) {
    while (top > stack) {
      const frame = top - 16;
      const child = load<u32>(frame, 12);
      if (child != NONE) return startChild(frame, child);
      top = frame;
      const block = <usize>load<u32>(frame, 8);
      if (block != 0) release(block);
    }
    result = nextRoot();
  }
  return result;
}

function startChild(frame: usize, child: u32): i32 {
  const following = nextSiblingOf(child);
  store<u32>(frame, following, 12);
  parent = load<u32>(frame);
  parentContent = load<u32>(frame, 4);
  parentBlock = 0;
  if (following == NONE) {
    parentBlock = load<u32>(frame, 8);
    top = frame;
  }
  target = child;
  return startReading();
}

function startReading(): i32 {
  resetWindow(offsetOf(target));
  targetEnd = target + 1 < total ? offsetOf(target + 1) : packEnd;
  place = HEAD;
  return READ;
}

/**
 * Looks for the next object with children whose content is known without any other: puts it on the
 * stack, or makes it the target if it has to be inflated first.
 *
 * @returns MORE if it is on the stack, DONE if there is none, READ or PAUSE.
 */
function nextRoot(): i32 {
  while (rootCursor < total) {
    if (isSpent()) return PAUSE;
    spend(LOOK);
    const root = rootCursor++;
    if (firstChildOf(root) == NONE || !(flagsOf(root) & RESOLVED)) continue;
    const ringPlace = ringPlaceOf(root);
    if (isInRing(ringPlace)) {
      push(root, ringAddress(ringPlace), 0);
      return MORE;
    }
    if (baseOf(root) == NONE) {
      target = root;
      parent = NONE;
      parentBlock = 0;
      return startReading();
    }
  }
  return DONE;
}

/** Goes on. @returns DONE if there is nothing more to be made, READ, PAUSE or a fault. */
export function resolve(): i32 {
  while (true) {
    if (isSpent()) return PAUSE;
    let result = DONE;
    switch (place) {
      case ARRANGE:
        result = arrange();
        if (result != DONE) return result;
        place = CHOOSE;
        break;
      case CHOOSE:
        return choose();
      case HEAD:
        result = startTarget();
        break;
      case BODY:
        result = inflate();
        if (result == DONE) result = finishData();
        break;
      case RESULT:
        result = goOnApplying();
        if (result == DONE) finishResult();
        break;
      case LANE:
        if (!freeLane()) return PAUSE;
        becomeResolved();
        break;
      default:
        // Whoever waits for its oid has to be found.
        if (stillWaiting() > 0 && !(flushLanes() && takeWaitingFor(target))) return PAUSE;
        finishTarget();
    }
    if (result == DONE) continue;
    if (result == PAUSE) return PAUSE;
    if (result == MORE) {
      if (packOffset() + (windowEnd() - position()) < targetEnd) return READ;
      result = CHANGED;
    }
    return fail(result, target, offsetOf(target));
  }
}

function startTarget(): i32 {
  const result = readEntryHead(position(), windowEnd());
  if (result != DONE) return result;
  dataSize = entrySize();
  // What was read back is not what came: the sizes that were checked would no longer hold.
  const isDelta = entryType() >= OFS_DELTA;
  if (isDelta != (parent != NONE)) return CHANGED;
  if (!isDelta && dataSize != sizeOf(target)) return CHANGED;
  advanceTo(entryBody());
  data = DELTA;
  dataBlock = 0;
  if (!isDelta || dataSize > DELTA_SIZE) {
    if (!isWithinLimit(dataSize)) return OVER_RESOLVING_BYTES;
    data = allocate(<u32>dataSize);
    if (data == 0) return OUT_OF_MEMORY;
    dataBlock = data;
  }
  startInflating(data, data + <usize>dataSize, false);
  place = BODY;
  return DONE;
}

/** The entry is inflated: an object that others are made from, or a delta to be applied. */
function finishData(): i32 {
  spend(ENTRY_WORK);
  if (parent == NONE) {
    content = data;
    finishTarget();
    return DONE;
  }
  const end = data + <usize>dataSize;
  let result = readDeltaHeader(data, end);
  if (result != DONE) return result;
  const size = deltaResultSize();
  if (deltaBaseSize() != <u64>sizeOf(parent)) return BAD_DELTA_BASE_SIZE;
  if (!(flagsOf(target) & RESOLVED)) {
    result = allowResult(size, depthOf(parent) + 1);
    if (result != DONE) return result;
  } else if (size != <u64>sizeOf(target)) {
    return CHANGED;
  }
  if (!isWithinLimit(size)) return OVER_RESOLVING_BYTES;
  content = allocate(<u32>size);
  if (content == 0) return OUT_OF_MEMORY;
  startApplying(end, parentContent, sizeOf(parent), content);
  place = RESULT;
  return DONE;
}

function finishResult(): void {
  if (dataBlock != 0) release(dataBlock);
  if (parentBlock != 0) release(parentBlock);
  if (flagsOf(target) & RESOLVED) finishTarget();
  else place = LANE;
}

function becomeResolved(): void {
  const type = typeOf(parent);
  const size = <u32>deltaResultSize();
  setType(target, type);
  setDepth(target, depthOf(parent) + 1);
  setSize(target, size);
  setFlags(target, flagsOf(target) | RESOLVED);
  resolvedNow++;
  retain(content);
  hashObject(target, type, content, size, content, 0);
  place = CHILDREN;
}

/** Its content is known: goes on with those that are made from it. */
function finishTarget(): void {
  if (firstChildOf(target) != NONE) push(target, content, content);
  else release(content);
  place = CHOOSE;
}
