/**
 * SHA-1 of four objects at a time, one in each lane of the vectors. A lane that is done takes the
 * next object, so that all four work as long as objects come; the last ones are hashed when the
 * lanes are flushed. Without SIMD there is one lane.
 *
 * Git's header is written before an object's content and the padding behind it, where there is room
 * for both, so that the whole message stands in one piece.
 */
import { findCollisions, looksForCollisions, middleState, reportCollision } from './collisions';
import { release } from './heap';
import { LANES, LANE_STATES, SCHEDULE } from './layout';
import { BLOB, COMMIT, oidOf, TAG, TREE } from './objects';
import { survives } from './ring';
import { hashBlocks, startState, writeState } from './sha1';
import { allowance, isSpent, spend } from './work';

const COUNT: u32 = ASC_FEATURE_SIMD ? 4 : 1;

// Of each lane, 32 bytes: address, blocks that are left, object, block of the heap, place in the ring.
let busy: u32 = 0;

function lane(index: u32): usize {
  return LANES + ((<usize>index) << 5);
}

/**
 * Writes git's header of an object.
 *
 * @param end the address behind its last byte.
 * @returns the address of its first byte, at most 24 before.
 */
export function writeHeader(end: usize, type: u32, size: u32): usize {
  let at = end - 1;
  store<u8>(at, 0);
  do {
    store<u8>(--at, <u8>(48 + (size % 10)));
    size /= 10;
  } while (size > 0);
  store<u8>(--at, 32);
  if (type == COMMIT) {
    at -= 6;
    store<u32>(at, 0x6d6d6f63);
    store<u16>(at, 0x7469, 4);
  } else if (type == TREE || type == BLOB) {
    at -= 4;
    store<u32>(at, type == TREE ? 0x65657274 : 0x626f6c62);
  } else if (type == TAG) {
    at -= 3;
    store<u16>(at, 0x6174);
    store<u8>(at, 0x67, 2);
  }
  return at;
}

/** Writes the padding behind a message. @returns how many blocks message and padding have. */
function pad(start: usize, end: usize): u32 {
  const length = end - start;
  const blocks = (length + 72) >> 6;
  store<u8>(end, 0x80);
  const last = start + (blocks << 6);
  memory.fill(end + 1, 0, last - end - 9);
  store<u64>(last - 8, bswap((<u64>length) << 3));
  return <u32>blocks;
}

/**
 * Hashes an object soon; its oid is then written into its record. There has to be a free lane.
 *
 * @param content with room before and behind it.
 * @param block the same address if it is a block of the heap, which is released when the hash is
 * done; or 0.
 * @param place where it stands in the ring, or 0.
 */
export function hashObject(
  object: u32,
  type: u32,
  content: usize,
  size: u32,
  block: usize,
  place: u64,
): void {
  const start = writeHeader(content, type, size);
  const blocks = pad(start, content + size);
  let index: u32 = 0;
  while (load<u32>(lane(index), 4) != 0) index++;
  const at = lane(index);
  store<u32>(at, <u32>start);
  store<u32>(at, blocks, 4);
  store<u32>(at, object, 8);
  store<u32>(at, <u32>block, 12);
  store<u64>(at, place, 16);
  busy++;
  if (!ASC_FEATURE_SIMD) {
    startState(LANE_STATES);
    return;
  }
  const state = LANE_STATES + ((<usize>index) << 2);
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 16);
  store<u32>(state, 0x98badcfe, 32);
  store<u32>(state, 0x10325476, 48);
  store<u32>(state, 0xc3d2e1f0, 64);
}

/** Hashes until a lane is free. @returns whether one is; else there has to be a break before. */
export function freeLane(): bool {
  while (busy == COUNT) {
    runLanes();
    if (busy == COUNT && isSpent()) return false;
  }
  return true;
}

/** Hashes what is in the lanes. @returns whether all of it is done. */
export function flushLanes(): bool {
  while (busy > 0) {
    runLanes();
    if (busy > 0 && isSpent()) return false;
  }
  return true;
}

/**
 * Flushes the lanes if an object in them would not survive the ring's head being there.
 *
 * @returns whether that is done.
 */
export function flushBefore(head: u64): bool {
  if (busy == 0) return true;
  for (let index: u32 = 0; index < COUNT; index++) {
    const at = lane(index);
    const place = load<u64>(at, 16);
    if (load<u32>(at, 4) != 0 && place != 0 && !survives(place, head)) return flushLanes();
  }
  return true;
}

/** Hashes until the first lane is done, or the call has done enough. */
function runLanes(): void {
  let blocks: u32 = 0xffffffff;
  for (let index: u32 = 0; index < COUNT; index++) {
    const left = load<u32>(lane(index), 4);
    if (left != 0) blocks = min(blocks, left);
  }
  blocks = min(blocks, <u32>(allowance() >> 6));
  spend((<u64>(blocks * busy)) << 6);
  if (ASC_FEATURE_SIMD) hashLanes(blocks);
  else if (hashBlocks(LANE_STATES, load<u32>(lane(0)), blocks, true)) reportLanes(1);
  for (let index: u32 = 0; index < COUNT; index++) {
    const at = lane(index);
    const left = load<u32>(at, 4);
    if (left == 0) continue;
    store<u32>(at, left - blocks, 4);
    store<u32>(at, load<u32>(at) + (blocks << 6));
    if (left != blocks) continue;
    busy--;
    writeOid(index, oidOf(load<u32>(at, 8)));
    const block = <usize>load<u32>(at, 12);
    if (block != 0) release(block);
  }
}

/** Says that there are traces of an attack in these lanes. */
function reportLanes(lanes: u32): void {
  for (let index: u32 = 0; index < COUNT; index++) {
    const at = lane(index);
    if (lanes & (1 << index) && load<u32>(at, 4) != 0) reportCollision(load<u32>(at, 8));
  }
}

function writeOid(index: u32, oid: usize): void {
  if (!ASC_FEATURE_SIMD) {
    writeState(LANE_STATES, oid);
    return;
  }
  const state = LANE_STATES + ((<usize>index) << 2);
  store<u32>(oid, bswap(load<u32>(state)));
  store<u32>(oid, bswap(load<u32>(state, 16)), 4);
  store<u32>(oid, bswap(load<u32>(state, 32)), 8);
  store<u32>(oid, bswap(load<u32>(state, 48)), 12);
  store<u32>(oid, bswap(load<u32>(state, 64)), 16);
}

function rol(v: v128, n: i32): v128 {
  return v128.or(i32x4.shl(v, n), i32x4.shr_u(v, 32 - n));
}
function add(a: v128, b: v128): v128 {
  return i32x4.add(a, b);
}
/** One round: the new value of `e`. What the round before has made, `a`, comes last: all waits for it. */
function round(a: v128, f: v128, e: v128, k: v128, t: usize): v128 {
  return add(rol(a, 5), add(f, add(add(e, k), v128.load(t))));
}
function choose(b: v128, c: v128, d: v128): v128 {
  return v128.xor(d, v128.and(b, v128.xor(c, d)));
}
function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(b, v128.xor(c, d));
}
function majority(b: v128, c: v128, d: v128): v128 {
  return v128.or(v128.and(b, c), v128.and(d, v128.or(b, c)));
}

/** @returns 16 bytes with those of each word in reversed order. */
function words(at: usize, offset: usize): v128 {
  const v = v128.load(at + offset);
  return i8x16.shuffle(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Hashes so many blocks in all lanes; a lane without an object hashes something else idly. */
function hashLanes(blocks: u32): void {
  let p0 = <usize>load<u32>(lane(0));
  let p1 = <usize>load<u32>(lane(1));
  let p2 = <usize>load<u32>(lane(2));
  let p3 = <usize>load<u32>(lane(3));
  let s0: usize = load<u32>(lane(0), 4) != 0 ? 64 : 0;
  let s1: usize = load<u32>(lane(1), 4) != 0 ? 64 : 0;
  let s2: usize = load<u32>(lane(2), 4) != 0 ? 64 : 0;
  let s3: usize = load<u32>(lane(3), 4) != 0 ? 64 : 0;
  if (s0 == 0) p0 = SCHEDULE;
  if (s1 == 0) p1 = SCHEDULE;
  if (s2 == 0) p2 = SCHEDULE;
  if (s3 == 0) p3 = SCHEDULE;
  let h0 = v128.load(LANE_STATES);
  let h1 = v128.load(LANE_STATES, 16);
  let h2 = v128.load(LANE_STATES, 32);
  let h3 = v128.load(LANE_STATES, 48);
  let h4 = v128.load(LANE_STATES, 64);
  const isWatched = looksForCollisions();
  for (; blocks > 0; blocks--) {
    for (let t: usize = 0; t < 64; t += 16) {
      const w0 = words(p0, t);
      const w1 = words(p1, t);
      const w2 = words(p2, t);
      const w3 = words(p3, t);
      const low01 = v128.shuffle<i32>(w0, w1, 0, 4, 1, 5);
      const low23 = v128.shuffle<i32>(w2, w3, 0, 4, 1, 5);
      const high01 = v128.shuffle<i32>(w0, w1, 2, 6, 3, 7);
      const high23 = v128.shuffle<i32>(w2, w3, 2, 6, 3, 7);
      const to = SCHEDULE + (t << 2);
      v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2));
      v128.store(to, v128.shuffle<i64>(low01, low23, 1, 3), 16);
      v128.store(to, v128.shuffle<i64>(high01, high23, 0, 2), 32);
      v128.store(to, v128.shuffle<i64>(high01, high23, 1, 3), 48);
    }
    p0 += s0;
    p1 += s1;
    p2 += s2;
    p3 += s3;
    let recent1 = v128.load(SCHEDULE + 15 * 16);
    let recent2 = v128.load(SCHEDULE + 14 * 16);
    let recent3 = v128.load(SCHEDULE + 13 * 16);
    for (let t: usize = SCHEDULE + 16 * 16; t < SCHEDULE + 80 * 16; t += 16) {
      const before = v128.xor(
        v128.xor(recent3, v128.load(t - 8 * 16)),
        v128.xor(v128.load(t - 14 * 16), v128.load(t - 16 * 16)),
      );
      recent3 = recent2;
      recent2 = recent1;
      recent1 = rol(before, 1);
      v128.store(t, recent1);
    }
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let t: usize = SCHEDULE;
    let k = i32x4.splat(0x5a827999);
    for (; t < SCHEDULE + 20 * 16; t += 80) {
      e = round(a, choose(b, c, d), e, k, t);
      b = rol(b, 30);
      d = round(e, choose(a, b, c), d, k, t + 16);
      a = rol(a, 30);
      c = round(d, choose(e, a, b), c, k, t + 32);
      e = rol(e, 30);
      b = round(c, choose(d, e, a), b, k, t + 48);
      d = rol(d, 30);
      a = round(b, choose(c, d, e), a, k, t + 64);
      c = rol(c, 30);
    }
    k = i32x4.splat(0x6ed9eba1);
    for (; t < SCHEDULE + 40 * 16; t += 80) {
      if (isWatched && t == SCHEDULE + 35 * 16) keepState(35, a, b, c, d, e);
      e = round(a, parity(b, c, d), e, k, t);
      b = rol(b, 30);
      d = round(e, parity(a, b, c), d, k, t + 16);
      a = rol(a, 30);
      c = round(d, parity(e, a, b), c, k, t + 32);
      e = rol(e, 30);
      b = round(c, parity(d, e, a), b, k, t + 48);
      d = rol(d, 30);
      a = round(b, parity(c, d, e), a, k, t + 64);
      c = rol(c, 30);
    }
    k = i32x4.splat(0x8f1bbcdc);
    for (; t < SCHEDULE + 60 * 16; t += 80) {
      if (isWatched && t == SCHEDULE + 55 * 16) keepState(55, a, b, c, d, e);
      e = round(a, majority(b, c, d), e, k, t);
      b = rol(b, 30);
      d = round(e, majority(a, b, c), d, k, t + 16);
      a = rol(a, 30);
      c = round(d, majority(e, a, b), c, k, t + 32);
      e = rol(e, 30);
      b = round(c, majority(d, e, a), b, k, t + 48);
      d = rol(d, 30);
      a = round(b, majority(c, d, e), a, k, t + 64);
      c = rol(c, 30);
    }
    k = i32x4.splat(0xca62c1d6);
    for (; t < SCHEDULE + 80 * 16; t += 80) {
      if (isWatched && t <= SCHEDULE + 65 * 16)
        keepState(<u32>((t - SCHEDULE) >> 4), a, b, c, d, e);
      e = round(a, parity(b, c, d), e, k, t);
      b = rol(b, 30);
      d = round(e, parity(a, b, c), d, k, t + 16);
      a = rol(a, 30);
      c = round(d, parity(e, a, b), c, k, t + 32);
      e = rol(e, 30);
      b = round(c, parity(d, e, a), b, k, t + 48);
      d = rol(d, 30);
      a = round(b, parity(c, d, e), a, k, t + 64);
      c = rol(c, 30);
    }
    h0 = add(h0, a);
    h1 = add(h1, b);
    h2 = add(h2, c);
    h3 = add(h3, d);
    h4 = add(h4, e);
    if (!isWatched) continue;
    storeStates(LANE_STATES, h0, h1, h2, h3, h4);
    const found = findCollisions<v128>(LANE_STATES);
    if (found != 0) reportLanes(found);
  }
  storeStates(LANE_STATES, h0, h1, h2, h3, h4);
}

function storeStates(to: usize, a: v128, b: v128, c: v128, d: v128, e: v128): void {
  v128.store(to, a);
  v128.store(to, b, 16);
  v128.store(to, c, 32);
  v128.store(to, d, 48);
  v128.store(to, e, 64);
}

function keepState(step: u32, a: v128, b: v128, c: v128, d: v128, e: v128): void {
  storeStates(middleState(step, 16), a, b, c, d, e);
}
