/**
 * A repository as this page keeps it: a storage, and so an IndexedDB database, for each, so that removing
 * a repository is removing a database. git runs in a worker, which has the storage and the demo's own
 * commands. Opening and removing; nothing about git.
 */
import { startGit, type OffThreadCommands, type WorkerGit } from 'gitws/worker';
import type { commands } from '../worker/commands.js';
import { isMissing } from './missing.js';
import { signingIn, wayArguments, type CredentialSource, type Way } from './remote.js';

type Commands = typeof commands;

/** git's commands and the demo's, run in the worker. */
export type Git = WorkerGit & OffThreadCommands<Commands>;

/** Where a repository is kept, and where it comes from. */
export interface Place extends Way {
  readonly id: string;
  /** Where it was cloned from, without credentials. */
  readonly url: string;
}

/** One repository, open. */
export interface Repository extends Place {
  readonly dir: string;
  readonly git: Git;
}

/** The name of its database, which all of this page's have in front. */
const prefix = 'gitws-demo-';

/** Commands after which other tabs have to look again. */
const changing = [
  ...['amendCommit', 'bringBack', 'bringBackOnBranch', 'checkOut', 'clone', 'commitChanges'],
  ...['createBranch', 'createTag', 'dropStashed'],
  ...['deleteFile', 'discardChange', 'fetch', 'finishMerge', 'giveUpMerge', 'giveUpUnmerged'],
  ...[
    'join',
    'push',
    'removeTag',
    'resolveFile',
    'setAside',
    'stageFiles',
    'stageLines',
    'unstageFiles',
  ],
  ...['stashChanges', 'writeText'],
] as const satisfies readonly (keyof Git)[];

/**
 * Opens a repository, or the empty storage of one that is going to be cloned.
 *
 * @param credentials for what a partial clone has left on the server.
 */
export async function openRepository(
  { id, url, gateway }: Place,
  credentials: CredentialSource,
): Promise<Repository> {
  const script = new URL('worker.js', document.baseURI);
  const git = await startGit<Commands>({
    storage: prefix + id,
    worker: () => new Worker(script, { type: 'module' }),
    promisor: { ...signingIn(credentials), ...wayArguments({ gateway }) },
  });
  return { id, url, gateway, dir: '/repository', git: { ...git, ...telling(git, id) } };
}

/** @returns the commands that change something, with a word to the other tabs behind them. */
function telling(git: Git, id: string): Pick<Git, (typeof changing)[number]> {
  const told = changing.map((name) => {
    const command = git[name] as (options: object) => Promise<unknown>;
    const run = async (options: object): Promise<unknown> => {
      const result = await command(options);
      changed?.(id);
      return result;
    };
    return [name, run];
  });
  return Object.fromEntries(told) as Git;
}

let changed: ((id: string) => void) | undefined;

/** Calls back after each change of a repository that this page has made. */
export function onChanged(listener: (id: string) => void): void {
  changed = listener;
}

/**
 * Whether a repository is in this browser still. Looking makes nothing: opening a database that
 * is not there would.
 */
export async function isThere({ id, git, dir }: Repository): Promise<boolean> {
  if (!(await hasDatabase(id))) return false;
  try {
    await git.fs.promises.stat(`${dir}/.git/HEAD`);
    return true;
  } catch (error) {
    // Anything else says nothing about what is there.
    if (isMissing(error)) return false;
    throw error;
  }
}

/** @returns true, too, where the browser does not tell. */
export async function hasDatabase(id: string): Promise<boolean> {
  if (!('databases' in indexedDB)) return true;
  const all = await indexedDB.databases();
  return all.some(({ name }) => name === prefix + id);
}

/** Removes a repository and all that was changed in it. Waits for whoever has it open. */
export async function deleteRepository(id: string): Promise<void> {
  // The second one may be left of a demo that kept its repositories in another way.
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
