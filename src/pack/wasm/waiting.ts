/**
 * The deltas that name their base by its oid and whose base is not known yet, sorted by that oid.
 */
import { NONE, OVER_RESOLVING_BYTES, OUT_OF_MEMORY, DONE } from './layout';
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
import { compareOids, sortByOid, sortingBytes } from './sort';

/** Of each, 24 bytes: the oid of its base, and the object. Kept apart, as the place of the base's oid
 * in the table is taken by its own once it is resolved. */
let list: usize = 0;
let count: u32 = 0;
/** How many of them still wait. */
let left: u32 = 0;
/** How far {@link nextMissing} is. */
let asked: u32 = 0;

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

/** Gathers them among the first `objects`. @returns DONE or a fault. */
export function gatherWaiting(objects: u32, expected: u32): i32 {
  const scratchBytes = <u64>(expected << 2) + sortingBytes(expected);
  const listBytes = <u64>expected * 24;
  if (!isWithinLimit(scratchBytes + listBytes)) return OVER_RESOLVING_BYTES;
  list = allocate(<u32>listBytes);
  const sorted = allocate(<u32>scratchBytes);
  if (list == 0 || sorted == 0) return OUT_OF_MEMORY;
  for (let object: u32 = 0; object < objects; object++) {
    if (!(flagsOf(object) & WAITING)) continue;
    store<u32>(sorted + ((<usize>count) << 2), object);
    count++;
  }
  sortByOid(sorted, count, sorted + ((<usize>expected) << 2));
  for (let index: u32 = 0; index < count; index++) {
    const object = load<u32>(sorted + ((<usize>index) << 2));
    memory.copy(keyAt(index), oidOf(object), 20);
    store<u32>(keyAt(index), object, 20);
  }
  release(sorted);
  left = count;
  return DONE;
}

/** Makes all that wait for the oid of an object its children. */
export function takeWaitingFor(object: u32): void {
  if (left == 0) return;
  const oid = oidOf(object);
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareOids(keyAt(middle), oid) < 0) low = middle + 1;
    else high = middle;
  }
  for (; low < count && compareOids(keyAt(low), oid) == 0; low++) {
    const child = objectAt(low);
    // An object that is in the pack more than once: its first copy has taken all of them.
    if (!(flagsOf(child) & WAITING)) return;
    setFlags(child, flagsOf(child) & ~WAITING);
    setBase(child, object);
    setNextSibling(child, firstChildOf(object));
    setFirstChild(object, child);
    left--;
  }
}

/** @returns the first delta that waits for the next oid that is missing, or NONE after the last. */
export function nextMissing(): u32 {
  while (asked < count) {
    const first = asked++;
    while (asked < count && compareOids(keyAt(asked), keyAt(first)) == 0) asked++;
    if (flagsOf(objectAt(first)) & WAITING) return objectAt(first);
  }
  return NONE;
}
