/**
 * Writes the pack index, version 2 (gitformat-pack, "Version 2 pack-*.idx files"), in steps.
 */
import { DONE, NONE, PACK_HASH, PAUSE } from './layout';
import { crcOf, oidOf, offsetOf } from './objects';
import { finishHash, startHash, updateHash } from './sha1';
import { BUCKETS, sortBucket, sortByBeginning, sortingBytes, startSorting } from './sort';
import { allowance, isSpent, spend } from './work';

const HEAD: usize = 8;
const FANOUT: usize = 1024;
/** Of each object, in three tables. */
const ENTRY: usize = 28;
/** The pack's checksum, and the index's own. */
const CHECKSUMS: usize = 40;

/** @returns bytes of the index of so many objects, whose offsets all fit into 31 bits. */
export function packIndexSize(objects: u32): usize {
  return HEAD + FANOUT + <usize>objects * ENTRY + CHECKSUMS;
}

/** @returns bytes of memory that writing it needs beside the index itself. */
export function packIndexScratch(objects: u32): usize {
  return ((<usize>objects) << 2) + <usize>sortingBytes(objects);
}

let objects: u32 = 0;
let start: usize = 0;
let checksum: usize = 0;
let sorted: usize = 0; // u32[objects]
let unsorted: usize = 0;

const LISTING: u32 = 0;
const WRITING: u32 = 1;
const HASHING: u32 = 2;
let place: u32 = LISTING;
let listed: u32 = 0;
let bucket: u32 = 0;
let sortedTo: u32 = 0;
let written: u32 = 0;
let hashed: usize = 0;

/**
 * Begins the index.
 *
 * @param to where to.
 * @param room as many bytes as {@link packIndexScratch} says.
 * @param packChecksum where the 20 bytes at the pack's end stand.
 */
export function startPackIndex(count: u32, to: usize, room: usize, packChecksum: usize): void {
  objects = count;
  start = to;
  sorted = room;
  checksum = packChecksum;
  unsorted = startSorting(sorted, count, room + ((<usize>count) << 2));
  store<u32>(to, 0x634f74ff);
  store<u32>(to, 0x02000000, 4);
  memory.fill(to + HEAD, 0, FANOUT);
}

/** Goes on. @returns PAUSE, or DONE when it is finished. */
export function writePackIndex(): i32 {
  if (place == LISTING) {
    for (; listed < objects; listed++) {
      if (isSpent()) return PAUSE;
      store<u32>(unsorted + ((<usize>listed) << 2), listed);
      spend(4);
    }
    place = WRITING;
  }
  if (!sortByBeginning()) return PAUSE;
  if (place == WRITING) {
    // Each bucket is written while it is warm.
    while (true) {
      for (; written < sortedTo; written++) {
        if (isSpent()) return PAUSE;
        writeObject(load<u32>(sorted + ((<usize>written) << 2)));
        spend(ENTRY);
      }
      if (bucket == BUCKETS) break;
      if (isSpent()) return PAUSE;
      const end = sortBucket(bucket, sortedTo);
      if (end == NONE) return PAUSE;
      sortedTo = end;
      bucket++;
    }
    finishTables();
    place = HASHING;
    hashed = start;
    startHash(PACK_HASH);
  }
  const end = start + packIndexSize(objects) - 20;
  while (hashed < end) {
    if (isSpent()) return PAUSE;
    const until = min(hashed + allowance(), end);
    updateHash(PACK_HASH, hashed, until, false);
    spend(until - hashed);
    hashed = until;
  }
  finishHash(PACK_HASH, end, false);
  return DONE;
}

/** All objects are written: the fanout is what was counted, added up; then the pack's checksum. */
function finishTables(): void {
  let sum: u32 = 0;
  for (let at = start + HEAD; at < start + HEAD + FANOUT; at += 4) {
    sum += load<u32>(at);
    store<u32>(at, bswap(sum));
  }
  memory.copy(start + packIndexSize(objects) - CHECKSUMS, checksum, 20);
}

function writeObject(object: u32): void {
  const oids = start + HEAD + FANOUT;
  const crcs = oids + <usize>objects * 20;
  const offsets = crcs + ((<usize>objects) << 2);
  const from = oidOf(object);
  const to = oids + <usize>written * 20;
  const count = start + HEAD + ((<usize>load<u8>(from)) << 2);
  store<u32>(count, load<u32>(count) + 1);
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u32>(to, load<u32>(from, 16), 16);
  store<u32>(crcs + ((<usize>written) << 2), bswap(crcOf(object)));
  store<u32>(offsets + ((<usize>written) << 2), bswap(offsetOf(object)));
}
