/**
 * A repository as this page keeps it: one LightningFS, and so one IndexedDB database, for each, so
 * that removing a repository is removing a database. Opening and removing; nothing about git.
 */
import LightningFS from '@isomorphic-git/lightning-fs';

/** One repository, open. The same object for as long as it is open: `cache` must be shared. */
export interface Repository {
  readonly id: string;
  /** Where it was cloned from, without credentials. */
  readonly url: string;
  readonly fs: LightningFS;
  readonly dir: string;
  /**
   * isomorphic-git's cache of packs and of the index. Its keys are paths, so no two repositories
   * may share one; without one each read of an object would load its pack anew.
   */
  readonly cache: object;
}

/** The name of its database, which all of this page's have in front. */
const prefix = 'gitws-demo-';

/** Opens a repository, or the empty file system of one that is going to be cloned. */
export function openRepository(id: string, url: string): Repository {
  return { id, url, fs: new LightningFS(prefix + id), dir: '/repository', cache: {} };
}

/** What isomorphic-git's functions want of a repository. */
export function gitArguments(repository: Repository): {
  fs: LightningFS;
  dir: string;
  cache: object;
} {
  const { fs, dir, cache } = repository;
  return { fs, dir, cache };
}

/**
 * Writes down what LightningFS otherwise writes half a second later: its directory. Called after
 * each change, so that a page closed at once has lost nothing.
 */
export async function saveDirectory(repository: Repository): Promise<void> {
  await repository.fs.promises.flush();
  saved?.(repository.id);
}

let saved: ((id: string) => void) | undefined;

/** Calls back after each change of a repository that this page has made. */
export function onSaved(listener: (id: string) => void): void {
  saved = listener;
}

/**
 * Whether a repository is in this browser still. Looking makes nothing: opening a database that
 * is not there would.
 */
export async function isThere({ id, fs, dir }: Repository): Promise<boolean> {
  if (!(await hasDatabase(id))) return false;
  try {
    await fs.promises.stat(`${dir}/.git/HEAD`);
    return true;
  } catch (error) {
    // Anything else says nothing about what is there.
    if ((error as { code?: unknown } | null)?.code === 'ENOENT') return false;
    throw error;
  }
}

/** @returns true, too, where the browser does not tell. */
export async function hasDatabase(id: string): Promise<boolean> {
  if (!('databases' in indexedDB)) return true;
  const all = await indexedDB.databases();
  return all.some(({ name }) => name === prefix + id);
}

/**
 * Removes a repository and all that was changed in it. Waits for its LightningFS to close, which
 * happens half a second after its last use.
 */
export async function deleteRepository(id: string): Promise<void> {
  // The second one exists where the browser has no locks: pages that are not from a safe origin.
  await Promise.all([deleteDatabase(prefix + id), deleteDatabase(`${prefix}${id}_lock`)]);
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error ?? new Error(`${name} cannot be removed.`));
    // While it is blocked there is nothing to do but wait: success follows once it is closed.
  });
}
