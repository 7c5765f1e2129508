/**
 * Joining another branch's commits with those of the current one, the remote's above all: the branch
 * is moved where it has none of its own, else the two are merged. No step loses work: what could is found out before anything is written.
 */
import git, { type MergeDriverCallback } from 'gitws/git';
import { checkOut } from './checkout.js';
import type { Author } from './commit.js';
import { isText, mergeLines } from './merge-lines.js';
import { expectBranchAt, resolveRef } from './refs.js';
import type { Repository, Telling } from './repository.js';

/** What git alone cannot join. */
export interface Conflict {
  readonly branch: string;
  /** The commit of the branch here, and the other one's. */
  readonly ours: string;
  readonly theirs: string;
  /** Files that both sides changed; none where the histories cannot be joined in this page. */
  readonly paths: readonly string[];
  /** Of the commit that joins them after all. */
  readonly message: string;
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
  /** Nothing has changed. */
  | { readonly kind: 'conflict'; readonly conflict: Conflict };

/** Merges lines, and leaves what is no text alone: isomorphic-git would write it as UTF-8. */
export const mergeDriver: MergeDriverCallback = ({ contents }) => {
  const [base = '', mine = '', theirs = ''] = contents;
  if (!contents.every(isText)) return { cleanMerge: false, mergedText: mine };
  const { text, places } = mergeLines(base, mine, theirs, 'mine');
  return { cleanMerge: places.length === 0, mergedText: text };
};

/** What joining takes. */
export interface ToJoin {
  /** The current one. */
  readonly branch: string;
  /** The ref of the other one. */
  readonly other: string;
  /** Of a merge commit. */
  readonly message: string;
  readonly author: Author;
}

/**
 * Brings the commits of another branch into the current one.
 *
 * @throws isomorphic-git's CheckoutConflictError, before anything is written.
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
  try {
    // Without moving the branch: that comes last, when the files are those of the new commit.
    const merged = await git.merge({
      ...repository,
      ...{ ours, theirs, mergeDriver, noUpdateBranch: true, author: { ...author } },
      message,
    });
    if (merged.alreadyMerged) return { kind: 'up-to-date' };
    const to = merged.oid ?? theirs;
    await moveBranch({ ...repository, branch, from: ours, to });
    return { kind: merged.mergeCommit === true ? 'merge' : 'fast-forward', from: ours, to };
  } catch (error) {
    const { code, data } = error as { code?: string; data?: { filepaths?: string[] } };
    if (code !== 'MergeConflictError' && code !== 'MergeNotSupportedError') throw error;
    const paths = data?.filepaths ?? [];
    return { kind: 'conflict', conflict: { branch, ours, theirs, paths, message } };
  }
}

/**
 * Keeps one's own commits as a branch of their own, and gives the branch what the remote has.
 *
 * @param options.name of the new branch.
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError, CheckoutConflictError, or
 *   BranchMoved; nothing has changed then.
 */
export async function setAside({
  conflict: { branch, ours, theirs },
  name,
  ...base
}: Repository & Telling & { readonly conflict: Conflict; readonly name: string }): Promise<void> {
  await git.branch({ ...base, ref: name, object: ours });
  try {
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
