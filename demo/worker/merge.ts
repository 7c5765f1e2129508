/**
 * Joining another branch's commits with those of the current one, the remote's above all: the branch
 * is moved where it has none of its own, else git merges the two. What clashes is left to be resolved.
 */
import git from 'gitws/git';
import { checkOut } from './checkout.js';
import type { Author } from './commit.js';
import { expectBranchAt, resolveRef } from './refs.js';
import type { Repository, Telling } from './repository.js';

/** Two histories that git alone does not join. */
export interface TwoSides {
  readonly branch: string;
  /** The commit of the branch here, and the other one's. */
  readonly ours: string;
  readonly theirs: string;
}

/** What became of the other branch's commits. */
export type Joined =
  | { readonly kind: 'up-to-date' }
  /** There is no such branch. */
  | { readonly kind: 'no-branch' }
  | {
      readonly kind: 'fast-forward' | 'merge';
      readonly from: string | undefined;
      readonly to: string;
    }
  /** The merge waits: these files are to be resolved. */
  | { readonly kind: 'conflict'; readonly sides: TwoSides; readonly paths: readonly string[] }
  /** The histories cannot be joined in this page. Nothing has changed. */
  | { readonly kind: 'unsupported'; readonly sides: TwoSides };

/** What joining takes. */
export interface ToJoin {
  /** The current one. */
  readonly branch: string;
  /** The ref of the other one. */
  readonly other: string;
  /** Of a merge commit; undefined for git's own words. */
  readonly message?: string;
  readonly author: Author;
}

/**
 * Brings the commits of another branch into the current one.
 *
 * @throws isomorphic-git's CheckoutConflictError, BranchMoved, or MERGE_NOT_CONCLUDED where another merge
 *   waits, before anything is written.
 */
export async function join({
  branch,
  other,
  message,
  author,
  ...repository
}: Repository & Telling & ToJoin): Promise<Joined> {
  const theirs = await resolveRef(repository, other);
  const ours = await resolveRef(repository, `refs/heads/${branch}`);
  if (theirs === undefined) return { kind: 'no-branch' };
  if (theirs === ours) return { kind: 'up-to-date' };
  if (ours === undefined) {
    await moveBranch({ ...repository, branch, from: ours, to: theirs });
    return { kind: 'fast-forward', from: ours, to: theirs };
  }
  await expectBranchAt(repository, branch, ours);
  try {
    // Without moving the branch: that comes last, when the files are those of the new commit.
    const merged = await git.merge({
      ...{ ...repository, author: { ...author }, abortOnConflict: false, noUpdateBranch: true },
      ...{ ours: `refs/heads/${branch}`, theirs: await shortName(repository, other, theirs) },
      ...(message === undefined ? {} : { message }),
    });
    if (merged.alreadyMerged) return { kind: 'up-to-date' };
    const to = merged.oid ?? theirs;
    await moveBranch({ ...repository, branch, from: ours, to });
    return { kind: merged.mergeCommit === true ? 'merge' : 'fast-forward', from: ours, to };
  } catch (error) {
    const { code, data } = error as { code?: string; data?: { filepaths?: string[] } };
    const sides = { branch, ours, theirs };
    if (code === 'MergeNotSupportedError') return { kind: 'unsupported', sides };
    if (code !== 'MergeConflictError') throw error;
    return { kind: 'conflict', sides, paths: data?.filepaths ?? [] };
  }
}

/** @returns what a person calls a branch, as the marks in files have it; its ref where that is another one's name, too. */
async function shortName(repository: Repository, ref: string, oid: string): Promise<string> {
  const name = ref.replace(/^refs\/(heads|remotes)\//, '');
  return (await resolveRef(repository, name)) === oid ? name : ref;
}

/**
 * Keeps one's own commits as a branch of their own, and gives the branch what the remote has. A merge
 * of the two that waits is given up.
 *
 * @param options.name of the new branch.
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError, CheckoutConflictError, or BranchMoved.
 *   The branch has not moved then.
 */
export async function setAside({
  sides: { branch, ours, theirs },
  name,
  ...base
}: Repository & Telling & { readonly sides: TwoSides; readonly name: string }): Promise<void> {
  await git.branch({ ...base, ref: name, object: ours });
  try {
    await expectBranchAt(base, branch, ours);
    if ((await git.mergeStatus(base)) !== undefined) await git.abortMerge(base);
    await moveBranch({ ...base, branch, from: ours, to: theirs });
  } catch (error) {
    await git.deleteBranch({ ...base, ref: name });
    throw error;
  }
}

/**
 * Gives the current branch another commit, and the work tree its files.
 *
 * @param options.from where the branch stood when this was decided.
 * @throws isomorphic-git's CheckoutConflictError, or BranchMoved, before anything is
 *   written.
 */
export async function moveBranch({
  branch,
  from,
  to,
  ...base
}: Repository &
  Telling & {
    readonly branch: string;
    readonly from: string | undefined;
    readonly to: string;
  }): Promise<void> {
  await expectBranchAt(base, branch, from);
  await checkOut({ ...base, to: { oid: to } });
  await git.writeRef({ ...base, ref: `refs/heads/${branch}`, value: to, force: true });
}
