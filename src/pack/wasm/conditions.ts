/**
 * The quick part of looking for collision attacks on SHA-1: which of the 32 known classes of attacks
 * a block of a message may have been made by. (Stevens, "Counter-cryptanalysis", 2013; Stevens and
 * Shumow, "Speeding up detection of SHA-1 collision attacks using unavoidable attack conditions",
 * 2017.) collisions.ts looks closer at the few that are left.
 *
 * Such an attack follows a disturbance vector, I(K, b) or II(K, b), which says what bits of the two
 * messages' schedules differ. In steps 35 to 65 the differences of the states have to cancel out, and
 * they can only if certain bits of the schedule are equal to each other, or not. The conditions here
 * follow from that; test/pack/conditions.ts derives them anew. Which of them are used is a matter of
 * cost: those that hold, shifted, for many K. One block in twenty passes for one vector.
 *
 * Written for one block (T is u32) as for four (v128, a block in each lane).
 */

/** The first step whose bits are looked at. */
const FIRST: usize = 35;
/** K of bit 0 in the results. */
const K0: i32 = 43;

function and<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.and(a, b);
  return a & b;
}
function or<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.or(a, b);
  return a | b;
}
function xor<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.xor(a, b);
  return a ^ b;
}
/** @returns `a` without what is in `b`. */
function without<T>(a: T, b: T): T {
  if (isVector<T>()) return v128.andnot(a, b);
  return a & ~b;
}
function splat<T>(value: u32): T {
  if (isVector<T>()) return i32x4.splat(value);
  return value;
}
/** @returns `a` shifted to lower bits; to higher ones if `by` is negative. */
function shift<T>(a: T, by: i32): T {
  if (by < 0) {
    if (isVector<T>()) return i32x4.shl(a, -by);
    return a << -by;
  }
  if (isVector<T>()) return i32x4.shr_u(a, by);
  return a >> by;
}

// Of two words, in whose bytes, nibbles or pairs of bits stand columns: the lower ones, or the higher
// ones, of both.
function lower<T>(a: T, b: T, mask: u32, by: i32): T {
  const m = splat<T>(mask);
  return or(and(a, m), shift<T>(and(b, m), -by));
}
function higher<T>(a: T, b: T, mask: u32, by: i32): T {
  const m = splat<T>(mask);
  return or(and(shift<T>(a, by), m), without(b, m));
}

/** @returns the schedule's word of a step. */
function word<T>(schedule: usize, step: usize): T {
  return load<T>(schedule + (FIRST + step) * sizeof<T>());
}

/** @returns the lowest bytes of the words of four steps. */
function lowBytes<T>(schedule: usize, step: usize): T {
  const m = splat<T>(0xff);
  const a = and(word<T>(schedule, step), m);
  const b = shift<T>(and(word<T>(schedule, step + 8), m), -8);
  const c = shift<T>(and(word<T>(schedule, step + 16), m), -16);
  return or(or(a, b), or(c, shift<T>(word<T>(schedule, step + 24), -24)));
}

/** @returns bit 29 of a step's word, where its column has it. */
function bit29<T>(schedule: usize, step: usize): T {
  return shift<T>(and(word<T>(schedule, step), splat<T>(1 << 29)), 29 - <i32>step);
}
/** @returns those of eight steps. */
function bits29<T>(schedule: usize, step: usize): T {
  return or(
    or(
      or(bit29<T>(schedule, step), bit29<T>(schedule, step + 1)),
      or(bit29<T>(schedule, step + 2), bit29<T>(schedule, step + 3)),
    ),
    or(
      or(bit29<T>(schedule, step + 4), bit29<T>(schedule, step + 5)),
      or(bit29<T>(schedule, step + 6), bit29<T>(schedule, step + 7)),
    ),
  );
}

/** @returns where two bits of the schedule, the second some steps after the first, differ. */
function differ<T>(first: T, second: T, after: i32): T {
  return xor(first, shift<T>(second, after));
}

/** All vectors of a kind. */
const ALL: u32 = 0xffffffff;

/** @returns the vectors without those of `masked` for which the bits at K + `offset` differ. */
function equal<T>(vectors: T, differing: T, offset: i32, masked: u32 = ALL): T {
  const d = shift<T>(differing, offset + K0 - <i32>FIRST);
  return without(vectors, masked == ALL ? d : and(d, splat<T>(masked)));
}
/** @returns those without the ones for which they are equal. */
function different<T>(vectors: T, differing: T, offset: i32, masked: u32 = ALL): T {
  const d = shift<T>(differing, offset + K0 - <i32>FIRST);
  return masked == ALL ? and(vectors, d) : without(vectors, without(splat<T>(masked), d));
}

/**
 * @param schedule the 80 words of the block's expanded message.
 * @param to where two words are written: in their bits are the vectors left, by K - 43; those with
 * b = 0 in the first word, b = 2 in the second, type II from bit 16 on.
 * @returns both together: 0 if there is none.
 */
export function findVectors<T>(schedule: usize, to: usize): T {
  // The schedule's columns: a word for each of these bits, with a bit for each step from 35 on.
  const l0 = lowBytes<T>(schedule, 0);
  const l4 = lowBytes<T>(schedule, 4);
  const l1 = lowBytes<T>(schedule, 1);
  const l5 = lowBytes<T>(schedule, 5);
  const l2 = lowBytes<T>(schedule, 2);
  const l6 = lowBytes<T>(schedule, 6);
  const l3 = lowBytes<T>(schedule, 3);
  const l7 = lowBytes<T>(schedule, 7);
  const n0 = lower(l0, l4, 0x0f0f0f0f, 4);
  const n1 = lower(l1, l5, 0x0f0f0f0f, 4);
  const n2 = lower(l2, l6, 0x0f0f0f0f, 4);
  const n3 = lower(l3, l7, 0x0f0f0f0f, 4);
  const a0 = lower(n0, n2, 0x33333333, 2);
  const a1 = lower(n1, n3, 0x33333333, 2);
  const w0 = lower(a0, a1, 0x55555555, 1);
  const w1 = higher(a0, a1, 0x55555555, 1);
  const b0 = higher(n0, n2, 0x33333333, 2);
  const b1 = higher(n1, n3, 0x33333333, 2);
  const w2 = lower(b0, b1, 0x55555555, 1);
  const o0 = higher(l0, l4, 0x0f0f0f0f, 4);
  const o1 = higher(l1, l5, 0x0f0f0f0f, 4);
  const o2 = higher(l2, l6, 0x0f0f0f0f, 4);
  const o3 = higher(l3, l7, 0x0f0f0f0f, 4);
  const c0 = lower(o0, o2, 0x33333333, 2);
  const c1 = lower(o1, o3, 0x33333333, 2);
  const w4 = lower(c0, c1, 0x55555555, 1);
  const w5 = higher(c0, c1, 0x55555555, 1);
  const d0 = higher(o0, o2, 0x33333333, 2);
  const d1 = higher(o1, o3, 0x33333333, 2);
  const w6 = lower(d0, d1, 0x55555555, 1);
  const w7 = higher(d0, d1, 0x55555555, 1);
  const w29 = or(
    or(bits29<T>(schedule, 4), bits29<T>(schedule, 12)),
    or(bits29<T>(schedule, 20), or(bit29<T>(schedule, 28), bit29<T>(schedule, 29))),
  );

  const d4x29x2 = differ(w4, w29, 2);
  const d4x29x3 = differ(w4, w29, 3);
  const d4x29x4 = differ(w4, w29, 4);
  const d4x4x2 = differ(w4, w4, 2);
  const d0x5x1 = differ(w0, w5, 1);
  const d1x6x1 = differ(w1, w6, 1);

  let one = splat<T>(0x3ff); // I(43, 0) to I(52, 0)
  one = equal(one, d4x29x3, -10, 0x3f0);
  one = equal(one, d4x29x4, -10, 0x3fc);
  one = different(one, d4x4x2, -6);
  one = equal(one, d4x29x2, -6, 0x3fe);
  one = equal(one, d4x29x3, -6);
  one = different(one, differ(w4, w29, 10), -6);
  one = different(one, d4x4x2, -4);
  one = equal(one, d4x29x3, -4);
  one = equal(one, d4x29x3, -2);
  one = equal(one, d4x29x3, 0);
  one = equal(one, d4x29x4, 0);
  one = different(one, d0x5x1, 15, 0x7f);
  one = different(one, d1x6x1, 18, 0xf);

  let two = splat<T>(0x3ffc); // II(45, 0) to II(56, 0)
  two = different(two, d4x4x2, -16, 0x3e00);
  two = equal(two, d4x29x3, -16, 0x3c00);
  two = equal(two, d4x29x4, -12, 0x3ff0);
  two = equal(two, d4x29x2, -9, 0x3ff0);
  two = equal(two, d4x29x3, -9, 0x3ff8);
  two = equal(two, d4x29x4, -9);
  two = equal(two, d4x29x2, -4);
  two = equal(two, d4x29x3, -4);
  two = equal(two, d4x29x4, -4);
  two = different(two, d4x4x2, 2, 0x7fc);
  two = equal(two, d4x29x2, 2, 0x1ffc);
  two = equal(two, d4x29x3, 2, 0xffc);
  two = equal(two, d4x29x3, 4, 0x3fc);
  two = equal(two, d4x29x4, 4);
  two = different(two, d0x5x1, 15, 0x7c);

  const d1x6x3 = differ(w1, w6, 3);
  const d1x1x2 = differ(w1, w1, 2);
  const d2x7x1 = differ(w2, w7, 1);

  let oneB2 = splat<T>(0x1f8); // I(46, 2) to I(51, 2)
  oneB2 = different(oneB2, d1x6x1, -14, 0x1c0);
  oneB2 = different(oneB2, d1x1x2, -11, 0x1c0);
  oneB2 = different(oneB2, d1x6x1, -11);
  oneB2 = different(oneB2, differ(w1, w1, 8), -7);
  oneB2 = different(oneB2, d1x6x1, -7);
  oneB2 = different(oneB2, d1x6x3, -7);
  oneB2 = different(oneB2, differ(w1, w6, 5), -7);
  oneB2 = different(oneB2, differ(w1, w6, 7), -7);
  oneB2 = different(oneB2, d2x7x1, 15, 0x78);

  let twoB2 = splat<T>(0x1c8); // II(46, 2), and II(49, 2) to II(51, 2)
  twoB2 = different(twoB2, d0x5x1, -13, 0x1c0);
  twoB2 = different(twoB2, d1x1x2, -10, 0x1c0);
  twoB2 = different(twoB2, d1x6x1, -10);
  twoB2 = different(twoB2, d1x1x2, -5);
  twoB2 = different(twoB2, d1x6x1, -5);
  twoB2 = different(twoB2, differ(w1, w1, 4), 1);
  twoB2 = different(twoB2, d1x6x1, 1);
  twoB2 = different(twoB2, d1x6x3, 1);
  twoB2 = different(twoB2, d2x7x1, 15, 0x48);

  const zero = or(one, shift<T>(two, -16));
  const b2 = or(oneB2, shift<T>(twoB2, -16));
  store<T>(to, zero);
  store<T>(to + sizeof<T>(), b2);
  return or(zero, b2);
}
