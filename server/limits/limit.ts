/** What a limit is, and the units that their defaults are written in. */
import type { Unit } from './quantity-text.js';

/** One limit. */
export interface Limit {
  readonly unit: Unit;
  readonly default: number;
  /** What is limited, and what happens above it: a noun phrase. */
  readonly meaning: string;
  /** Why the default is what it is: a sentence. */
  readonly reason: string;
  /** Default 0. */
  readonly minimum?: number;
  /** Default: `largestQuantity`. */
  readonly maximum?: number;
}

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const second = 1_000;
export const minute = 60 * second;
