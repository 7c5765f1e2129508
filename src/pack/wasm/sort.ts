/**
 * Sorts objects by oid, equal ones by their place in the pack. By the first 16 bits at once, and what
 * is equal in those by merging, so that no choice of oids makes it slow.
 */
import { oidOf } from './objects';

/** @returns whether the oid of `a` comes before that of `b`, or is the same. */
function isInOrder(a: u32, b: u32): bool {
  return compareOids(oidOf(a), oidOf(b)) <= 0;
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

/** Bytes of scratch memory that sorting so many needs. */
export function sortingBytes(count: u32): usize {
  return ((<usize>count) << 2) + (65537 << 2);
}

/**
 * @param list u32[count]: objects, in the order of the pack.
 * @param scratch as many bytes as {@link sortingBytes} says.
 */
export function sortByOid(list: usize, count: u32, scratch: usize): void {
  sortByBeginning(list, count, scratch);
  let from: u32 = 0;
  for (let bucket: u32 = 0; bucket < BUCKETS; bucket++) {
    from = sortBucket(list, bucket, from, scratch);
  }
}

/** Of the values of the first 16 bits. */
export const BUCKETS: u32 = 65536;

/** The first step: those that begin alike stand together. */
export function sortByBeginning(list: usize, count: u32, scratch: usize): void {
  const copy = scratch + (65537 << 2);
  memory.fill(scratch, 0, 65537 << 2);
  memory.copy(copy, list, (<usize>count) << 2);
  const listEnd = list + ((<usize>count) << 2);
  for (let at = list; at < listEnd; at += 4) {
    const bucket = scratch + (bucketOf(load<u32>(at)) << 2) + 4;
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
  for (let at = scratch + 4; at < copy; at += 4) {
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  for (let at = copy; at < copy + ((<usize>count) << 2); at += 4) {
    const bucket = scratch + (bucketOf(load<u32>(at)) << 2);
    const to = load<u32>(bucket);
    store<u32>(list + ((<usize>to) << 2), load<u32>(at));
    store<u32>(bucket, to + 1);
  }
  // Each bucket now says where it ends.
}

/** The second: sorts those of a bucket, which begin at `from`. @returns where they end. */
export function sortBucket(list: usize, bucket: u32, from: u32, scratch: usize): u32 {
  const to = load<u32>(scratch + ((<usize>bucket) << 2));
  if (to - from > 1) sortRange(list, from, to, scratch + (65537 << 2));
  return to;
}

function bucketOf(object: u32): usize {
  const oid = oidOf(object);
  return ((<usize>load<u8>(oid)) << 8) | load<u8>(oid, 1);
}

function sortRange(list: usize, from: u32, to: u32, copy: usize): void {
  if (to - from > 12) {
    const middle = (from + to) >>> 1;
    sortRange(list, from, middle, copy);
    sortRange(list, middle, to, copy);
    merge(list, from, middle, to, copy);
    return;
  }
  for (let index = from + 1; index < to; index++) {
    const object = load<u32>(list + ((<usize>index) << 2));
    let at = index;
    for (; at > from; at--) {
      const before = load<u32>(list + ((<usize>at) << 2) - 4);
      if (isInOrder(before, object)) break;
      store<u32>(list + ((<usize>at) << 2), before);
    }
    store<u32>(list + ((<usize>at) << 2), object);
  }
}

function merge(list: usize, from: u32, middle: u32, to: u32, copy: usize): void {
  const length = (<usize>(middle - from)) << 2;
  memory.copy(copy, list + ((<usize>from) << 2), length);
  let left = copy;
  const leftEnd = copy + length;
  let right = list + ((<usize>middle) << 2);
  const rightEnd = list + ((<usize>to) << 2);
  let out = list + ((<usize>from) << 2);
  while (left < leftEnd && right < rightEnd) {
    if (isInOrder(load<u32>(left), load<u32>(right))) {
      store<u32>(out, load<u32>(left));
      left += 4;
    } else {
      store<u32>(out, load<u32>(right));
      right += 4;
    }
    out += 4;
  }
  memory.copy(out, left, leftEnd - left);
}
