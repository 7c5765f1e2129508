/**
 * Changes that are set aside: git's stashes, each by the oid of its commit, since their places in the list change.
 * One is brought back only where nothing of it clashes, unless a person wants to resolve that.
 */
import git from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import { checkOut } from './checkout.js';
import type { Author } from './commit.js';
import { stagedPaths } from './conflicts.js';
import type { Repository, Telling } from './repository.js';
import { commitsOf, stashedPaths } from './stashed-files.js';

/** Changes that are set aside. */
export interface Stashed {
  readonly oid: string;
  /** What a person has called them; undefined where they have not. */
  readonly words: string | undefined;
  /** The branch that they were made on; undefined where that is not known. */
  readonly branch: string | undefined;
  /** When they were set aside, in ms since 1970; undefined where that is not known. */
  readonly time: number | undefined;
}

/** What became of bringing changes back. But for `back`, they stay in the list. But for that and `conflict`, nothing has changed. */
export type BroughtBack =
  | { readonly kind: 'back' }
  /** All else is back, and these files are to be resolved. */
  | { readonly kind: 'conflict'; readonly paths: readonly string[] }
  /** They are set aside no more, perhaps by another tab. */
  | { readonly kind: 'gone' }
  /** These lines have been changed otherwise since; without paths, a file would be a folder. */
  | { readonly kind: 'clash'; readonly paths: readonly string[] }
  /** These files are changed here. */
  | { readonly kind: 'in-the-way'; readonly paths: readonly string[] };

/** @returns the newest first. */
export async function readStashed(base: Repository): Promise<Stashed[]> {
  return (await git.listStashes(base)).map(({ oid, title, branch, committer }) => ({
    ...{ oid, words: title, branch },
    time: committer && committer.timestamp * 1000,
  }));
}

/**
 * Sets aside all that is not committed, files that git does not know included. Files become what they are in the last
 * commit.
 *
 * @param options.words what it is called; '' for git's own words.
 * @returns the oid of it; undefined where there is nothing to be set aside.
 */
export async function stashChanges({
  words,
  author,
  ...base
}: Repository & { readonly words: string; readonly author: Author }): Promise<string | undefined> {
  const message = words === '' ? {} : { message: words };
  try {
    return await git.stash({ ...base, ...message, author: { ...author }, includeUntracked: true });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Brings changes back, staged as they were where that goes, and takes them off the list once all is there.
 *
 * @param options.leaves whether what clashes is left to be resolved. Then nothing of theirs may be staged here, so that
 *   it is known what was here before.
 */
export async function bringBack({
  oid,
  leaves = false,
  ...base
}: Repository & { readonly oid: string; readonly leaves?: boolean }): Promise<BroughtBack> {
  const refIdx = await placeOf(base, oid);
  if (refIdx === undefined) return { kind: 'gone' };
  try {
    if (leaves) {
      const staged = new Set(await stagedPaths(base));
      const barred = (await stashedPaths(base, oid)).filter((path) => staged.has(path));
      if (barred.length > 0) return { kind: 'in-the-way', paths: barred };
      await git.stash({ ...base, op: 'pop', refIdx });
    } else {
      await expectNoClash(base, oid);
      await pop(base, refIdx);
    }
    return { kind: 'back' };
  } catch (error) {
    const paths = pathsOf(error);
    if (isOf(error, 'CheckoutConflictError')) return { kind: 'in-the-way', paths };
    if (!isOf(error, 'MergeConflictError', 'MergeNotSupportedError')) throw error;
    const isLeft = (await git.unmergedFiles(base)).length > 0;
    return { kind: isLeft ? 'conflict' : 'clash', paths };
  }
}

/**
 * Brings changes back where they were made: on a new branch, at the commit that they began with. There only what is
 * changed here can be in the way.
 *
 * @param options.name of the branch.
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError; CheckoutConflictError, or MergeConflictError,
 *   where files are changed. The changes are in the list then.
 */
export async function bringBackOnBranch({
  oid,
  name,
  ...base
}: Repository & Telling & { readonly oid: string; readonly name: string }): Promise<void> {
  const refIdx = await placeOf(base, oid);
  if (refIdx === undefined) throw new Error('They are set aside no more, perhaps by another tab.');
  const before = await git.currentBranch(base);
  await git.branch({ ...base, ref: name, object: (await commitsOf(base, oid)).start });
  try {
    await checkOut({ ...base, to: { branch: name } });
    await expectNoClash(base, oid);
    await pop(base, refIdx);
  } catch (error) {
    if ((await git.currentBranch(base)) === name) {
      if (before === undefined) throw error;
      await checkOut({ ...base, to: { branch: before } });
    }
    await git.deleteBranch({ ...base, ref: name });
    throw error;
  }
}

/** Throws changes away that are set aside. Those that are gone already are no error. */
export async function dropStashed({
  oid,
  ...base
}: Repository & { readonly oid: string }): Promise<void> {
  const refIdx = await placeOf(base, oid);
  if (refIdx !== undefined) await git.stash({ ...base, op: 'drop', refIdx });
}

async function pop(base: Repository, refIdx: number): Promise<void> {
  try {
    await git.stash({ ...base, op: 'pop', refIdx, restoreIndex: true });
  } catch (error) {
    // What was staged may be in the way where the files themselves are not.
    if (!isOf(error, 'CheckoutConflictError')) throw error;
    await git.stash({ ...base, op: 'pop', refIdx });
  }
}

/**
 * Tries the merge that bringing back is: of a commit of what the index has, and the stash's. Writes no more than that
 * commit, at which nothing stands.
 *
 * @throws isomorphic-git's MergeConflictError, MergeNotSupportedError
 */
async function expectNoClash(base: Repository, oid: string): Promise<void> {
  const author = { name: 'git', email: 'git@stash' };
  const parent = [(await commitsOf(base, oid)).start];
  const ours = await git.commit({
    ...base,
    message: 'Index',
    author,
    parent,
    noUpdateBranch: true,
  });
  await git.merge({ ...base, ours, theirs: oid, author, message: 'Try', dryRun: true });
}

async function placeOf(base: Repository, oid: string): Promise<number | undefined> {
  const place = (await readStashed(base)).findIndex((each) => each.oid === oid);
  return place < 0 ? undefined : place;
}

function isOf(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as { code?: string }).code ?? '');
}

function pathsOf(error: unknown): readonly string[] {
  return (error as { data?: { filepaths?: readonly string[] } }).data?.filepaths ?? [];
}
