/**
 * Tests that only the long run has, in a file with others: `npm test` ends within minutes, and what
 * tries more ways, more positions or more bytes of the same need not be run by whoever changes a line.
 * A test of the other run is not there, rather than skipped: a skipped one is a fault.
 */
import { describe, it as vitestIt } from 'vitest';

/** Whether this is `npm run test:long`, as vitest.config.ts says. */
export const isLongRun = process.env['LONG_TESTS'] === 'true';

/** Takes every call and every property, and does nothing: `it.each(table)(name, run)`. */
export const absent: unknown = new Proxy(() => undefined, {
  apply: () => absent,
  get: () => absent,
});

/** Vitest's, in the short run. */
export const it = (isLongRun ? absent : vitestIt) as typeof vitestIt;

export const test = it;

/** Vitest's, in the long run. */
export const long = (isLongRun ? vitestIt : absent) as typeof vitestIt;

/** Vitest's `describe`, in the long run: for tests that are all of `long`. */
export const describeLong = (isLongRun ? describe : absent) as typeof describe;
