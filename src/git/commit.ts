/** `git commit`: isomorphic-git's, which knows no merge that waits for its commit. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { updateRefs } from '../repository/ref-update.js';
import { Refs } from '../repository/refs.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';
import type { ConfigAt } from './config.js';
import { readIndex, repositoryAt } from './index-entries.js';
import { writeTrees } from './merge-commits.js';
import { endMerge, notConcluded, pickWaits, readMerge } from './merge-state.js';
import { failureOf, unmergedError } from './outcome.js';

type Given = Parameters<typeof isomorphicGit.commit>[0];

/**
 * isomorphic-git's, which writes the trees that are new alone, and moves the branch last, if it is still what it was.
 * Where a merge waits (`MERGE_HEAD`, of {@link merge}, {@link pull} or native git), the commit
 * concludes it: it has both parents, and without a `message` the one that was written for it. A `parent` of the
 * caller's is taken as it is, and concludes the merge where it names what is merged. A cherry-pick or a revert that native
 * git has begun is concluded by it as well, with the message and the author that are given.
 *
 * @throws what isomorphic-git's throws, UnmergedPathsError among it as long as something is to be resolved;
 *   GitWsError MERGE_NOT_CONCLUDED for `amend` where a merge waits, and for one that was interrupted or that git has to
 *   conclude; REF_CHANGED, REF_LOCKED, UNREADABLE_INDEX; FILE_SYSTEM_FAILED where something is not written, or what
 *   says that a merge waits cannot be removed: the commit is made then.
 */
export async function commit(given: Given): ReturnType<typeof isomorphicGit.commit> {
  return commitHere(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function commitHere(given: Given): Promise<string> {
  const at = await repositoryAt(given);
  // A linked worktree.
  if (at === undefined) return isomorphicGit.commit(given);
  const { dryRun = false, noUpdateBranch = false, amend = false } = given;
  const refs = new Refs(promisesOf(at.fs), at.gitdir);
  const branch = await useFileSystem(() => refs.branch());
  const target = fullName(given.ref, branch);
  const isToHead = target === (branch ?? 'HEAD');
  // A branch may lead to another one, which is then what moves.
  const { name = target, oid: before } = (await useFileSystem(() => refs.resolve(target))) ?? {};
  const merging = isToHead ? await readMerge(at, 'commit') : undefined;
  const parent = given.parent ?? (amend || before === undefined ? undefined : [before]);
  const oid = (await isomorphicGit.commit({
    ...{ ...given, ref: target, noUpdateBranch: true },
    ...(parent === undefined ? {} : { parent }),
    ...(merging && conclusion(given, before, merging)),
    tree: given.tree ?? (await writeIndexTree(at, dryRun)),
  })) as string | undefined;
  if (oid === undefined || (!dryRun && !(await isThere(at, oid)))) {
    // It resolves with nothing where something rejects with nothing.
    const message = 'The file system says that it wrote the commit, and did not.';
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }
  if (dryRun || noUpdateBranch) return oid;
  const old = before === undefined ? null : { oid: before };
  const change = { name, old, value: { oid } };
  await useFileSystem(() => updateRefs(promisesOf(at.fs), at.gitdir, [change]));
  if (merging !== undefined) {
    const made = (await isomorphicGit.readCommit({ ...at, oid })).commit.parent;
    if (merging.heads.every((each) => made.includes(each))) await endMerge(at);
  } else if (isToHead && !amend && (await pickWaits(at))) await endMerge(at);
  return oid;
}

/** @returns the ref that gets the commit: isomorphic-git writes a branch's short name as it is. */
function fullName(ref: string | undefined, branch: string | undefined): string {
  if (ref === undefined || ref === 'HEAD') return branch ?? 'HEAD';
  return ref.startsWith('refs/') ? ref : `refs/heads/${ref}`;
}

/** Writes what the index has, as `git write-tree` does. @returns the tree's oid. */
async function writeIndexTree(at: ConfigAt, dryRun: boolean): Promise<string> {
  const entries = await readIndex(at);
  const unmerged = entries.filter(({ stage }) => stage > 0).map(({ path }) => path);
  if (unmerged.length > 0) throw unmergedError(unmerged);
  return writeTrees(
    at,
    entries.filter(({ intentToAdd }) => !intentToAdd),
    dryRun,
  );
}

async function isThere({ fs, gitdir }: ConfigAt, oid: string): Promise<boolean> {
  const objects = new StoredObjects(fs, gitdir);
  try {
    return typeof (await useFileSystem(() => objects.read(oid))) === 'object';
  } finally {
    await objects.close();
  }
}

/** @returns what the commit of a merge is made with. */
function conclusion(
  given: Given,
  head: string | undefined,
  { heads, message: written }: NonNullable<Awaited<ReturnType<typeof readMerge>>>,
): Pick<Given, 'parent' | 'message'> {
  if (given.amend === true) throw notConcluded('commit with amend');
  if (head === undefined) {
    const message = 'HEAD has no commit that could be merged with, or cannot be read.';
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }
  const message = given.message ?? (written === '' ? undefined : written);
  return {
    parent: given.parent ?? [head, ...heads],
    ...(message === undefined ? {} : { message }),
  };
}
