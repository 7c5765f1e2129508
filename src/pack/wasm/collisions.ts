/**
 * Looks in blocks of messages for traces of a collision attack on SHA-1, as git's own SHA-1 does
 * (Stevens, "Counter-cryptanalysis"): for each disturbance vector that conditions.ts leaves, the other
 * message of the pair is computed, and whether its block ends in the same state.
 */
import { findVectors } from './conditions';
import { DIFFERENCES, MIDDLE_STATES, NONE, SCHEDULE, VECTORS } from './layout';

let isLooking: bool = false;
let collided: u32 = NONE;

/** @returns whether blocks are to be looked at. */
export function looksForCollisions(): bool {
  return isLooking;
}
/** @returns an object in which there is a trace, or NONE. */
export function collidedObject(): u32 {
  return collided;
}
/** Says that there is one in an object. */
export function reportCollision(object: u32): void {
  if (collided == NONE) collided = object;
}

/** Bits of a word of vectors: type, and b, and K. See findVectors. */
const SLOTS: u32 = 64;
const K0: u32 = 43;

/** Words of a vector's differences: those of 80 steps, then the step to begin at. */
const WORDS: usize = 81;

/**
 * If the states differ in more bits than these before step 35, it is no attack: in one, they differ
 * in the few of the vector. If in half of them, as they do by chance, the rest need not be computed.
 */
const MOST_BITS: u32 = 32;
const CHECK_STEP: u32 = 35;

function differencesOf(slot: u32): usize {
  return DIFFERENCES + <usize>slot * (WORDS << 2);
}

/** To be called once. */
export function prepareCollisions(isWanted: bool): void {
  isLooking = isWanted;
  if (!isWanted) return;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    const kind = slot >> 4; // b = 0: I, II; b = 2: I, II
    prepareVector(slot, (kind & 1) != 0, K0 + (slot & 15), (kind >> 1) << 1);
  }
}

/** The vector in SCHEDULE, from step -5 on, then the message's differences in the table. */
function prepareVector(slot: u32, isSecond: bool, k: u32, b: u32): void {
  const zero: usize = SCHEDULE + (5 << 2); // step 0
  for (let step = k; step < k + 16; step++) setWord(zero, step, 0);
  if (isSecond) {
    setWord(zero, k + 1, rotl<u32>(1, b + 31));
    setWord(zero, k + 3, rotl<u32>(1, b + 31));
  }
  setWord(zero, k + 15, 1 << b);
  for (let step = k + 16; step < 80; step++) {
    const mixed =
      wordOf(zero, step - 3) ^
      wordOf(zero, step - 8) ^
      wordOf(zero, step - 14) ^
      wordOf(zero, step - 16);
    setWord(zero, step, rotl<u32>(mixed, 1));
  }
  for (let step = <i32>k - 1; step >= -5; step--) {
    const mixed = rotr<u32>(wordOf(zero, step + 16), 1);
    setWord(
      zero,
      step,
      mixed ^ wordOf(zero, step + 13) ^ wordOf(zero, step + 8) ^ wordOf(zero, step + 2),
    );
  }
  const differences = differencesOf(slot);
  for (let step: i32 = 0; step < 80; step++) {
    // What cancels a disturbance in the steps after it.
    setWord(
      differences,
      step,
      wordOf(zero, step) ^
        rotl<u32>(wordOf(zero, step - 1), 5) ^
        wordOf(zero, step - 2) ^
        rotl<u32>(wordOf(zero, step - 3) ^ wordOf(zero, step - 4) ^ wordOf(zero, step - 5), 30),
    );
  }
  // A step before which the states do not differ.
  let begin: i32 = 65;
  while (begin > 55 && !isQuiet(zero, begin)) begin -= 5;
  setWord(differences, 80, begin);
}

function isQuiet(zero: usize, step: i32): bool {
  for (let before = 1; before <= 5; before++) if (wordOf(zero, step - before) != 0) return false;
  return true;
}

function wordOf(zero: usize, step: i32): u32 {
  return load<u32>(zero + ((<usize>step) << 2));
}
function setWord(zero: usize, step: i32, value: u32): void {
  store<u32>(zero + ((<usize>step) << 2), value);
}

/**
 * Looks at blocks that have just been hashed: their words are in SCHEDULE, their states before some
 * steps in MIDDLE_STATES.
 *
 * @param after the state after the block, its five words as far apart as those there.
 * @returns the lanes in which there is a trace, as bits.
 */
export function findCollisions<T>(after: usize): u32 {
  const found = findVectors<T>(SCHEDULE, VECTORS);
  if (isVector<T>()) {
    if (!v128.any_true(found)) return 0;
  } else if (found == 0) {
    return 0;
  }
  let lanes: u32 = 0;
  for (let lane: usize = 0; lane < sizeof<T>(); lane += 4) {
    const bit: u32 = 1 << ((<u32>lane) >> 2);
    const vectors =
      (<u64>load<u32>(VECTORS + lane)) | ((<u64>load<u32>(VECTORS + sizeof<T>() + lane)) << 32);
    for (let left = vectors; left != 0; left &= left - 1) {
      const slot = <u32>ctz(left);
      if (isCollision(slot, lane, sizeof<T>(), after)) lanes |= bit;
    }
  }
  return lanes;
}

// The state of the other message.
let stateA: u32 = 0;
let stateB: u32 = 0;
let stateC: u32 = 0;
let stateD: u32 = 0;
let stateE: u32 = 0;

/** @returns where the state before one of these steps is kept: 35, 55, 60 and 65. */
export function middleState(step: u32, stride: usize): usize {
  return MIDDLE_STATES + (step == 35 ? 0 : (<usize>step / 5 - 10) * 5 * stride);
}

/**
 * @param lane where the block's words are among those of `stride` bytes.
 * @returns whether the other message, which differs by a vector, comes to the same state.
 */
function isCollision(slot: u32, lane: usize, stride: usize, after: usize): bool {
  const differences = differencesOf(slot);
  const words = SCHEDULE + lane;
  const begin = wordOf(differences, 80);
  loadState(middleState(begin, stride) + lane, stride);
  undoSteps(begin, CHECK_STEP, differences, words, stride);
  if (distance(middleState(CHECK_STEP, stride) + lane, stride) > MOST_BITS) return false;
  undoSteps(CHECK_STEP, 0, differences, words, stride);
  const a = stateA;
  const b = stateB;
  const c = stateC;
  const d = stateD;
  const e = stateE;
  loadState(middleState(begin, stride) + lane, stride);
  doSteps(begin, differences, words, stride);
  stateA += a;
  stateB += b;
  stateC += c;
  stateD += d;
  stateE += e;
  return distance(after + lane, stride) == 0;
}

function loadState(from: usize, stride: usize): void {
  stateA = load<u32>(from);
  stateB = load<u32>(from + stride);
  stateC = load<u32>(from + 2 * stride);
  stateD = load<u32>(from + 3 * stride);
  stateE = load<u32>(from + 4 * stride);
}

/** @returns in how many bits the state is another than one that is kept. */
function distance(from: usize, stride: usize): u32 {
  return (
    popcnt(stateA ^ load<u32>(from)) +
    popcnt(stateB ^ load<u32>(from + stride)) +
    popcnt(stateC ^ load<u32>(from + 2 * stride)) +
    popcnt(stateD ^ load<u32>(from + 3 * stride)) +
    popcnt(stateE ^ load<u32>(from + 4 * stride))
  );
}

/** @returns what a step adds beside `e` and the rotated `a`. */
function mixed(step: u32, word: u32, b: u32, c: u32, d: u32): u32 {
  if (step < 20) return word + 0x5a827999 + (d ^ (b & (c ^ d)));
  if (step < 40) return word + 0x6ed9eba1 + (b ^ c ^ d);
  if (step < 60) return word + 0x8f1bbcdc + ((b & c) | (d & (b | c)));
  return word + 0xca62c1d6 + (b ^ c ^ d);
}

/** Goes back from before one step to before another. */
function undoSteps(from: u32, to: u32, differences: usize, words: usize, stride: usize): void {
  let a = stateA;
  let b = stateB;
  let c = stateC;
  let d = stateD;
  let e = stateE;
  for (let step = from; step-- > to;) {
    const word = load<u32>(words + <usize>step * stride) ^ wordOf(differences, step);
    const next = a;
    a = b;
    b = rotr(c, 30);
    c = d;
    d = e;
    e = next - rotl(a, 5) - mixed(step, word, b, c, d);
  }
  stateA = a;
  stateB = b;
  stateC = c;
  stateD = d;
  stateE = e;
}

/** Goes on from before a step to the end. */
function doSteps(from: u32, differences: usize, words: usize, stride: usize): void {
  let a = stateA;
  let b = stateB;
  let c = stateC;
  let d = stateD;
  let e = stateE;
  for (let step = from; step < 80; step++) {
    const word = load<u32>(words + <usize>step * stride) ^ wordOf(differences, step);
    const next = rotl(a, 5) + e + mixed(step, word, b, c, d);
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  stateA = a;
  stateB = b;
  stateC = c;
  stateD = d;
  stateE = e;
}
