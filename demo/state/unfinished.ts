/**
 * Clones that were begun and have not ended. What has come of one stays when its page is reloaded or
 * crashes, and the next page goes on with it: so it is written down what it is of. Credentials are not.
 */
import type { CloneRequest } from '../repository/clone.js';
import { deleteRepository } from '../repository/repository.js';
import { isText, recall, remember } from './storage.js';

/** A clone, as it was asked for. */
export interface UnfinishedClone extends CloneRequest {
  readonly name: string;
  /** When it was begun, in ms since 1970. */
  readonly begunAt: number;
}

/** How long what nobody goes on with is left alone, in ms: its tab may be about to be restored. */
const keptTime = 24 * 3_600_000;

/** How long a page waits for the one before it to be gone, in ms. */
const handOverTime = 2_000;

const readClones = (): readonly UnfinishedClone[] => recall('cloning', areClones, []);

/**
 * Runs a clone of which nobody else is at work.
 *
 * @returns undefined, too, where another page is.
 */
export async function whileCloning<T>(
  clone: UnfinishedClone,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const run = async (): Promise<T> => {
    remember('cloning', [clone, ...readClones().filter(({ id }) => id !== clone.id)]);
    setOwn(clone.id);
    try {
      return await work();
    } finally {
      forget(clone.id);
      setOwn('');
    }
  };
  // Pages from an unsafe origin have no locks.
  if (!('locks' in navigator)) return run();
  const signal = AbortSignal.timeout(handOverTime);
  try {
    return await navigator.locks.request(lockName(clone.id), { signal }, run);
  } catch (error) {
    // The lock was not to be had. What the work fails with is its own affair.
    if (error === signal.reason) return undefined;
    throw error;
  }
}

/**
 * @param isElsewhere whether the page has something else to show, unless this tab was about it.
 * @returns the clone to go on with.
 */
export function leftClone(isElsewhere: boolean): UnfinishedClone | undefined {
  if (!('locks' in navigator)) return undefined;
  const [latest] = readClones();
  const own = readClones().find(({ id }) => id === getOwn());
  return own ?? (isElsewhere ? undefined : latest);
}

/** Deletes what was left of clones that nobody has gone on with. */
export async function sweepClones(): Promise<void> {
  if (!('locks' in navigator)) return;
  const old = readClones().filter(({ begunAt }) => Date.now() - begunAt > keptTime);
  for (const { id } of old) {
    await navigator.locks.request(lockName(id), { ifAvailable: true }, async (lock) => {
      if (lock === null) return;
      await deleteRepository(id);
      forget(id);
    });
  }
}

function lockName(id: string): string {
  return `gitws-demo-clone-${id}`;
}

function forget(id: string): void {
  remember(
    'cloning',
    readClones().filter((other) => other.id !== id),
  );
}

/** The id of this tab's; empty for none. */
function getOwn(): string {
  return recall('cloning', isText, '', 'this tab');
}

function setOwn(id: string): void {
  remember('cloning', id, 'this tab');
}

function areClones(value: unknown): value is UnfinishedClone[] {
  return Array.isArray(value) && value.every(isClone);
}

function isClone(value: unknown): value is UnfinishedClone {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, url, gateway, branch, depth, isPartial, begunAt } = value as Record<
    string,
    unknown
  >;
  const isTextOrNone = (one: unknown): boolean => one === undefined || isText(one);
  return (
    [id, name, url].every(isText) &&
    [gateway, branch].every(isTextOrNone) &&
    (depth === undefined || typeof depth === 'number') &&
    typeof isPartial === 'boolean' &&
    typeof begunAt === 'number'
  );
}
