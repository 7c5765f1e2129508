/**
 * The worker of the last small pack, kept for the next one: a page that fetches a few objects at a time
 * would else start a worker for each, which takes longer than the pack does.
 */
import { hold } from '../../base/hold.js';
import type { Met } from './worker-messages.js';

/** How long one is kept, in ms. It is another thread, and holds the memory of one small pack. */
export const spareTime = 5_000;

/** Bytes of a pack after which it is kept. One that has indexed more is ended, and its memory free at once. */
export const smallPack = 0x400000;

let spare: { readonly met: Met; readonly timer: ReturnType<typeof setTimeout> } | undefined;

/** @returns the one that is kept, which is the caller's from now on. */
export function takeSpare(): Met | undefined {
  const met = spare?.met;
  clearTimeout(spare?.timer);
  spare = undefined;
  hold(met?.worker, true);
  return met;
}

/**
 * Ends a worker that was started here, or keeps it.
 *
 * @param bytes of the pack that it has indexed; undefined where it has not, or where the next one would
 *   not be indexed in it: the caller named its script.
 */
export function leaveWorker(met: Met, bytes: number | undefined): void {
  if (!met.isOwn) return;
  if (bytes === undefined || bytes > smallPack || spare !== undefined) {
    met.worker.terminate();
    return;
  }
  const timer = setTimeout(() => takeSpare()?.worker.terminate(), spareTime);
  spare = { met, timer };
  // In Bun a program would not end before it: that has workers as pages do, and stays for them.
  hold(met.worker, false);
  hold(timer, false);
}
