/** Adler-32 (RFC 1950, 8.2), of what zlib has inflated. */

/** The most bytes whose sums do not overflow 32 bits; a multiple of 16. */
const STRIDE: usize = 5552;

/** @returns the checksum of what `adler` is that of (1 for nothing), followed by these bytes. */
export function updateAdler(adler: u32, from: usize, end: usize): u32 {
  let a: u32 = adler & 0xffff;
  let b: u32 = adler >> 16;
  while (from < end) {
    const stop = end - from > STRIDE ? from + STRIDE : end;
    if (ASC_FEATURE_SIMD && stop - from >= 16) {
      const blocks = (stop - from) >> 4;
      b += a * <u32>(blocks << 4);
      let sums = i32x4.splat(0); // of all bytes so far
      let before = i32x4.splat(0); // for each block, of all bytes before it
      let weighted = i32x4.splat(0); // of the bytes by their place in the block
      for (const until = from + (blocks << 4); from < until; from += 16) {
        before = i32x4.add(before, sums);
        const bytes = v128.load(from);
        sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
        const low = i32x4.dot_i16x8_s(
          i16x8.extend_low_i8x16_u(bytes),
          i16x8(16, 15, 14, 13, 12, 11, 10, 9),
        );
        const high = i32x4.dot_i16x8_s(
          i16x8.extend_high_i8x16_u(bytes),
          i16x8(8, 7, 6, 5, 4, 3, 2, 1),
        );
        weighted = i32x4.add(weighted, i32x4.add(low, high));
      }
      a += sum(sums);
      b += (sum(before) << 4) + sum(weighted);
    }
    for (; from < stop; from++) {
      a += load<u8>(from);
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}

function sum(v: v128): u32 {
  return (
    i32x4.extract_lane(v, 0) +
    i32x4.extract_lane(v, 1) +
    i32x4.extract_lane(v, 2) +
    i32x4.extract_lane(v, 3)
  );
}
