/** Git's deltas (gitformat-pack): how a result is copied together from its base and new bytes. */
import { copyBytes } from './copy';
import { allowance, spend } from './work';
import {
  BAD_DELTA_COMMAND,
  BAD_DELTA_COPY,
  BAD_DELTA_HEADER,
  BAD_DELTA_INSERT,
  BAD_DELTA_RESULT,
  COPY_SHUFFLES,
  DONE,
  PAUSE,
} from './layout';

let baseSize: u64 = 0;
let resultSize: u64 = 0;
let instructions: usize = 0;

/** To be called once: for each copy instruction, which of the bytes behind it go where. */
export function prepareDeltas(): void {
  if (!ASC_FEATURE_SIMD) return;
  memory.fill(COPY_SHUFFLES, 0xff, 128 * 16);
  for (let command: u32 = 0; command < 128; command++) {
    let from: u8 = 0;
    for (let bit: u32 = 0; bit < 7; bit++) {
      // Four bytes of the offset, then three of the size.
      if (command & (1 << bit)) store<u8>(COPY_SHUFFLES + (command << 4) + bit, from++);
    }
  }
}

function readSize(at: usize, end: usize): u64 {
  let size: u64 = 0;
  for (let shift: u64 = 0; at < end && shift < 63; shift += 7) {
    const byte = <u64>load<u8>(at++);
    size |= (byte & 127) << shift;
    if (byte < 128) {
      instructions = at;
      return size;
    }
  }
  instructions = 0;
  return 0;
}

/** Reads what a delta begins with. @returns DONE or a fault. */
export function readDeltaHeader(at: usize, end: usize): i32 {
  baseSize = readSize(at, end);
  if (instructions == 0) return BAD_DELTA_HEADER;
  resultSize = readSize(instructions, end);
  return instructions == 0 ? BAD_DELTA_HEADER : DONE;
}

/** @returns how long the base has to be, after {@link readDeltaHeader}. */
export function deltaBaseSize(): u64 {
  return baseSize;
}
/** @returns how long the result will be. */
export function deltaResultSize(): u64 {
  return resultSize;
}

// The delta that is being applied.
let next: usize = 0;
let end: usize = 0;
let base: usize = 0;
let baseLength: u32 = 0;
let output: usize = 0;
let outputEnd: usize = 0;
/** What is left of a copy instruction that is larger than what is done at once. */
let copyFrom: usize = 0;
let copyLeft: u32 = 0;

/** More than this is never copied at once. */
const COPY_MOST: u32 = 0x10000;

/**
 * Begins to apply the delta whose header was read, for {@link goOnApplying}.
 *
 * @param until the delta's end.
 * @param from the base, of so many bytes.
 * @param to where to, with room for the result.
 */
export function startApplying(until: usize, from: usize, length: u32, to: usize): void {
  next = instructions;
  end = until;
  base = from;
  baseLength = length;
  output = to;
  outputEnd = to + <usize>resultSize;
  copyLeft = 0;
}

/** @returns DONE, PAUSE or a fault. */
export function goOnApplying(): i32 {
  const begin = output;
  const first = next;
  // Of what it reads and of what it writes.
  const half = allowance() >> 1;
  const result = applySome(begin + half, first + half);
  spend(output - begin + (next - first));
  return result;
}

/** Applies until the output is there, or that many instructions are read. */
function applySome(pauseAt: usize, pauseAfter: usize): i32 {
  let at = next;
  let to = output;
  const until = end;
  const toEnd = outputEnd;
  let result: i32 = DONE;
  while (at < until || copyLeft > 0) {
    if (to >= pauseAt || at >= pauseAfter) {
      result = PAUSE;
      break;
    }
    if (copyLeft > 0) {
      const size = min(copyLeft, COPY_MOST);
      copyBytes(to, copyFrom, size);
      to += size;
      copyFrom += size;
      copyLeft -= size;
      continue;
    }
    const command = <u32>load<u8>(at++);
    if (command & 0x80) {
      let offset: u32 = 0;
      let size: u32 = 0;
      if (ASC_FEATURE_SIMD) {
        const shuffle = v128.load(COPY_SHUFFLES + ((<usize>(command & 127)) << 4));
        const both = i64x2.extract_lane(i8x16.swizzle(v128.load(at), shuffle), 0);
        offset = <u32>both;
        size = <u32>((<u64>both) >> 32);
        at += <usize>popcnt(command & 127);
      } else {
        if (command & 1) offset = load<u8>(at++);
        if (command & 2) offset |= (<u32>load<u8>(at++)) << 8;
        if (command & 4) offset |= (<u32>load<u8>(at++)) << 16;
        if (command & 8) offset |= (<u32>load<u8>(at++)) << 24;
        if (command & 16) size = load<u8>(at++);
        if (command & 32) size |= (<u32>load<u8>(at++)) << 8;
        if (command & 64) size |= (<u32>load<u8>(at++)) << 16;
      }
      if (size == 0) size = 0x10000;
      if (at > until || <u64>offset + size > <u64>baseLength || size > <u32>(toEnd - to)) {
        return BAD_DELTA_COPY;
      }
      if (size > COPY_MOST) {
        copyFrom = base + offset;
        copyLeft = size;
        continue;
      }
      copyBytes(to, base + offset, size);
      to += size;
    } else if (command != 0) {
      if (at + command > until || command > <u32>(toEnd - to)) return BAD_DELTA_INSERT;
      copyBytes(to, at, command);
      to += command;
      at += command;
    } else {
      return BAD_DELTA_COMMAND;
    }
  }
  next = at;
  output = to;
  if (result == DONE && to != toEnd) return BAD_DELTA_RESULT;
  return result;
}
