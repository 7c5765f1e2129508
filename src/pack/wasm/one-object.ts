/**
 * The engine's inflate alone, compiled to a module of its own: for one object that lies in memory whole,
 * as it is read out of a pack. The input is at most a window, the result at most 4 GiB.
 */
import { prepareTables } from './huffman';
import { inflate, startInflating } from './inflate';
import { OUT_OF_MEMORY, STREAM, WINDOW, WINDOW_SIZE } from './layout';
import { addBytes, resetWindow } from './window';
import { startWork } from './work';

/** Where the bytes have to be written that are to be inflated, and how many there may be. */
export const inputAddress: usize = WINDOW;
export const inputSize: usize = WINDOW_SIZE;

/** Where the result is. */
export const outputAddress: usize = STREAM;

/** What is read behind the end of an input, and written behind that of a result, and means nothing. */
const slack: usize = 0x1000;

/** To be called once, before anything else. @returns whether there is memory for it. */
export function prepare(): bool {
  if (!reaches(STREAM)) return false;
  prepareTables();
  return true;
}

/**
 * @param length of the input in bytes.
 * @param size of the result in bytes, exactly.
 * @returns DONE, MORE where the input ends too early, or a fault.
 */
export function inflateOne(length: u32, size: u32): i32 {
  if (!reaches(STREAM + <usize>size)) return OUT_OF_MEMORY;
  resetWindow(0);
  addBytes(length);
  startInflating(STREAM, STREAM + <usize>size, false);
  // All of it: it is as much as the caller would have done at once.
  startWork(0x7fffffff);
  return inflate();
}

/** Has the memory reach up to an address, and a little beyond. */
function reaches(end: usize): bool {
  const pages = <i32>((<u64>end + slack + 0xffff) >> 16);
  return pages <= memory.size() || memory.grow(pages - memory.size()) >= 0;
}
