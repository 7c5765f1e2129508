/**
 * SHA-1 (FIPS 180-4) of one message after another: of the pack, of objects too large to be in
 * memory at once, and of all objects where there is no SIMD.
 *
 * The state of a streaming hash has 128 bytes: five words, at 24 the number of bytes so far, at 32
 * the bytes of the block that is not yet full.
 */
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

/** Goes on with whole blocks of 64 bytes. */
export function hashBlocks(state: usize, from: usize, blocks: u32): void {
  let h0 = load<u32>(state);
  let h1 = load<u32>(state, 4);
  let h2 = load<u32>(state, 8);
  let h3 = load<u32>(state, 12);
  let h4 = load<u32>(state, 16);
  for (; blocks > 0; blocks--) {
    for (let t: usize = 0; t < 64; t += 8) {
      const two = bswap(load<u64>(from + t));
      store<u64>(SCHEDULE + t, (two >> 32) | (two << 32));
    }
    from += 64;
    for (let t: usize = SCHEDULE + 64; t < SCHEDULE + 320; t += 4) {
      store<u32>(
        t,
        rotl(load<u32>(t - 12) ^ load<u32>(t - 32) ^ load<u32>(t - 56) ^ load<u32>(t - 64), 1),
      );
    }
    let a = h0;
    let b = h1;
    let c = h2;
    let d = h3;
    let e = h4;
    let t: usize = 0;
    for (; t < 20; t += 5) {
      e += rotl(a, 5) + (d ^ (b & (c ^ d))) + 0x5a827999 + word(t);
      b = rotl(b, 30);
      d += rotl(e, 5) + (c ^ (a & (b ^ c))) + 0x5a827999 + word(t + 1);
      a = rotl(a, 30);
      c += rotl(d, 5) + (b ^ (e & (a ^ b))) + 0x5a827999 + word(t + 2);
      e = rotl(e, 30);
      b += rotl(c, 5) + (a ^ (d & (e ^ a))) + 0x5a827999 + word(t + 3);
      d = rotl(d, 30);
      a += rotl(b, 5) + (e ^ (c & (d ^ e))) + 0x5a827999 + word(t + 4);
      c = rotl(c, 30);
    }
    for (; t < 40; t += 5) {
      e += rotl(a, 5) + (b ^ c ^ d) + 0x6ed9eba1 + word(t);
      b = rotl(b, 30);
      d += rotl(e, 5) + (a ^ b ^ c) + 0x6ed9eba1 + word(t + 1);
      a = rotl(a, 30);
      c += rotl(d, 5) + (e ^ a ^ b) + 0x6ed9eba1 + word(t + 2);
      e = rotl(e, 30);
      b += rotl(c, 5) + (d ^ e ^ a) + 0x6ed9eba1 + word(t + 3);
      d = rotl(d, 30);
      a += rotl(b, 5) + (c ^ d ^ e) + 0x6ed9eba1 + word(t + 4);
      c = rotl(c, 30);
    }
    for (; t < 60; t += 5) {
      e += rotl(a, 5) + ((b & c) | (d & (b | c))) + 0x8f1bbcdc + word(t);
      b = rotl(b, 30);
      d += rotl(e, 5) + ((a & b) | (c & (a | b))) + 0x8f1bbcdc + word(t + 1);
      a = rotl(a, 30);
      c += rotl(d, 5) + ((e & a) | (b & (e | a))) + 0x8f1bbcdc + word(t + 2);
      e = rotl(e, 30);
      b += rotl(c, 5) + ((d & e) | (a & (d | e))) + 0x8f1bbcdc + word(t + 3);
      d = rotl(d, 30);
      a += rotl(b, 5) + ((c & d) | (e & (c | d))) + 0x8f1bbcdc + word(t + 4);
      c = rotl(c, 30);
    }
    for (; t < 80; t += 5) {
      e += rotl(a, 5) + (b ^ c ^ d) + 0xca62c1d6 + word(t);
      b = rotl(b, 30);
      d += rotl(e, 5) + (a ^ b ^ c) + 0xca62c1d6 + word(t + 1);
      a = rotl(a, 30);
      c += rotl(d, 5) + (e ^ a ^ b) + 0xca62c1d6 + word(t + 2);
      e = rotl(e, 30);
      b += rotl(c, 5) + (d ^ e ^ a) + 0xca62c1d6 + word(t + 3);
      d = rotl(d, 30);
      a += rotl(b, 5) + (c ^ d ^ e) + 0xca62c1d6 + word(t + 4);
      c = rotl(c, 30);
    }
    h0 += a;
    h1 += b;
    h2 += c;
    h3 += d;
    h4 += e;
  }
  store<u32>(state, h0);
  store<u32>(state, h1, 4);
  store<u32>(state, h2, 8);
  store<u32>(state, h3, 12);
  store<u32>(state, h4, 16);
}

/** Begins a streaming hash. */
export function startHash(state: usize): void {
  startState(state);
  store<u64>(state, 0, 24);
}

/** Goes on with these bytes. */
export function updateHash(state: usize, from: usize, end: usize): void {
  const total = load<u64>(state, 24);
  store<u64>(state, total + (end - from), 24);
  const held = (<usize>total) & 63;
  if (held > 0) {
    const taken = min<usize>(64 - held, end - from);
    memory.copy(state + 32 + held, from, taken);
    if (held + taken < 64) return;
    hashBlocks(state, state + 32, 1);
    from += taken;
  }
  const blocks = <u32>((end - from) >> 6);
  hashBlocks(state, from, blocks);
  from += blocks << 6;
  memory.copy(state + 32, from, end - from);
}

/** Ends a streaming hash and writes its 20 bytes. */
export function finishHash(state: usize, to: usize): void {
  const total = load<u64>(state, 24);
  const held = (<usize>total) & 63;
  const block = state + 32;
  store<u8>(block + held, 0x80);
  memory.fill(block + held + 1, 0, 63 - held);
  if (held > 55) {
    hashBlocks(state, block, 1);
    memory.fill(block, 0, 56);
  }
  store<u64>(block, bswap(total << 3), 56);
  hashBlocks(state, block, 1);
  writeState(state, to);
}

/** Writes a state as the 20 bytes of a hash. */
export function writeState(state: usize, to: usize): void {
  for (let at: usize = 0; at < 20; at += 4) store<u32>(to + at, bswap(load<u32>(state + at)));
}
