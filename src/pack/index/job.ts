/** What there is to do for a pack, and with what: the same in a worker and on the caller's thread. */
import type { PackLimits } from './limits.js';
import type { BaseObject, PackProgress } from './index-pack-options.js';
import type { Pace } from './pace.js';
import type { PackStore } from './store.js';

/** What is needed to index one pack. */
export interface Job {
  readonly module: WebAssembly.Module;
  readonly source: AsyncIterator<Uint8Array>;
  readonly limits: PackLimits;
  readonly store: PackStore;
  readonly pace: Pace;
  readonly sizes: JobSizes;
  readonly detectsCollisions: boolean;
  readonly onProgress: ((progress: PackProgress) => void) | undefined;
  readonly base: ((oids: readonly string[]) => Promise<readonly BaseObject[]>) | undefined;
}

/** In bytes. */
export interface JobSizes {
  /** Memory for resolved objects at most: a multiple of 16. See {@link ringFor}. */
  readonly ring: number;
  /** The most that the engine is given at once. */
  readonly piece: number;
  /** What the engine does, in bytes of work, before it is asked whether there should be a break. */
  readonly budget: number;
}

/** Where nobody waits for the thread. */
export const workerSizes: JobSizes = { ring: 0x2000000, piece: 0x100000, budget: 0x400000 };
/** Where a page does: a call of the engine takes a few ms at most. */
export const sliceSizes: JobSizes = { ring: 0x1000000, piece: 0x10000, budget: 0x80000 };

/** What the ring has for each object of a pack that has few, and at least. */
const [ringPerObject, smallestRing] = [0x8000, 0x100000];

/**
 * The ring of a pack: a fetch of a few objects does not pay for the memory of a clone. An object that
 * does not fit is read back when a delta needs it, which is slower, and as right.
 *
 * @returns bytes, a multiple of 16.
 */
export function ringFor(objects: number, { ring }: Pick<JobSizes, 'ring'>): number {
  return Math.min(ring, Math.max(smallestRing, objects * ringPerObject));
}
