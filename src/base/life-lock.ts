/**
 * How one page or worker learns that another is no more. Nobody is told when one is ended from outside; but
 * it holds a Web Lock for as long as it lives, and whoever waits for that gets it then.
 */
import { randomName } from './random-name.js';

/**
 * @returns the browser's Web Locks; undefined where there are none: they exist in secure contexts alone, and
 *   documents without an origin of their own may not use them.
 */
export function webLocks(): LockManager | undefined {
  return (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
}

/**
 * In the worker: takes a lock for good.
 *
 * @param prefix of its name.
 * @returns its name; undefined where there are no Web Locks.
 */
export async function holdLifeLock(prefix: string): Promise<string | undefined> {
  return (await holdLock(prefix))?.name;
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
  webLocks()
    ?.request(lock, { signal }, then)
    .catch(() => undefined);
}

/**
 * Takes a lock until it is given back, or this page or worker ends.
 *
 * @param prefix of its name.
 * @returns undefined where there are no Web Locks.
 */
export async function holdLock(
  prefix: string,
): Promise<{ readonly name: string; readonly release: () => void } | undefined> {
  const locks = webLocks();
  if (locks === undefined) return undefined;
  const name = `${prefix}.${randomName()}`;
  return new Promise((resolve) => {
    const hold = (): Promise<void> => {
      return new Promise((release) => {
        resolve({ name, release });
      });
    };
    locks.request(name, hold).catch(() => resolve(undefined));
  });
}

/** @returns whether somebody holds a lock. Where there are no Web Locks nobody does. */
export async function isLocked(name: string): Promise<boolean> {
  return (await webLocks()?.request(name, { ifAvailable: true }, (lock) => lock === null)) ?? false;
}

/** Waits until nobody holds a lock. @throws the signal's reason. */
export async function waitForLock(name: string, signal: AbortSignal): Promise<void> {
  await webLocks()?.request(name, { signal }, () => undefined);
}
