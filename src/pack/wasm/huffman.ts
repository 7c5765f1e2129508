/**
 * Decoding tables of deflate's codes (RFC 1951, 3.2.2). A table is looked up with the next bits of
 * the input, as many as its first level has; longer codes lead to a second level.
 *
 * An entry says how many bits to take, in its low 6 bits: those of the code and those that follow
 * it to complete a length or a distance. Bits 8 to 11 are those of the code alone. From bit 16 on
 * stands the literal, the smallest length or distance of the symbol, or where the second level
 * begins, whose number of bits then stands in bits 8 to 11.
 */
import {
  CODE_LENGTHS,
  COUNTS,
  DISTANCE_RESULTS,
  FIXED_DISTANCE_TABLE,
  FIXED_LITERAL_TABLE,
  LENGTH_ORDER,
  LENGTH_RESULTS,
  LITERAL_RESULTS,
  SORTED,
  STARTS,
} from './layout';

/** Literals are those that are negative as an i32. */
export const LITERAL: u32 = 0x80000000;
/** Neither literal nor length: END, INVALID, or else a second level. */
export const SPECIAL: u32 = 0x8000;
export const END: u32 = 0x4000;
export const INVALID: u32 = 0x2000;

/** Bits of the first level of the tables of literals and distances. */
export const LITERAL_BITS: u32 = 10;
export const DISTANCE_BITS: u32 = 8;

/** Whether a code that leaves bit strings unused is allowed if its only code has one bit. */
export const COMPLETE: bool = false;
export const ONE_OR_COMPLETE: bool = true;

/** To be called once, before anything else here. */
export function prepareTables(): void {
  for (let symbol: u32 = 0; symbol < 288; symbol++) {
    store<u32>(LITERAL_RESULTS + (symbol << 2), literalResult(symbol));
  }
  for (let symbol: u32 = 0; symbol < 32; symbol++) {
    let result: u32 = SPECIAL | INVALID;
    if (symbol < 4) result = (symbol + 1) << 16;
    else if (symbol < 30) {
      const extra = (symbol >> 1) - 1;
      result = ((((2 | (symbol & 1)) << extra) + 1) << 16) | extra;
    }
    store<u32>(DISTANCE_RESULTS + (symbol << 2), result);
  }
  for (let symbol: u32 = 0; symbol < 19; symbol++) {
    store<u32>(LENGTH_RESULTS + (symbol << 2), symbol << 16);
  }
  // 16 17 18 0 8 7 9 6 | 10 5 11 4 12 3 13 2 | 14 1 15
  store<u64>(LENGTH_ORDER, 0x0609_0708_0012_1110);
  store<u64>(LENGTH_ORDER, 0x020d_030c_040b_050a, 8);
  store<u32>(LENGTH_ORDER, 0x0f_010e, 16);
  memory.fill(CODE_LENGTHS, 8, 144);
  memory.fill(CODE_LENGTHS + 144, 9, 112);
  memory.fill(CODE_LENGTHS + 256, 7, 24);
  memory.fill(CODE_LENGTHS + 280, 8, 8);
  buildTable(FIXED_LITERAL_TABLE, CODE_LENGTHS, 288, LITERAL_RESULTS, 9, COMPLETE);
  memory.fill(CODE_LENGTHS, 5, 32);
  buildTable(FIXED_DISTANCE_TABLE, CODE_LENGTHS, 32, DISTANCE_RESULTS, 5, COMPLETE);
}

function literalResult(symbol: u32): u32 {
  if (symbol < 256) return LITERAL | (symbol << 16);
  if (symbol == 256) return SPECIAL | END;
  if (symbol < 265) return (symbol - 254) << 16;
  if (symbol == 285) return 258 << 16;
  if (symbol > 285) return SPECIAL | INVALID;
  const extra = (symbol - 261) >> 2;
  return ((((4 | ((symbol - 1) & 3)) << extra) + 3) << 16) | extra;
}

/**
 * Builds a table.
 *
 * @param table where to.
 * @param lengths u8[symbols]: how many bits the code of each symbol has, 0 for none.
 * @param results u32[symbols]: what the entry of each symbol says beside its bits.
 * @param limit the most bits of the first level.
 * @param kind COMPLETE, or ONE_OR_COMPLETE: zlib takes an incomplete code with a single code of one
 * bit, and one without any code, for literals and for distances (inflate_table in inftrees.c).
 * @returns bits of the first level; 0 if there is no such code.
 */
export function buildTable(
  table: usize,
  lengths: usize,
  symbols: u32,
  results: usize,
  limit: u32,
  kind: bool,
): u32 {
  memory.fill(COUNTS, 0, 64);
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const at = COUNTS + ((<usize>load<u8>(lengths + symbol)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let longest: u32 = 15;
  while (longest > 0 && load<u32>(COUNTS + (longest << 2)) == 0) longest--;
  if (longest == 0) {
    // A code without codes: whatever is decoded with it is an error.
    store<u32>(table, (SPECIAL | INVALID) + 0x101);
    store<u32>(table, (SPECIAL | INVALID) + 0x101, 4);
    return kind == ONE_OR_COMPLETE ? 1 : 0;
  }
  let left: i32 = 1;
  let start: u32 = 0;
  for (let length: u32 = 1; length <= 15; length++) {
    const count = load<u32>(COUNTS + (length << 2));
    left = (left << 1) - <i32>count;
    if (left < 0) return 0;
    store<u32>(STARTS + (length << 2), start);
    start += count;
  }
  if (left > 0) {
    if (kind == COMPLETE || longest != 1) return 0;
    store<u32>(table, (SPECIAL | INVALID) + 0x101);
    store<u32>(table, (SPECIAL | INVALID) + 0x101, 4);
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = <usize>load<u8>(lengths + symbol);
    if (length == 0) continue;
    const at = STARTS + (length << 2);
    const place = load<u32>(at);
    store<u16>(SORTED + (place << 1), <u16>symbol);
    store<u32>(at, place + 1);
  }
  return fillTable(table, results, longest < limit ? longest : limit, longest);
}

/**
 * Writes the entries in the order of the codes' lengths. Codes are read from their first bit, which
 * is the lowest of the index: a code of n bits stands at all indices that end with it, which come
 * about by doubling what is there whenever the length grows by one.
 */
function fillTable(table: usize, results: usize, bits: u32, longest: u32): u32 {
  let next = SORTED;
  let code: u32 = 0; // with its first bit lowest
  let length: u32 = 1;
  for (; length <= bits; length++) {
    const size: u32 = 1 << length;
    for (let count = load<u32>(COUNTS + (length << 2)); count > 0; count--) {
      const symbol = <usize>load<u16>(next);
      next += 2;
      store<u32>(table + (code << 2), load<u32>(results + (symbol << 2)) + length * 0x101);
      if (code == size - 1) return double(table, length, bits);
      code = following(code, size - 1);
    }
    if (length < bits) duplicate(table, size);
  }
  // An incomplete code of one code.
  if (longest <= bits) return bits;
  const mask: u32 = (1 << bits) - 1;
  let prefix: u32 = NO_PREFIX;
  let begin: u32 = 0;
  let end: u32 = 1 << bits;
  let width: u32 = 0;
  for (; length <= longest; length++) {
    for (let count = load<u32>(COUNTS + (length << 2)); count > 0; count--) {
      if ((code & mask) != prefix) {
        prefix = code & mask;
        begin = end;
        width = length - bits;
        // As many bits as the codes that begin like this need to fill it.
        for (let space = count; space < <u32>(1 << width);) {
          width++;
          space = (space << 1) + load<u32>(COUNTS + ((bits + width) << 2));
        }
        end = begin + (1 << width);
        store<u32>(table + (prefix << 2), SPECIAL | (begin << 16) | (width << 8) | bits);
      }
      const symbol = <usize>load<u16>(next);
      next += 2;
      const entry = load<u32>(results + (symbol << 2)) + (length - bits) * 0x101;
      for (let index = begin + (code >> bits); index < end; index += 1 << (length - bits)) {
        store<u32>(table + (index << 2), entry);
      }
      if (code == <u32>(1 << length) - 1) return bits;
      code = following(code, (1 << length) - 1);
    }
  }
  return bits;
}

const NO_PREFIX: u32 = 0xffffffff;

/** @returns the next code of the same length, `code` plus one with its bits in reversed order. */
function following(code: u32, mask: u32): u32 {
  const bit: u32 = 0x80000000 >> clz(code ^ mask);
  return (code & (bit - 1)) | bit;
}

function double(table: usize, length: u32, bits: u32): u32 {
  for (; length < bits; length++) duplicate(table, 1 << length);
  return bits;
}

/** Repeats the first `size` entries (at least two) behind themselves. */
function duplicate(table: usize, size: u32): void {
  const end = table + (size << 2);
  let to = end;
  for (let from = table; from < end; from += 8) {
    store<u64>(to, load<u64>(from));
    to += 8;
  }
}
