/** Writes the pack index, version 2 (gitformat-pack, "Version 2 pack-*.idx files"). */
import { PACK_HASH } from './layout';
import { crcOf, oidOf, offsetOf } from './objects';
import { finishHash, startHash, updateHash } from './sha1';
import { sortByOid, sortingBytes } from './sort';

/** @returns bytes of the index of so many objects, whose offsets all fit into 31 bits. */
export function packIndexSize(objects: u32): usize {
  return 8 + 1024 + <usize>objects * 28 + 40;
}

/** @returns bytes of memory that writing it needs beside the index itself. */
export function packIndexScratch(objects: u32): usize {
  return ((<usize>objects) << 2) + sortingBytes(objects);
}

/**
 * @param to where to.
 * @param scratch as many bytes as {@link packIndexScratch} says.
 * @param checksum the 20 bytes at the pack's end.
 */
export function writePackIndex(objects: u32, to: usize, scratch: usize, checksum: usize): void {
  const list = scratch;
  for (let object: u32 = 0; object < objects; object++) {
    store<u32>(list + ((<usize>object) << 2), object);
  }
  sortByOid(list, objects, scratch + ((<usize>objects) << 2));
  store<u32>(to, 0x634f74ff);
  store<u32>(to, 0x02000000, 4);
  const fanout = to + 8;
  memory.fill(fanout, 0, 1024);
  let oids = fanout + 1024;
  let crcs = oids + <usize>objects * 20;
  let offsets = crcs + ((<usize>objects) << 2);
  for (let at = list; at < list + ((<usize>objects) << 2); at += 4) {
    const object = load<u32>(at);
    const oid = oidOf(object);
    const count = fanout + ((<usize>load<u8>(oid)) << 2);
    store<u32>(count, load<u32>(count) + 1);
    store<u64>(oids, load<u64>(oid));
    store<u64>(oids, load<u64>(oid, 8), 8);
    store<u32>(oids, load<u32>(oid, 16), 16);
    store<u32>(crcs, bswap(crcOf(object)));
    store<u32>(offsets, bswap(offsetOf(object)));
    oids += 20;
    crcs += 4;
    offsets += 4;
  }
  let sum: u32 = 0;
  for (let at = fanout; at < fanout + 1024; at += 4) {
    sum += load<u32>(at);
    store<u32>(at, bswap(sum));
  }
  memory.copy(offsets, checksum, 20);
  startHash(PACK_HASH);
  updateHash(PACK_HASH, to, offsets + 20);
  finishHash(PACK_HASH, offsets + 20);
}
