/** The window: the bytes of the pack that have come and have not been taken yet. */
import { WINDOW, WINDOW_SIZE } from './layout';

let at: usize = WINDOW;
let end: usize = WINDOW;
/** Offset in the pack of the window's first byte. */
let offset: u64 = 0;

/** @returns the address of the next byte. */
export function position(): usize {
  return at;
}

/** @returns the address behind the last byte. */
export function windowEnd(): usize {
  return end;
}

export function advanceTo(address: usize): void {
  at = address;
}

/** @returns the offset in the pack of the next byte. */
export function packOffset(): u64 {
  return offset + (at - WINDOW);
}

/** Empties the window: what comes next is what stands at this offset. */
export function resetWindow(from: u64): void {
  at = WINDOW;
  end = WINDOW;
  offset = from;
}

/**
 * Moves what is left to the window's beginning.
 *
 * @returns where the next bytes have to be written.
 */
export function makeRoom(): usize {
  const left = end - at;
  memory.copy(WINDOW, at, left);
  offset += at - WINDOW;
  at = WINDOW;
  end = WINDOW + left;
  return end;
}

/** @returns how many bytes may be written there. */
export function room(): usize {
  return WINDOW + WINDOW_SIZE - end;
}

/** Says that so many bytes have been written. */
export function addBytes(count: usize): void {
  end += count;
}
