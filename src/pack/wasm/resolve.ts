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
  applyDelta,
  deltaBaseSize,
  deltaInstructions,
  deltaResultSize,
  readDeltaHeader,
} from './delta';
import { entryBody, entrySize, entryType, readEntryHead } from './entry';
import { fail } from './failure';
import { allocate, isWithinLimit, release, retain } from './heap';
import { inflate, startInflating } from './inflate';
import { flushLanes, hashObject } from './lanes';
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
import { gatherWaiting, stillWaiting, takeWaitingFor } from './waiting';
import { advanceTo, packOffset, position, resetWindow, windowEnd } from './window';

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

const CHOOSE: u32 = 0;
const HEAD: u32 = 1;
const BODY: u32 = 2;
let place: u32 = CHOOSE;
let targetEnd: u64 = 0; // offset in the pack
let data: usize = 0;
let dataBlock: usize = 0;
let dataSize: u64 = 0;

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

/**
 * Begins the second pass.
 *
 * @param end where the last entry ends in the pack.
 * @returns DONE or a fault.
 */
export function startResolving(objects: u32, waiting: u32, end: u64): i32 {
  total = objects;
  packEnd = end;
  flushLanes();
  if (waiting > 0) {
    const result = gatherWaiting(objects, waiting);
    if (result != DONE) return result;
    for (let object: u32 = 0; object < objects && stillWaiting() > 0; object++) {
      if (flagsOf(object) & RESOLVED) takeWaitingFor(object);
    }
  }
  for (let object: u32 = 0; object < objects; object++) {
    if (flagsOf(object) & RESOLVED) continue;
    // What the first pass had and has no more has to be made again.
    let base = baseOf(object);
    while (
      base != NONE &&
      (flagsOf(base) & (RESOLVED | NEEDED)) == RESOLVED &&
      !isInRing(ringPlaceOf(base)) &&
      baseOf(base) != NONE
    ) {
      setFlags(base, flagsOf(base) | NEEDED);
      base = baseOf(base);
    }
  }
  arrangeChildren();
  return DONE;
}

function isToBeMade(object: u32): bool {
  const flags = flagsOf(object);
  return baseOf(object) != NONE && (!(flags & RESOLVED) || (flags & NEEDED) != 0);
}

/** Makes each object's list of children, in the order of the pack but for the heaviest: it is last. */
function arrangeChildren(): void {
  for (let object = total; object-- > 0;) {
    if (!isToBeMade(object)) continue;
    const base = baseOf(object);
    const weight = descendantsOf(object) + 1;
    setDescendants(base, descendantsOf(base) + weight);
    const heavy = heavyChildOf(base);
    if (heavy == NONE || weight > descendantsOf(heavy) + 1) setHeavyChild(base, object);
  }
  for (let object: u32 = 0; object < total; object++) {
    const heavy = heavyChildOf(object);
    setFirstChild(object, heavy);
    if (heavy != NONE) setNextSibling(heavy, NONE);
  }
  for (let object = total; object-- > 0;) {
    if (!isToBeMade(object)) continue;
    const base = baseOf(object);
    if (heavyChildOf(base) == object) continue;
    setNextSibling(object, firstChildOf(base));
    setFirstChild(base, object);
  }
}

function push(object: u32, content: usize, block: usize): void {
  store<u32>(top, object);
  store<u32>(top, <u32>content, 4);
  store<u32>(top, <u32>block, 8);
  store<u32>(top, firstChildOf(object), 12);
  top += 16;
}

/** Goes on from an object of the repository, whose content stands in a block that is taken over. */
export function resolveFrom(object: u32, block: usize): void {
  takeWaitingFor(object);
  push(object, block, block);
}

/** Chooses what to make next. @returns false if there is nothing. */
function choose(): bool {
  while (true) {
    while (top > stack) {
      const frame = top - 16;
      const child = load<u32>(frame, 12);
      if (child == NONE) {
        top = frame;
        const block = <usize>load<u32>(frame, 8);
        if (block != 0) release(block);
        continue;
      }
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
      return true;
    }
    if (!nextRoot()) return false;
    if (target != NONE) return true;
  }
}

/**
 * Looks for the next object with children whose content is known without any other: puts it on the
 * stack, or makes it the target if it has to be inflated first.
 */
function nextRoot(): bool {
  while (rootCursor < total) {
    const root = rootCursor++;
    if (firstChildOf(root) == NONE || !(flagsOf(root) & RESOLVED)) continue;
    const ringPlace = ringPlaceOf(root);
    target = NONE;
    if (isInRing(ringPlace)) {
      push(root, ringAddress(ringPlace), 0);
      return true;
    }
    if (baseOf(root) == NONE) {
      target = root;
      parent = NONE;
      parentBlock = 0;
      return true;
    }
  }
  return false;
}

/**
 * Goes on.
 *
 * @param budget bytes to inflate or to make of deltas, about, before others get a turn.
 * @returns DONE if there is nothing more to be made, READ, PAUSE or a fault.
 */
export function resolve(budget: u32): i32 {
  let work: u64 = 0;
  while (true) {
    if (place == CHOOSE) {
      if (work > budget) return PAUSE;
      if (!choose()) return DONE;
      resetWindow(offsetOf(target));
      targetEnd = target + 1 < total ? offsetOf(target + 1) : packEnd;
      place = HEAD;
      return READ;
    }
    let result = place == HEAD ? startTarget() : DONE;
    if (result == DONE) result = inflate();
    if (result == MORE) {
      if (packOffset() + (windowEnd() - position()) < targetEnd) return READ;
      result = CHANGED;
    }
    if (result == DONE) {
      work += dataSize + 512;
      result = finishTarget();
      if (target != NONE) work += sizeOf(target);
    }
    if (result != DONE) return fail(result, target, offsetOf(target));
    place = CHOOSE;
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

function finishTarget(): i32 {
  let content = data;
  if (parent != NONE) {
    const end = data + <usize>dataSize;
    let result = readDeltaHeader(data, end);
    if (result != DONE) return result;
    const isNew = !(flagsOf(target) & RESOLVED);
    const size = deltaResultSize();
    const depth = depthOf(parent) + 1;
    if (deltaBaseSize() != <u64>sizeOf(parent)) return BAD_DELTA_BASE_SIZE;
    if (isNew) {
      result = allowResult(size, depth);
      if (result != DONE) return result;
    } else if (size != <u64>sizeOf(target)) {
      return CHANGED;
    }
    if (!isWithinLimit(size)) return OVER_RESOLVING_BYTES;
    content = allocate(<u32>size);
    if (content == 0) return OUT_OF_MEMORY;
    result = applyDelta(
      deltaInstructions(),
      end,
      parentContent,
      sizeOf(parent),
      content,
      <u32>size,
    );
    if (result != DONE) return result;
    if (dataBlock != 0) release(dataBlock);
    if (parentBlock != 0) release(parentBlock);
    if (isNew) becomeResolved(content, <u32>size, depth);
  }
  if (firstChildOf(target) != NONE) push(target, content, content);
  else release(content);
  return DONE;
}

function becomeResolved(content: usize, size: u32, depth: u32): void {
  const type = typeOf(parent);
  setType(target, type);
  setDepth(target, depth);
  setSize(target, size);
  setFlags(target, flagsOf(target) | RESOLVED);
  resolvedNow++;
  retain(content);
  hashObject(target, type, content, size, content, 0);
  if (stillWaiting() > 0) {
    flushLanes();
    takeWaitingFor(target);
  }
}
