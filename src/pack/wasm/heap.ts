/**
 * Blocks of memory behind the table, for what is needed while deltas are resolved after the pack's
 * end, and for the pack index. Freed blocks are kept by size, four sizes for each power of two, so
 * that the next ones are found warm. A block that several need is freed by the last of them.
 *
 * Before a block's content stand its size class and count of users (8 bytes), then the room for
 * git's header; behind it is slack. The memory itself only grows: WebAssembly cannot give any back.
 */
import { AFTER, BEFORE, CLASS_LISTS } from './layout';

const PREFIX: usize = 16 + BEFORE;

let top: usize = 0;
let used: u64 = 0;
let most: u64 = 0;

/** To be called once, with where the heap begins and the most bytes that may be in use at once. */
export function prepareHeap(from: usize, limit: u64): void {
  top = (from + 15) & ~15;
  most = limit;
  memory.fill(CLASS_LISTS, 0, 640);
}

/** @returns whether memory reaches to `end`, if necessary after it has grown. */
export function reach(end: u64): bool {
  const pages = (end + 0xffff) >> 16;
  if (pages > 65535) return false;
  const present = <u64>memory.size();
  return pages <= present || memory.grow(<i32>(pages - present)) >= 0;
}

/** @returns whether so many bytes more may be in use. */
export function isWithinLimit(bytes: u64): bool {
  return used + bytes <= most;
}

function classOf(bytes: u64): u32 {
  // Its power of two, and which quarter between that and the next.
  const power = 63 - <u32>clz(bytes - 1);
  return ((power << 2) | ((<u32>((bytes - 1) >> (power - 2))) & 3)) + 1;
}

function bytesOf(list: u32): u64 {
  return (<u64>(4 | (list & 3))) << ((list >> 2) - 2);
}

/** @returns the address of a block's content, with one user; 0 if there is no memory. */
export function allocate(bytes: u32): usize {
  const needed = <u64>bytes + PREFIX + AFTER;
  const list = classOf(max(needed, <u64>512));
  // A little too large is better than more memory.
  for (let from = list; from < list + 4; from++) {
    const free = <usize>load<u32>(CLASS_LISTS + ((<usize>from) << 2));
    if (free != 0) {
      store<u32>(CLASS_LISTS + ((<usize>from) << 2), load<u32>(free, 8));
      store<u32>(free, 1, 4);
      used += bytesOf(from);
      return free + PREFIX;
    }
  }
  const block = top;
  const length = bytesOf(list);
  if (!reach(<u64>block + length + 64)) return 0;
  top = block + <usize>((length + 15) & ~15);
  store<u32>(block, list);
  store<u32>(block, 1, 4);
  used += length;
  return block + PREFIX;
}

/** Says that a block has one user more. */
export function retain(content: usize): void {
  const block = content - PREFIX;
  store<u32>(block, load<u32>(block, 4) + 1, 4);
}

/** Says that one of a block's users is done with it. */
export function release(content: usize): void {
  const block = content - PREFIX;
  const users = load<u32>(block, 4) - 1;
  store<u32>(block, users, 4);
  if (users > 0) return;
  const list = load<u32>(block);
  used -= bytesOf(list);
  const head = CLASS_LISTS + ((<usize>list) << 2);
  store<u32>(block, load<u32>(head), 8);
  store<u32>(head, <u32>block);
}
