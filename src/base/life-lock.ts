/**
 * How a page learns that a worker is no more. Nobody is told when one is ended from outside; but it holds
 * a Web Lock for as long as it lives, and whoever waits for that gets it then.
 */
import { randomName } from './random-name.js';

/**
 * In the worker: takes a lock for good.
 *
 * @param prefix of its name.
 * @returns its name; undefined where there are no Web Locks: they exist in secure contexts alone, and
 *   documents without an origin of their own may not use them.
 */
export function holdLifeLock(prefix: string): Promise<string | undefined> {
  const { locks } = (globalThis.navigator ?? {}) as { locks?: LockManager };
  const name = `${prefix}.${randomName()}`;
  return new Promise((resolve) => {
    const held = locks?.request(name, () => {
      resolve(name);
      return new Promise(() => undefined);
    });
    if (held === undefined) resolve(undefined);
    else held.catch(() => resolve(undefined));
  });
}

/**
 * In the page: waits for the worker's end.
 *
 * @param lock its lock; undefined where there are none, and nothing is learned.
 * @param signal ends the wait.
 */
export function whenLifeEnds(
  lock: string | undefined,
  signal: AbortSignal,
  then: () => void,
): void {
  if (lock === undefined) return;
  globalThis.navigator.locks.request(lock, { signal }, then).catch(() => undefined);
}
