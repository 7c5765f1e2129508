/**
 * How much a call has done, so that none does much at once: bytes that were inflated, copied, hashed
 * or checked, and what other steps are worth in bytes. All that can be large is divided by this.
 */

let left: i64 = 0;
let done: u64 = 0;

/** To be called first in every call that may take long. @param budget bytes, about. */
export function startWork(budget: u32): void {
  left = budget;
  done = 0;
}

/** Says that so many bytes of work have been done. */
export function spend(bytes: u64): void {
  left -= bytes;
  done += bytes;
}

/** @returns whether the call has done enough. */
export function isSpent(): bool {
  return left <= 0;
}

/** @returns how many bytes of work are left, but some in any case, so that every call gets on. */
export function allowance(): usize {
  return left > 4096 ? <usize>left : 4096;
}

/** @returns how many bytes of work the last call has done. */
export function workDone(): f64 {
  return <f64>done;
}
