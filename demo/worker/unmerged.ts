/** Conflicts where no merge waits: of a stash that was brought back, or of what another git has begun. */
import git, { Errors, type MergeSide, type UnmergedFile } from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import { resolveFile, stagedPaths, type ConflictedFile } from './conflicts.js';
import { deleteFile, discardChange } from './files.js';
import { entryAt } from './objects.js';
import type { Repository } from './repository.js';
import { unstageFiles } from './staging.js';
import { commitsOf, stashedPaths } from './stashed-files.js';
import { scanFiles } from './status.js';

/** What is to be resolved, and no merge. */
export interface Unmerged {
  readonly conflicts: readonly ConflictedFile[];
  /** The oid of the stash that they are of, which is in the list; undefined where they are of something else. */
  readonly stash: string | undefined;
}

/** @returns undefined where nothing is to be resolved, or a merge waits. */
export async function readUnmerged(base: Repository): Promise<Unmerged | undefined> {
  const files = await git.unmergedFiles(base);
  if (files.length === 0 || (await git.mergeStatus(base)) !== undefined) return undefined;
  return {
    conflicts: files.map(({ path, ours, theirs }) => ({ path, sides: { ours, theirs } })),
    stash: await stashOf(base, files),
  };
}

/** git writes nowhere which stash was applied: it is the newest one that has what the index has of each file. */
async function stashOf(
  base: Repository,
  files: readonly UnmergedFile[],
): Promise<string | undefined> {
  for (const { oid } of await git.listStashes(base)) {
    if (await hasAll(base, oid, files)) return oid;
  }
  return undefined;
}

async function hasAll(
  base: Repository,
  oid: string,
  files: readonly UnmergedFile[],
): Promise<boolean> {
  try {
    const { start } = await commitsOf(base, oid);
    for (const { path, base: before, theirs } of files) {
      if (!isSame(await entryAt(base, oid, path), theirs)) return false;
      if (!isSame(await entryAt(base, start, path), before)) return false;
    }
    return true;
  } catch (error) {
    // A stash that is not all here was not applied.
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isSame(one: MergeSide | undefined, other: MergeSide | undefined): boolean {
  return one?.oid === other?.oid && one?.mode === other?.mode;
}

/** @throws isomorphic-git's UnmergedPathsError as long as something is to be resolved. */
export async function expectResolved(base: Repository): Promise<void> {
  const paths = (await git.unmergedFiles(base)).map(({ path }) => path);
  if (paths.length > 0) throw new Errors.UnmergedPathsError(paths);
}

/**
 * Takes back what was brought. Of a stash, its files become what they were here before; all others stay, staged or not,
 * and so do new files of it that were changed since. Of something else, it is `git reset --merge`.
 *
 * @throws isomorphic-git's CheckoutConflictError where a file has been changed since it was staged.
 */
export async function giveUpUnmerged(base: Repository): Promise<void> {
  const unmerged = await readUnmerged(base);
  if (unmerged === undefined) return;
  const { stash, conflicts } = unmerged;
  if (stash === undefined) {
    await git.abortMerge(base);
    return;
  }
  const left = new Set(conflicts.map(({ path }) => path));
  const brought = new Set((await stashedPaths(base, stash)).filter((path) => !left.has(path)));
  const staged = (await stagedPaths(base)).filter((path) => brought.has(path));
  if (staged.length > 0) await unstageFiles({ ...base, paths: staged });
  for (const file of await scanFiles(base)) {
    const { path, unstaged } = file;
    if (unstaged === 'added') {
      const isAsItCame = brought.has(path) && (await isAsStashed(base, stash, path));
      if (isAsItCame) await deleteFile({ ...base, path });
    } else if (unstaged !== 'same' && staged.includes(path)) {
      await discardChange({ ...base, file });
    }
  }
  // What says that there are conflicts goes last: who is interrupted can begin again.
  for (const path of left) await resolveFile({ ...base, path, taken: 'ours' });
}

/** Whether a file is here as the stash has it, so that nothing is lost where it goes. */
async function isAsStashed(base: Repository, stash: string, path: string): Promise<boolean> {
  const { untracked } = await commitsOf(base, stash);
  const apart = untracked === undefined ? undefined : await entryAt(base, untracked, path);
  const stashed = apart ?? (await entryAt(base, stash, path));
  const { promises } = base.fs;
  const at = `${base.dir}/${path}`;
  const isLink = (await promises.lstat(at)).isSymbolicLink();
  if (stashed === undefined || isLink !== (stashed.mode === '120000')) return false;
  const object = isLink ? await promises.readlink(at) : await promises.readFile(at);
  return (await git.hashBlob({ object })).oid === stashed.oid;
}
