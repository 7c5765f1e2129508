/** The codes that a block of deflate brings along (RFC 1951, 3.2.7), as tables. */
import { buildTable, COMPLETE, DISTANCE_BITS, LITERAL_BITS, ONE_OR_COMPLETE } from './huffman';
import {
  BAD_CODE,
  CODE_LENGTHS,
  DISTANCE_RESULTS,
  DISTANCE_TABLE,
  DONE,
  LENGTH_LENGTHS,
  LENGTH_ORDER,
  LENGTH_RESULTS,
  LENGTH_TABLE,
  LITERAL_RESULTS,
  LITERAL_TABLE,
  MORE,
} from './layout';

let literalMask: u32 = 0;
let distanceMask: u32 = 0;
let codesEnd: usize = 0;
let leftBits: u64 = 0;
let leftCount: u64 = 0;

/** @returns the mask of the index of LITERAL_TABLE, after {@link readCodes}. */
export function literalTableMask(): u32 {
  return literalMask;
}
/** @returns the same of DISTANCE_TABLE. */
export function distanceTableMask(): u32 {
  return distanceMask;
}
/** @returns where the codes end. */
export function endOfCodes(): usize {
  return codesEnd;
}
/** @returns the bits before that which are not used, less than 8. */
export function bitsBehindCodes(): u64 {
  return leftBits;
}
export function bitCountBehindCodes(): u64 {
  return leftCount;
}

/**
 * Reads the codes of a block and makes their tables. It reads on beyond the window's end, where
 * nothing means anything; whatever comes of that, it is only because more is needed.
 *
 * @param end the window's end.
 * @param held bits before those at `at`, the next one lowest; `count` is how many.
 * @returns DONE, MORE or a fault.
 */
export function readCodes(at: usize, end: usize, held: u64, count: u64): i32 {
  held |= load<u64>(at) << count;
  at += <usize>((63 - count) >> 3);
  count |= 56;
  const literalCount = ((<u32>held) & 31) + 257;
  const distanceCount = ((<u32>(held >> 5)) & 31) + 1;
  const lengthCount = ((<u32>(held >> 10)) & 15) + 4;
  held >>= 14;
  count -= 14;
  memory.fill(LENGTH_LENGTHS, 0, 19);
  for (let index: u32 = 0; index < lengthCount; index++) {
    if (count < 3) {
      held |= load<u64>(at) << count;
      at += <usize>((63 - count) >> 3);
      count |= 56;
    }
    store<u8>(LENGTH_LENGTHS + <usize>load<u8>(LENGTH_ORDER + index), (<u8>held) & 7);
    held >>= 3;
    count -= 3;
  }
  if (at - <usize>(count >> 3) > end) return MORE;
  if (literalCount > 286 || distanceCount > 30) return BAD_CODE;
  const lengthBits = buildTable(LENGTH_TABLE, LENGTH_LENGTHS, 19, LENGTH_RESULTS, 7, COMPLETE);
  if (lengthBits == 0) return BAD_CODE;
  const mask: u32 = (1 << lengthBits) - 1;
  const total = literalCount + distanceCount;
  let fault = DONE;
  for (let index: u32 = 0; index < total;) {
    if (count < 14) {
      held |= load<u64>(at) << count;
      at += <usize>((63 - count) >> 3);
      count |= 56;
    }
    const entry = load<u32>(LENGTH_TABLE + (((<usize>held) & mask) << 2));
    held >>= entry & 63;
    count -= entry & 63;
    const symbol = entry >> 16;
    if (symbol < 16) {
      store<u8>(CODE_LENGTHS + index++, <u8>symbol);
      continue;
    }
    let repeated: u8 = 0;
    let times: u32;
    if (symbol == 16) {
      times = 3 + ((<u32>held) & 3);
      held >>= 2;
      count -= 2;
      if (index == 0) {
        fault = BAD_CODE;
        break;
      }
      repeated = load<u8>(CODE_LENGTHS + index - 1);
    } else if (symbol == 17) {
      times = 3 + ((<u32>held) & 7);
      held >>= 3;
      count -= 3;
    } else {
      times = 11 + ((<u32>held) & 127);
      held >>= 7;
      count -= 7;
    }
    if (index + times > total) {
      fault = BAD_CODE;
      break;
    }
    memory.fill(CODE_LENGTHS + index, repeated, times);
    index += times;
  }
  if (at - <usize>(count >> 3) > end) return MORE;
  if (fault != DONE) return fault;
  if (load<u8>(CODE_LENGTHS, 256) == 0) return BAD_CODE;
  // Before the other table, whose building needs the same places.
  const literalBits = buildTable(
    LITERAL_TABLE,
    CODE_LENGTHS,
    literalCount,
    LITERAL_RESULTS,
    LITERAL_BITS,
    ONE_OR_COMPLETE,
  );
  if (literalBits == 0) return BAD_CODE;
  const distanceBits = buildTable(
    DISTANCE_TABLE,
    CODE_LENGTHS + literalCount,
    distanceCount,
    DISTANCE_RESULTS,
    DISTANCE_BITS,
    ONE_OR_COMPLETE,
  );
  if (distanceBits == 0) return BAD_CODE;
  literalMask = (1 << literalBits) - 1;
  distanceMask = (1 << distanceBits) - 1;
  codesEnd = at - <usize>(count >> 3);
  leftCount = count & 7;
  leftBits = held & (((<u64>1) << leftCount) - 1);
  return DONE;
}
