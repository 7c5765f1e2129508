/**
 * What a pack may ask of whoever indexes it. A pack is a stranger's program for allocating memory:
 * every number in it is checked against these before anything is done about it.
 */
import { GitWsError } from '../../base/errors.js';
import { checkedQuantity } from '../../base/quantity.js';

/** What a pack may ask for; above any of these it is refused with PACK_LIMIT. */
export interface PackLimits {
  /** Objects in the pack, up to 24,000,000. Default 16,000,000. */
  readonly objects: number;
  /** Bytes of the pack, up to 2 GiB - 1. Default 2 GiB - 1. */
  readonly packBytes: number;
  /** Bytes of one object, or of one delta, unpacked, up to 2 GiB - 1. Default 512 MiB. */
  readonly objectBytes: number;
  /** Bytes that all entries inflate to together. Default 64 GiB. */
  readonly inflatedBytes: number;
  /** Bytes of all objects together, deltas applied. Default 1 TiB. */
  readonly resultBytes: number;
  /** Deltas between an object and what it is made from, up to 65,535. Default 4,095. */
  readonly deltaDepth: number;
  /** Bytes in memory at once while deltas are resolved, up to 3 GiB. Default 1.5 GiB. */
  readonly resolvingBytes: number;
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** The defaults. All are generous to real repositories, and small beside what a bomb asks for. */
export const defaultPackLimits: PackLimits = {
  /** Objects in the pack. Each costs 68 bytes of memory, and 28 bytes of pack index. */
  objects: 16_000_000,
  /** Bytes of the pack. Beyond 2 GiB its index needs 64-bit offsets, which isomorphic-git cannot read. */
  packBytes: 2 * gibibyte - 1,
  /** Bytes of one object, or of one delta, unpacked: what has to be in memory at once. */
  objectBytes: 512 * mebibyte,
  /** Bytes that all entries inflate to together, as they declare it: time, not memory. */
  inflatedBytes: 64 * gibibyte,
  /** Bytes of all objects together, deltas applied: time again, and the multiplier of a bomb of deltas. */
  resultBytes: 1024 * gibibyte,
  /** Deltas between an object and what it is made from. git itself makes no chain longer than this. */
  deltaDepth: 4095,
  /** Bytes of bases, deltas and results in memory at once while deltas are resolved after the pack's end. */
  resolvingBytes: 1.5 * gibibyte,
};

/** The most that a limit may be set to, where the engine's own numbers end. */
const highest: Partial<PackLimits> = {
  objects: 24_000_000,
  packBytes: 2 * gibibyte - 1,
  objectBytes: 2 * gibibyte - 1,
  deltaDepth: 65_535,
  resolvingBytes: 3 * gibibyte,
};

/**
 * @param given what differs from the defaults.
 * @returns all limits.
 * @throws GitWsError `INVALID_OPTION`.
 */
export function completeLimits(given: Partial<PackLimits> = {}): PackLimits {
  const limits: Record<string, number> = { ...defaultPackLimits };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const most = (highest as Record<string, number>)[name] ?? Number.MAX_SAFE_INTEGER;
    if (!Object.hasOwn(defaultPackLimits, name)) {
      throw new GitWsError('INVALID_OPTION', `There is no limit "${name}" for packs.`);
    }
    limits[name] = checkedQuantity(`limits.${name}`, value, { least: 0, most }) ?? 0;
  }
  return limits as unknown as PackLimits;
}
