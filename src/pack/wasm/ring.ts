/**
 * The ring of resolved objects: as many of the last ones as fit, each in one piece, with room for
 * git's header before it and for SHA-1's padding after it. Deltas whose base is still in it are
 * applied at once.
 */
import { AFTER, BEFORE, RING } from './layout';

/** Bytes of the ring. */
let size: u64 = 0;
/** Where the next object may begin, counted through all laps. Not 0, which means nowhere. */
let head: u64 = 0;

/** To be called once. */
export function prepareRing(bytes: u64): void {
  size = bytes;
  head = bytes;
}

/** @returns whether an object of this size is kept in the ring. */
export function fitsRing(bytes: u64): bool {
  return bytes <= size >> 2;
}

/** @returns where the content of the next object of this size will stand, without taking it. */
export function nextPlace(bytes: u64): u64 {
  const needed = bytes + BEFORE + AFTER;
  const inLap = head % size;
  return (inLap + needed > size ? head + size - inLap : head) + BEFORE;
}

/** @returns where the ring's head will be once an object stands at this place. */
export function headAfter(place: u64, bytes: u64): u64 {
  return (place + bytes + AFTER + 15) & ~15;
}

/** @returns whether what was written at a place is still there when the head is at `then`. */
export function survives(place: u64, then: u64): bool {
  return place != 0 && place - BEFORE + size >= then;
}

/** Takes what {@link nextPlace} gave. */
export function takePlace(place: u64, bytes: u64): void {
  head = headAfter(place, bytes);
}

/** @returns whether what was written there is still there. */
export function isInRing(place: u64): bool {
  return survives(place, head);
}

export function ringAddress(place: u64): usize {
  return RING + <usize>(place % size);
}
