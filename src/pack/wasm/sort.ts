/**
 * Sorts objects by oid, equal ones by their place in the pack. By the first 16 bits at once, and what
 * is equal in those by merging, so that no choice of oids makes it slow. All of it in steps.
 */
import { NONE } from './layout';
import { oidOf } from './objects';
import { isSpent, spend } from './work';

/** Of the values of the first 16 bits. */
export const BUCKETS: u32 = 65536;

/** Bytes of the table of where each bucket begins, then ends. */
const TABLE: usize = (<usize>BUCKETS + 1) << 2;

/** What looking at an object costs: its record is not in the cache. */
export const LOOK: u64 = 64;

/** Buckets up to this size are sorted at once. */
const SMALL: u32 = 256;

/** Objects that are sorted by insertion. */
const RUN: u32 = 8;

let list: usize = 0;
let count: u32 = 0;
let table: usize = 0;
/** The objects in their first order; later the merging's other list. */
let other: usize = 0;

const COUNTING: u32 = 0;
const SCATTERING: u32 = 1;
const SCATTERED: u32 = 2;
let place: u32 = COUNTING;
let cursor: u32 = 0;

/** @returns the address of an entry of a list. */
function at(start: usize, index: u32): usize {
  return start + ((<usize>index) << 2);
}

/** @returns negative, 0 or positive, as memcmp of 20 bytes. */
export function compareOids(a: usize, b: usize): i32 {
  let x = bswap(load<u64>(a));
  let y = bswap(load<u64>(b));
  if (x == y) {
    x = bswap(load<u64>(a, 8));
    y = bswap(load<u64>(b, 8));
    if (x == y) {
      x = <u64>bswap(load<u32>(a, 16));
      y = <u64>bswap(load<u32>(b, 16));
      if (x == y) return 0;
    }
  }
  return x < y ? -1 : 1;
}

/** @returns whether the oid of `a` comes before that of `b`, or is the same. */
function isInOrder(a: u32, b: u32): bool {
  return compareOids(oidOf(a), oidOf(b)) <= 0;
}

/** Bytes of memory that sorting so many needs beside the list. */
export function sortingBytes(objects: u32): u64 {
  return ((<u64>objects) << 2) + TABLE;
}

/**
 * Begins to sort.
 *
 * @param to u32[objects]: where the sorted objects will stand.
 * @param scratch as many bytes as {@link sortingBytes} says.
 * @returns where the objects have to be written, in the order of the pack, before going on.
 */
export function startSorting(to: usize, objects: u32, scratch: usize): usize {
  list = to;
  count = objects;
  table = scratch;
  other = scratch + TABLE;
  place = COUNTING;
  cursor = 0;
  isMerging = false;
  memory.fill(table, 0, TABLE);
  spend(TABLE);
  return other;
}

/** The first step: those that begin alike stand together. @returns whether it is done. */
export function sortByBeginning(): bool {
  if (place == COUNTING) {
    for (; cursor < count; cursor++) {
      if (isSpent()) return false;
      const bucket = at(table, bucketOf(load<u32>(at(other, cursor))) + 1);
      store<u32>(bucket, load<u32>(bucket) + 1);
      spend(LOOK);
    }
    for (let bucket: u32 = 1; bucket <= BUCKETS; bucket++) {
      store<u32>(
        at(table, bucket),
        load<u32>(at(table, bucket)) + load<u32>(at(table, bucket - 1)),
      );
    }
    spend(TABLE);
    cursor = 0;
    place = SCATTERING;
  }
  if (place == SCATTERING) {
    for (; cursor < count; cursor++) {
      if (isSpent()) return false;
      const object = load<u32>(at(other, cursor));
      const bucket = at(table, bucketOf(object));
      const to = load<u32>(bucket);
      store<u32>(at(list, to), object);
      store<u32>(bucket, to + 1);
      spend(LOOK);
    }
    // Each bucket now says where it ends.
    place = SCATTERED;
  }
  return true;
}

/**
 * The second: sorts those of a bucket, which begin at `from`.
 *
 * @returns where they end; NONE if there has to be a break before.
 */
export function sortBucket(bucket: u32, from: u32): u32 {
  const to = load<u32>(at(table, bucket));
  spend(4);
  if (to - from <= SMALL) {
    if (to - from > 1) spend((to - from) * LOOK * 4);
    sortSmall(from, to);
    return to;
  }
  return mergeBucket(from, to) ? to : NONE;
}

function bucketOf(object: u32): u32 {
  const oid = oidOf(object);
  return ((<u32>load<u8>(oid)) << 8) | load<u8>(oid, 1);
}

/** Sorts at once: runs by insertion, then merged. */
function sortSmall(from: u32, to: u32): void {
  if (to - from <= RUN) {
    insert(from, to);
    return;
  }
  const middle = (from + to) >>> 1;
  sortSmall(from, middle);
  sortSmall(middle, to);
  memory.copy(at(other, from), at(list, from), (<usize>(middle - from)) << 2);
  startMerge(other, from, middle, list, middle, to, list, from);
  while (left < leftEnd && right < rightEnd) mergeOne();
  memory.copy(out, left, leftEnd - left);
}

function insert(from: u32, to: u32): void {
  for (let index = from + 1; index < to; index++) {
    const object = load<u32>(at(list, index));
    let free = index;
    for (; free > from; free--) {
      const before = load<u32>(at(list, free - 1));
      if (isInOrder(before, object)) break;
      store<u32>(at(list, free), before);
    }
    store<u32>(at(list, free), object);
  }
}

// Two sorted lists that are merged, and where to.
let left: usize = 0;
let leftEnd: usize = 0;
let right: usize = 0;
let rightEnd: usize = 0;
let out: usize = 0;

function startMerge(
  leftList: usize,
  leftFrom: u32,
  leftTo: u32,
  rightList: usize,
  rightFrom: u32,
  rightTo: u32,
  outList: usize,
  outFrom: u32,
): void {
  left = at(leftList, leftFrom);
  leftEnd = at(leftList, leftTo);
  right = at(rightList, rightFrom);
  rightEnd = at(rightList, rightTo);
  out = at(outList, outFrom);
}

function mergeOne(): void {
  if (isInOrder(load<u32>(left), load<u32>(right))) {
    store<u32>(out, load<u32>(left));
    left += 4;
  } else {
    store<u32>(out, load<u32>(right));
    right += 4;
  }
  out += 4;
}

// A bucket that is too large to be sorted at once, by merging longer and longer runs from one list
// to the other.
let isMerging: bool = false;
let run: u32 = 0;
let done: u32 = 0; // up to where the runs have been merged, or sorted by insertion
let source: usize = 0;

/** @returns whether the bucket is sorted. */
function mergeBucket(from: u32, to: u32): bool {
  if (!isMerging) {
    isMerging = true;
    run = 0;
    done = from;
  }
  if (run == 0) {
    for (; done < to; done += RUN) {
      if (isSpent()) return false;
      insert(done, min(done + RUN, to));
      spend(RUN * LOOK);
    }
    source = list;
    run = RUN;
    startRuns(from, to);
  }
  while (run < to - from) {
    while (true) {
      while (left < leftEnd && right < rightEnd) {
        if (isSpent()) return false;
        mergeOne();
        spend(LOOK);
      }
      // One of them is left over; of an odd run, all of it.
      while (left < leftEnd) {
        if (isSpent()) return false;
        moveFrom(left);
        left += 4;
      }
      while (right < rightEnd) {
        if (isSpent()) return false;
        moveFrom(right);
        right += 4;
      }
      if (done == to) break;
      nextRuns(to);
    }
    source = source == list ? other : list;
    run <<= 1;
    startRuns(from, to);
  }
  // What is in the other list comes back, as a run without a partner.
  while (source == other && left < leftEnd) {
    if (isSpent()) return false;
    moveFrom(left);
    left += 4;
  }
  isMerging = false;
  return true;
}

function moveFrom(address: usize): void {
  store<u32>(out, load<u32>(address));
  out += 4;
  spend(4);
}

function startRuns(from: u32, to: u32): void {
  done = from;
  nextRuns(to);
}

function nextRuns(to: u32): void {
  const middle = min(done + run, to);
  const end = min(middle + run, to);
  startMerge(source, done, middle, source, middle, end, source == list ? other : list, done);
  done = end;
}
