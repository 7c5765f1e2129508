/**
 * SHA-1 (FIPS 180-4) of one message after another: of the pack, of objects too large to be in
 * memory at once, and of all objects where there is no SIMD.
 *
 * The state of a streaming hash has 128 bytes: five words, at 24 the number of bytes so far, at 32
 * the bytes of the block that is not yet full.
 */
import { findCollisions, looksForCollisions, middleState } from './collisions';
import { SCHEDULE } from './layout';

function word(t: usize): u32 {
  return load<u32>(SCHEDULE + (t << 2));
}

/** Writes SHA-1's initial state. */
export function startState(state: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
}

/**
 * Goes on with whole blocks of 64 bytes.
 *
 * @param isObject whether these are an object's, so that it is looked for traces of an attack.
 * @returns whether there is one.
 */
export function hashBlocks(state: usize, from: usize, blocks: u32, isObject: bool): bool {
  const isWatched = isObject && looksForCollisions();
  let found = false;
  let h0 = load<u32>(state);
  let h1 = load<u32>(state, 4);
  let h2 = load<u32>(state, 8);
  let h3 = load<u32>(state, 12);
  let h4 = load<u32>(state, 16);
  for (; blocks > 0; blocks--) {
    expand(from);
    from += 64;
    // As in lanes.ts, what the step before has made comes last.
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let t: usize = 0;
    for (; t < 20; t += 5) {
      e = rotl(a, 5) + ((d ^ (b & (c ^ d))) + (e + 0x5a827999 + word(t)));
      b = rotl(b, 30);
      d = rotl(e, 5) + ((c ^ (a & (b ^ c))) + (d + 0x5a827999 + word(t + 1)));
      a = rotl(a, 30);
      c = rotl(d, 5) + ((b ^ (e & (a ^ b))) + (c + 0x5a827999 + word(t + 2)));
      e = rotl(e, 30);
      b = rotl(c, 5) + ((a ^ (d & (e ^ a))) + (b + 0x5a827999 + word(t + 3)));
      d = rotl(d, 30);
      a = rotl(b, 5) + ((e ^ (c & (d ^ e))) + (a + 0x5a827999 + word(t + 4)));
      c = rotl(c, 30);
    }
    for (; t < 40; t += 5) {
      if (isWatched && t == 35) keepState(35, a, b, c, d, e);
      e = rotl(a, 5) + ((b ^ c ^ d) + (e + 0x6ed9eba1 + word(t)));
      b = rotl(b, 30);
      d = rotl(e, 5) + ((a ^ b ^ c) + (d + 0x6ed9eba1 + word(t + 1)));
      a = rotl(a, 30);
      c = rotl(d, 5) + ((e ^ a ^ b) + (c + 0x6ed9eba1 + word(t + 2)));
      e = rotl(e, 30);
      b = rotl(c, 5) + ((d ^ e ^ a) + (b + 0x6ed9eba1 + word(t + 3)));
      d = rotl(d, 30);
      a = rotl(b, 5) + ((c ^ d ^ e) + (a + 0x6ed9eba1 + word(t + 4)));
      c = rotl(c, 30);
    }
    for (; t < 60; t += 5) {
      if (isWatched && t == 55) keepState(55, a, b, c, d, e);
      e = rotl(a, 5) + (((b & c) | (d & (b | c))) + (e + 0x8f1bbcdc + word(t)));
      b = rotl(b, 30);
      d = rotl(e, 5) + (((a & b) | (c & (a | b))) + (d + 0x8f1bbcdc + word(t + 1)));
      a = rotl(a, 30);
      c = rotl(d, 5) + (((e & a) | (b & (e | a))) + (c + 0x8f1bbcdc + word(t + 2)));
      e = rotl(e, 30);
      b = rotl(c, 5) + (((d & e) | (a & (d | e))) + (b + 0x8f1bbcdc + word(t + 3)));
      d = rotl(d, 30);
      a = rotl(b, 5) + (((c & d) | (e & (c | d))) + (a + 0x8f1bbcdc + word(t + 4)));
      c = rotl(c, 30);
    }
    for (; t < 80; t += 5) {
      if (isWatched && t <= 65) keepState(<u32>t, a, b, c, d, e);
      e = rotl(a, 5) + ((b ^ c ^ d) + (e + 0xca62c1d6 + word(t)));
      b = rotl(b, 30);
      d = rotl(e, 5) + ((a ^ b ^ c) + (d + 0xca62c1d6 + word(t + 1)));
      a = rotl(a, 30);
      c = rotl(d, 5) + ((e ^ a ^ b) + (c + 0xca62c1d6 + word(t + 2)));
      e = rotl(e, 30);
      b = rotl(c, 5) + ((d ^ e ^ a) + (b + 0xca62c1d6 + word(t + 3)));
      d = rotl(d, 30);
      a = rotl(b, 5) + ((c ^ d ^ e) + (a + 0xca62c1d6 + word(t + 4)));
      c = rotl(c, 30);
    }
    h0 += a;
    h1 += b;
    h2 += c;
    h3 += d;
    h4 += e;
    if (!isWatched) continue;
    storeState(state, h0, h1, h2, h3, h4);
    if (findCollisions<u32>(state) != 0) found = true;
  }
  storeState(state, h0, h1, h2, h3, h4);
  return found;
}

function storeState(to: usize, a: u32, b: u32, c: u32, d: u32, e: u32): void {
  store<u32>(to, a);
  store<u32>(to, b, 4);
  store<u32>(to, c, 8);
  store<u32>(to, d, 12);
  store<u32>(to, e, 16);
}

function keepState(step: u32, a: u32, b: u32, c: u32, d: u32, e: u32): void {
  storeState(middleState(step, 4), a, b, c, d, e);
}

/** Makes the schedule of a block: its 16 words, and 64 made from them. */
function expand(from: usize): void {
  if (ASC_FEATURE_SIMD) {
    expandByFours(from);
    return;
  }
  for (let t: usize = 0; t < 64; t += 8) {
    const two = bswap(load<u64>(from + t));
    store<u64>(SCHEDULE + t, (two >> 32) | (two << 32));
  }
  for (let t: usize = SCHEDULE + 64; t < SCHEDULE + 320; t += 4) {
    store<u32>(
      t,
      rotl(load<u32>(t - 12) ^ load<u32>(t - 32) ^ load<u32>(t - 56) ^ load<u32>(t - 64), 1),
    );
  }
}

function rotate(v: v128, by: i32): v128 {
  return v128.or(i32x4.shl(v, by), i32x4.shr_u(v, 32 - by));
}

/** @returns four words of the block. */
function words(at: usize): v128 {
  const v = v128.load(at);
  return i8x16.shuffle(v, v, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** @returns the four words of steps 16 to 31 that follow these. */
function nextWords(a: v128, b: v128, c: v128, d: v128): v128 {
  const zero = i32x4.splat(0);
  const mixed = v128.xor(
    v128.xor(a, v128.shuffle<i32>(a, b, 2, 3, 4, 5)),
    v128.xor(c, v128.shuffle<i32>(d, zero, 1, 2, 3, 4)),
  );
  const words = rotate(mixed, 1);
  // The fourth is made from the first, too.
  return v128.xor(words, rotate(v128.shuffle<i32>(zero, words, 0, 1, 2, 4), 1));
}

function expandByFours(from: usize): void {
  let a = words(from);
  let b = words(from + 16);
  let c = words(from + 32);
  let d = words(from + 48);
  let e = nextWords(a, b, c, d);
  let f = nextWords(b, c, d, e);
  let g = nextWords(c, d, e, f);
  let h = nextWords(d, e, f, g);
  v128.store(SCHEDULE, a);
  v128.store(SCHEDULE, b, 16);
  v128.store(SCHEDULE, c, 32);
  v128.store(SCHEDULE, d, 48);
  v128.store(SCHEDULE, e, 64);
  v128.store(SCHEDULE, f, 80);
  v128.store(SCHEDULE, g, 96);
  v128.store(SCHEDULE, h, 112);
  // From the 32nd on, the rule applied to itself: no word is made from the three before it.
  for (let t: usize = SCHEDULE + 128; t < SCHEDULE + 320; t += 16) {
    const mixed = v128.xor(v128.xor(a, b), v128.xor(e, v128.shuffle<i32>(g, h, 2, 3, 4, 5)));
    a = b;
    b = c;
    c = d;
    d = e;
    e = f;
    f = g;
    g = h;
    h = rotate(mixed, 2);
    v128.store(t, h);
  }
}

/** Begins a streaming hash. */
export function startHash(state: usize): void {
  startState(state);
  store<u64>(state, 0, 24);
}

/** Goes on with these bytes. @returns whether there is a trace of an attack; see hashBlocks. */
export function updateHash(state: usize, from: usize, end: usize, isObject: bool): bool {
  let found = false;
  const total = load<u64>(state, 24);
  store<u64>(state, total + (end - from), 24);
  const held = (<usize>total) & 63;
  if (held > 0) {
    const taken = min<usize>(64 - held, end - from);
    memory.copy(state + 32 + held, from, taken);
    if (held + taken < 64) return false;
    found = hashBlocks(state, state + 32, 1, isObject);
    from += taken;
  }
  const blocks = <u32>((end - from) >> 6);
  if (hashBlocks(state, from, blocks, isObject)) found = true;
  from += blocks << 6;
  memory.copy(state + 32, from, end - from);
  return found;
}

/** Ends a streaming hash and writes its 20 bytes. @returns whether there is a trace of an attack. */
export function finishHash(state: usize, to: usize, isObject: bool): bool {
  let found = false;
  const total = load<u64>(state, 24);
  const held = (<usize>total) & 63;
  const block = state + 32;
  store<u8>(block + held, 0x80);
  memory.fill(block + held + 1, 0, 63 - held);
  if (held > 55) {
    found = hashBlocks(state, block, 1, isObject);
    memory.fill(block, 0, 56);
  }
  store<u64>(block, bswap(total << 3), 56);
  if (hashBlocks(state, block, 1, isObject)) found = true;
  writeState(state, to);
  return found;
}

/** Writes a state as the 20 bytes of a hash. */
export function writeState(state: usize, to: usize): void {
  for (let at: usize = 0; at < 20; at += 4) store<u32>(to + at, bswap(load<u32>(state + at)));
}
