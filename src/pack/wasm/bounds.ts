/** The limits of what a pack may ask for. src/pack/index/limits.ts says what each is good for. */
import {
  OVER_DELTA_DEPTH,
  OVER_OBJECT_BYTES,
  OVER_INFLATED_BYTES,
  OVER_RESULT_BYTES,
  DONE,
} from './layout';

let objectBytes: u64 = 0;
let inflatedBytes: u64 = 0;
let resultBytes: u64 = 0;
let deltaDepth: u32 = 0;

let inflated: u64 = 0;
let results: u64 = 0;

export function setBounds(object: u64, inflatedSum: u64, resultSum: u64, depth: u32): void {
  objectBytes = object;
  inflatedBytes = inflatedSum;
  resultBytes = resultSum;
  deltaDepth = depth;
}

/** To be called before an entry is inflated for the first time. @returns DONE or a fault. */
export function allowEntry(size: u64): i32 {
  if (size > objectBytes) return OVER_OBJECT_BYTES;
  inflated += size;
  return inflated > inflatedBytes ? OVER_INFLATED_BYTES : DONE;
}

/** To be called before memory is taken for an object. @returns DONE or a fault. */
export function allowResult(size: u64, depth: u32): i32 {
  if (size > objectBytes) return OVER_OBJECT_BYTES;
  if (depth > deltaDepth) return OVER_DELTA_DEPTH;
  results += size;
  return results > resultBytes ? OVER_RESULT_BYTES : DONE;
}
