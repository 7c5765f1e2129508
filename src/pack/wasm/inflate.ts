/**
 * zlib's format (RFC 1950 and 1951), inflated from the window to a place whose size is known. It
 * stops at the window's end wherever that is and goes on when more has come: what it has not taken
 * by then, a few bytes, has to stand at the beginning of the next window.
 *
 * The format's limits are zlib's, so that what git refuses is refused: see inflate.c there.
 */
import { updateAdler } from './adler';
import { copyMatch } from './copy';
import {
  bitCountBehindCodes,
  bitsBehindCodes,
  distanceTableMask,
  endOfCodes,
  literalTableMask,
  readCodes,
} from './codes';
import { END, INVALID, SPECIAL } from './huffman';
import {
  BAD_ADLER,
  BAD_BLOCK_TYPE,
  BAD_DISTANCE,
  BAD_STORED_LENGTH,
  BAD_SYMBOL,
  BAD_ZLIB_HEADER,
  DISTANCE_TABLE,
  DONE,
  FIXED_DISTANCE_TABLE,
  FIXED_LITERAL_TABLE,
  FULL,
  LITERAL_TABLE,
  MORE,
  PAUSE,
  TOO_LONG,
  TOO_SHORT,
} from './layout';
import { advanceTo, position, windowEnd } from './window';
import { allowance, isSpent, spend } from './work';

// Where in the format it is.
const HEADER: u32 = 0;
const BLOCK: u32 = 1;
const STORED_LENGTH: u32 = 2;
const STORED: u32 = 3;
const CODES: u32 = 4;
const CHECKSUM: u32 = 5;
let place: u32 = HEADER;

let bits: u64 = 0; // those taken from the window but not yet used, the next one lowest
let bitCount: u64 = 0; // between calls less than 8
let isLast: bool = false;
let storedLeft: usize = 0;

let literals: usize = 0; // the tables of the block
let distances: usize = 0;
let literalMask: u32 = 0;
let distanceMask: u32 = 0;

let historyStart: usize = 0; // nothing before it may be copied from
let output: usize = 0; // where the next byte goes
let roomEnd: usize = 0; // where it stops
let stop: usize = 0; // where it stops this time, to go on when others have had their turn
let limit: usize = 0; // what it must not write beyond; the end, unless the stream is open
let isOpen: bool = false; // whether more comes than fits, so that stopping is no error
let adler: u32 = 1;
let summedTo: usize = 0;

/** What a block's codes cost beside what they decode: theirs are tables to be made. */
const BLOCK_WORK: u64 = 2048;

/**
 * Begins at the window's position.
 *
 * @param to where to.
 * @param end where what is inflated has to end exactly; or, if `open`, where to stop for a while,
 * having written at most 512 bytes beyond.
 */
export function startInflating(to: usize, end: usize, open: bool): void {
  place = HEADER;
  bits = 0;
  bitCount = 0;
  historyStart = to;
  summedTo = to;
  adler = 1;
  goOnTo(to, end, open);
}

/** After FULL: what was written is done with, but for the history that now ends at `to`. */
export function continueInflating(history: usize, to: usize, end: usize, open: bool): void {
  historyStart = history;
  summedTo = to;
  goOnTo(to, end, open);
}

function goOnTo(to: usize, end: usize, open: bool): void {
  output = to;
  roomEnd = end;
  limit = open ? end + 512 : end;
  isOpen = open;
}

/** @returns where the next byte goes. */
export function inflatedTo(): usize {
  return output;
}

/** Takes what was written since the last call into the checksum. To be called before it is moved. */
export function sumInflated(): void {
  adler = updateAdler(adler, summedTo, output);
  summedTo = output;
}

/** @returns DONE, MORE (bytes in the window), FULL (only if open), PAUSE or a fault. */
export function inflate(): i32 {
  const begin = output;
  stop = min(roomEnd, begin + allowance());
  const result = inflateSome();
  spend(output - begin);
  // While it is warm, and so that it is not done for all at the end.
  if (result == PAUSE) sumInflated();
  return result;
}

function inflateSome(): i32 {
  while (true) {
    let result = DONE;
    switch (place) {
      case HEADER:
        result = readHeader();
        break;
      case BLOCK:
        result = readBlock();
        break;
      case STORED_LENGTH:
        result = readStoredLength();
        break;
      case STORED:
        result = copyStored();
        break;
      case CODES:
        result = decodeCodes();
        break;
      default:
        return readChecksum();
    }
    if (result != DONE) return result;
    if (isSpent()) return PAUSE;
  }
}

function readHeader(): i32 {
  const at = position();
  if (windowEnd() - at < 2) return MORE;
  const method = <u32>load<u8>(at);
  const flags = <u32>load<u8>(at, 1);
  // Deflate, a window of at most 32 KiB, no preset dictionary.
  if ((method & 15) != 8 || method >> 4 > 7 || flags & 32 || ((method << 8) | flags) % 31 != 0) {
    return BAD_ZLIB_HEADER;
  }
  advanceTo(at + 2);
  place = BLOCK;
  return DONE;
}

function readBlock(): i32 {
  let at = position();
  let held = bits;
  let count = bitCount;
  if (count < 3) {
    if (at == windowEnd()) return MORE;
    held |= (<u64>load<u8>(at++)) << count;
    count += 8;
  }
  const last = (held & 1) != 0;
  const type = (<u32>(held >> 1)) & 3;
  held >>= 3;
  count -= 3;
  if (type == 3) return BAD_BLOCK_TYPE;
  if (type == 2) {
    const result = readCodes(at, windowEnd(), held, count);
    if (result != DONE) return result;
    literals = LITERAL_TABLE;
    distances = DISTANCE_TABLE;
    literalMask = literalTableMask();
    distanceMask = distanceTableMask();
    bits = bitsBehindCodes();
    bitCount = bitCountBehindCodes();
    spend(BLOCK_WORK);
    advanceTo(endOfCodes());
    place = CODES;
  } else {
    bits = held;
    bitCount = count;
    advanceTo(at);
    if (type == 0) {
      place = STORED_LENGTH;
    } else {
      literals = FIXED_LITERAL_TABLE;
      distances = FIXED_DISTANCE_TABLE;
      literalMask = 511;
      distanceMask = 31;
      place = CODES;
    }
  }
  isLast = last;
  return DONE;
}

/** Up to the next whole byte, the bits are no part of what follows. */
function dropBits(): void {
  bits = 0;
  bitCount = 0;
}

function readStoredLength(): i32 {
  dropBits();
  const at = position();
  if (windowEnd() - at < 4) return MORE;
  const length = <u32>load<u16>(at);
  if (length != ((<u32>load<u16>(at, 2)) ^ 0xffff)) return BAD_STORED_LENGTH;
  advanceTo(at + 4);
  storedLeft = length;
  place = STORED;
  return DONE;
}

function copyStored(): i32 {
  if (storedLeft > 0) {
    const at = position();
    const taken = min(storedLeft, windowEnd() - at);
    const room = stop > output ? stop - output : 0;
    const copied = min(taken, room);
    memory.copy(output, at, copied);
    output += copied;
    storedLeft -= copied;
    advanceTo(at + copied);
    if (storedLeft > 0) {
      if (copied == room && (taken > room || isOpen)) return whereFull();
      return MORE;
    }
  }
  place = isLast ? CHECKSUM : BLOCK;
  return DONE;
}

/** @returns what it means that what is to be written has come to where it stops. */
function whereFull(): i32 {
  if (stop < roomEnd) return PAUSE;
  return isOpen ? FULL : TOO_LONG;
}

function readChecksum(): i32 {
  dropBits();
  const at = position();
  // Which of the two comes first is all the same to whoever gets the error.
  if (output < limit && !isOpen) return TOO_SHORT;
  if (windowEnd() - at < 4) return MORE;
  sumInflated();
  if (bswap(load<u32>(at)) != adler) return BAD_ADLER;
  advanceTo(at + 4);
  return DONE;
}

/** @returns where an entry of a table's second level stands. */
function second(table: usize, entry: u32, held: u64): usize {
  const mask: u32 = (1 << ((entry >> 8) & 15)) - 1;
  return table + ((<usize>((entry >> 16) + ((<u32>held) & mask))) << 2);
}

/** @returns the length or distance of an entry; `held` still begins with its code. */
function valueOf(entry: u32, held: u64): usize {
  const following = held & (((<u64>1) << ((<u64>entry) & 63)) - 1);
  return <usize>((entry >> 16) & 0x7fff) + <usize>(following >> ((<u64>(entry >> 8)) & 15));
}

/** Decodes up to the end of the block, of the window or of the room, whichever comes first. */
function decodeCodes(): i32 {
  const end = windowEnd();
  const lits = literals;
  const dists = distances;
  const litMask = literalMask;
  const distMask = distanceMask;
  const first = historyStart;
  const most = limit;
  const until = stop;
  const room = roomEnd;
  // Else what is at the end has to be the end.
  const mayStop = isOpen || until < room;
  let at = position();
  let held = bits;
  let count = bitCount;
  let to = output;
  let result: i32 = -1;
  do {
    // Quick while more than two loads of eight bytes are left.
    while (at + 16 <= end && to < until) {
      held |= load<u64>(at) << count;
      at += <usize>((63 - count) >> 3);
      count |= 56;
      let entry = load<u32>(lits + (((<usize>held) & litMask) << 2));
      if (<i32>entry < 0) {
        held >>= <u64>entry;
        count -= (<u64>entry) & 63;
        store<u8>(to, <u8>(entry >> 16));
        to += 1;
        entry = load<u32>(lits + (((<usize>held) & litMask) << 2));
        if (<i32>entry < 0) {
          held >>= <u64>entry;
          count -= (<u64>entry) & 63;
          store<u8>(to, <u8>(entry >> 16));
          to += 1;
          entry = load<u32>(lits + (((<usize>held) & litMask) << 2));
          if (<i32>entry < 0) {
            held >>= <u64>entry;
            count -= (<u64>entry) & 63;
            store<u8>(to, <u8>(entry >> 16));
            to += 1;
            continue;
          }
        }
      }
      if (entry & SPECIAL) {
        if (!(entry & (END | INVALID))) {
          held >>= <u64>entry;
          count -= (<u64>entry) & 63;
          entry = load<u32>(second(lits, entry, held));
          if (<i32>entry < 0) {
            held >>= <u64>entry;
            count -= (<u64>entry) & 63;
            store<u8>(to, <u8>(entry >> 16));
            to += 1;
            continue;
          }
        }
        if (entry & SPECIAL) {
          held >>= <u64>entry;
          count -= (<u64>entry) & 63;
          result = entry & END ? DONE : BAD_SYMBOL;
          break;
        }
      }
      const length = valueOf(entry, held);
      held >>= <u64>entry;
      count -= (<u64>entry) & 63;
      held |= load<u64>(at) << count;
      at += <usize>((63 - count) >> 3);
      count |= 56;
      entry = load<u32>(dists + (((<usize>held) & distMask) << 2));
      if (entry & SPECIAL) {
        if (!(entry & INVALID)) {
          held >>= <u64>entry;
          count -= (<u64>entry) & 63;
          entry = load<u32>(second(dists, entry, held));
        }
        if (entry & SPECIAL) {
          result = BAD_SYMBOL;
          break;
        }
      }
      const distance = valueOf(entry, held);
      held >>= <u64>entry;
      count -= (<u64>entry) & 63;
      if (distance > to - first) {
        result = BAD_DISTANCE;
        break;
      }
      if (to + length > most) {
        result = TOO_LONG;
        break;
      }
      copyMatch(to, distance, length);
      to += length;
    }
    at -= <usize>(count >> 3);
    count &= 7;
    held &= ((<u64>1) << count) - 1;
    // Up to three literals are written before anybody looks.
    if (to > most) result = TOO_LONG;
    if (result >= 0) break;
    if (to >= until && mayStop) {
      result = until < room ? PAUSE : FULL;
      break;
    }
    // One symbol with care. No symbol with its distance has more than 48 bits.
    let here = held;
    let left = count;
    let next = at;
    while (left < 48 && next < end) {
      here |= (<u64>load<u8>(next++)) << left;
      left += 8;
    }
    let entry = load<u32>(lits + (((<usize>here) & litMask) << 2));
    if ((entry & (SPECIAL | END | INVALID)) == SPECIAL && <i32>entry >= 0) {
      const taken = (<u64>entry) & 63;
      if (taken > left) {
        result = MORE;
        break;
      }
      here >>= taken;
      left -= taken;
      entry = load<u32>(second(lits, entry, here));
    }
    if (((<u64>entry) & 63) > left) {
      result = MORE;
      break;
    }
    if (<i32>entry < 0) {
      here >>= <u64>entry;
      left -= (<u64>entry) & 63;
      if (to == most) {
        result = TOO_LONG;
        break;
      }
      store<u8>(to, <u8>(entry >> 16));
      to += 1;
    } else if (entry & SPECIAL) {
      here >>= <u64>entry;
      left -= (<u64>entry) & 63;
      result = entry & END ? DONE : BAD_SYMBOL;
    } else {
      const length = valueOf(entry, here);
      here >>= <u64>entry;
      left -= (<u64>entry) & 63;
      entry = load<u32>(dists + (((<usize>here) & distMask) << 2));
      if ((entry & (SPECIAL | INVALID)) == SPECIAL) {
        const taken = (<u64>entry) & 63;
        if (taken > left) {
          result = MORE;
          break;
        }
        here >>= taken;
        left -= taken;
        entry = load<u32>(second(dists, entry, here));
      }
      if (((<u64>entry) & 63) > left) {
        result = MORE;
        break;
      }
      if (entry & SPECIAL) {
        result = BAD_SYMBOL;
        break;
      }
      const distance = valueOf(entry, here);
      here >>= <u64>entry;
      left -= (<u64>entry) & 63;
      if (distance > to - first) {
        result = BAD_DISTANCE;
        break;
      }
      if (to + length > most) {
        result = TOO_LONG;
        break;
      }
      copyMatch(to, distance, length);
      to += length;
    }
    at = next - <usize>(left >> 3);
    count = left & 7;
    held = here & (((<u64>1) << count) - 1);
  } while (result < 0);
  advanceTo(at);
  bits = held;
  bitCount = count;
  output = to;
  if (result == DONE) place = isLast ? CHECKSUM : BLOCK;
  return result;
}
