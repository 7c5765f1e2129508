/**
 * The deltas that name their base by its oid and whose base is not known yet, sorted by that oid.
 */
import { NONE, OVER_RESOLVING_BYTES, OUT_OF_MEMORY, DONE, PAUSE, UNDECIDED } from './layout';
import { allocate, isWithinLimit, release } from './heap';
import {
  firstChildOf,
  flagsOf,
  oidOf,
  setBase,
  setFirstChild,
  setFlags,
  setNextSibling,
  WAITING,
} from './objects';
import { BUCKETS, compareOids, LOOK, sortBucket, sortByBeginning } from './sort';
import { sortingBytes, startSorting } from './sort';
import { isSpent, spend } from './work';

/** Of each, 24 bytes: the oid of its base, and the object. Kept apart, as the place of the base's oid
 * in the table is taken by its own once it is resolved. */
let list: usize = 0;
let count: u32 = 0;
/** How many of them still wait. */
let left: u32 = 0;
/** How far {@link nextMissing} is. */
let asked: u32 = 0;

// While they are gathered.
const COLLECTING: u32 = 0;
const SORTING: u32 = 1;
let place: u32 = COLLECTING;
let sorted: usize = 0; // u32[count]
let unsorted: usize = 0;
let cursor: u32 = 0;
let bucket: u32 = 0;

/** How far {@link takeWaitingFor} is with an object that many wait for; NONE if it is with none. */
let taking: u32 = NONE;

function keyAt(index: u32): usize {
  return list + <usize>index * 24;
}
function objectAt(index: u32): u32 {
  return load<u32>(keyAt(index), 20);
}

/** @returns how many still wait. */
export function stillWaiting(): u32 {
  return left;
}

/** Begins to gather those that wait. @param waiting how many they are. @returns DONE or a fault. */
export function startGathering(waiting: u32): i32 {
  const listBytes = <u64>waiting * 24;
  const sortedBytes = (<u64>waiting) << 2;
  const scratchBytes = sortedBytes + sortingBytes(waiting);
  if (!isWithinLimit(scratchBytes + listBytes)) return OVER_RESOLVING_BYTES;
  list = allocate(<u32>listBytes);
  sorted = allocate(<u32>scratchBytes);
  if (list == 0 || sorted == 0) return OUT_OF_MEMORY;
  unsorted = startSorting(sorted, waiting, sorted + <usize>sortedBytes);
  return DONE;
}

/** Gathers them among the first `objects`. @returns DONE or PAUSE. */
export function gatherWaiting(objects: u32): i32 {
  if (place == COLLECTING) {
    for (; cursor < objects; cursor++) {
      if (isSpent()) return PAUSE;
      spend(LOOK);
      if (!(flagsOf(cursor) & WAITING)) continue;
      store<u32>(unsorted + ((<usize>count) << 2), cursor);
      count++;
    }
    place = SORTING;
    cursor = 0;
  }
  if (!sortByBeginning()) return PAUSE;
  for (; bucket < BUCKETS; bucket++) {
    if (isSpent()) return PAUSE;
    const end = sortBucket(bucket, cursor);
    if (end == NONE) return PAUSE;
    cursor = end;
  }
  for (; left < count; left++) {
    if (isSpent()) return PAUSE;
    const object = load<u32>(sorted + ((<usize>left) << 2));
    memory.copy(keyAt(left), oidOf(object), 20);
    store<u32>(keyAt(left), object, 20);
    spend(LOOK);
  }
  release(sorted);
  return DONE;
}

/**
 * Makes all that wait for the oid of an object its children.
 *
 * @returns whether that is done; else it has to be called again, for the same object.
 */
export function takeWaitingFor(object: u32): bool {
  if (left == 0) return true;
  const oid = oidOf(object);
  if (taking == NONE) {
    taking = 0;
    let high = count;
    while (taking < high) {
      const middle = (taking + high) >>> 1;
      if (compareOids(keyAt(middle), oid) < 0) taking = middle + 1;
      else high = middle;
    }
  }
  for (; taking < count && compareOids(keyAt(taking), oid) == 0; taking++) {
    if (isSpent()) return false;
    const child = objectAt(taking);
    // An object that is in the pack more than once: its first copy has taken all of them.
    if (!(flagsOf(child) & WAITING)) break;
    setFlags(child, flagsOf(child) & ~WAITING);
    setBase(child, object);
    setNextSibling(child, firstChildOf(object));
    setFirstChild(object, child);
    left--;
    spend(LOOK);
  }
  taking = NONE;
  return true;
}

/**
 * @returns the first delta that waits for the next oid that is missing; NONE after the last;
 * UNDECIDED if there has to be a break before.
 */
export function nextMissing(): u32 {
  for (; asked < count; asked++) {
    if (isSpent()) return UNDECIDED;
    spend(LOOK);
    const isFirst = asked == 0 || compareOids(keyAt(asked), keyAt(asked - 1)) != 0;
    if (isFirst && flagsOf(objectAt(asked)) & WAITING) return objectAt(asked++);
  }
  return NONE;
}
