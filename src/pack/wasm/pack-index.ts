/**
 * Writes the pack index, version 2 (gitformat-pack, "Version 2 pack-*.idx files"), piece by piece.
 */
import { DONE, PACK_HASH, PAUSE } from './layout';
import { crcOf, oidOf, offsetOf } from './objects';
import { finishHash, startHash, updateHash } from './sha1';
import { BUCKETS, sortBucket, sortByBeginning, sortingBytes } from './sort';

/** @returns bytes of the index of so many objects, whose offsets all fit into 31 bits. */
export function packIndexSize(objects: u32): usize {
  return 8 + 1024 + <usize>objects * 28 + 40;
}

/** @returns bytes of memory that writing it needs beside the index itself. */
export function packIndexScratch(objects: u32): usize {
  return ((<usize>objects) << 2) + sortingBytes(objects);
}

let objects: u32 = 0;
let start: usize = 0;
let scratch: usize = 0;
let checksum: usize = 0;
let bucket: u32 = 0;
let written: u32 = 0;

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
  scratch = room + ((<usize>count) << 2);
  checksum = packChecksum;
  bucket = 0;
  written = 0;
  for (let object: u32 = 0; object < count; object++) {
    store<u32>(room + ((<usize>object) << 2), object);
  }
  sortByBeginning(room, count, scratch);
  store<u32>(to, 0x634f74ff);
  store<u32>(to, 0x02000000, 4);
  memory.fill(to + 8, 0, 1024);
}

/** Goes on with about so many objects. @returns PAUSE, or DONE when it is finished. */
export function writePackIndex(budget: u32): i32 {
  const list = scratch - ((<usize>objects) << 2);
  const until = written + budget;
  for (; bucket < BUCKETS; bucket++) {
    if (written >= until) return PAUSE;
    const end = sortBucket(list, bucket, written, scratch);
    for (; written < end; written++) writeObject(load<u32>(list + ((<usize>written) << 2)));
  }
  let sum: u32 = 0;
  for (let at = start + 8; at < start + 1032; at += 4) {
    sum += load<u32>(at);
    store<u32>(at, bswap(sum));
  }
  const end = start + packIndexSize(objects) - 40;
  memory.copy(end, checksum, 20);
  startHash(PACK_HASH);
  updateHash(PACK_HASH, start, end + 20);
  finishHash(PACK_HASH, end + 20);
  return DONE;
}

function writeObject(object: u32): void {
  const oids = start + 1032;
  const crcs = oids + <usize>objects * 20;
  const offsets = crcs + ((<usize>objects) << 2);
  const from = oidOf(object);
  const to = oids + <usize>written * 20;
  const count = start + 8 + ((<usize>load<u8>(from)) << 2);
  store<u32>(count, load<u32>(count) + 1);
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u32>(to, load<u32>(from, 16), 16);
  store<u32>(crcs + ((<usize>written) << 2), bswap(crcOf(object)));
  store<u32>(offsets + ((<usize>written) << 2), bswap(offsetOf(object)));
}
