/** `git commit`: isomorphic-git's, which knows no merge that waits for its commit. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { Refs } from '../repository/refs.js';
import { promisesOf } from '../storage/file-system.js';
import { resolve } from './checkout.js';
import type { ConfigAt } from './config.js';
import { repositoryAt } from './index-entries.js';
import { endMerge, notConcluded, readMerge } from './merge-state.js';
import { failureOf } from './outcome.js';

type Given = Parameters<typeof isomorphicGit.commit>[0];

/**
 * isomorphic-git's. Where a merge waits (`MERGE_HEAD`, of {@link merge}, {@link pull} or native git), the commit
 * concludes it: it has both parents, and without a `message` the one that was written for it. A `parent` of the
 * caller's is taken as it is, and concludes the merge where it names what is merged.
 *
 * @throws what isomorphic-git's throws, UnmergedPathsError among it as long as something is to be resolved;
 *   GitWsError MERGE_NOT_CONCLUDED for `amend` where a merge waits, and for one that was interrupted or that git has to
 *   conclude; FILE_SYSTEM_FAILED where the branch is not what it should be then, or what says that a merge waits
 *   cannot be removed: the commit is made then.
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
  const branch = await useFileSystem(() => new Refs(promisesOf(at.fs), at.gitdir).branch());
  const ref = fullName(given.ref, branch);
  const isToHead = ref === undefined || ref === 'HEAD' || ref === branch;
  const merging = isToHead ? await readMerge(at, 'commit') : undefined;
  const concluding = merging && (await conclusion(given, at, merging));
  const all = { ...given, ...(ref === undefined ? {} : { ref }), ...concluding };
  const oid = (await isomorphicGit.commit(all)) as string | undefined;
  const { dryRun = false, noUpdateBranch = false } = given;
  const isMoved = !dryRun && !noUpdateBranch;
  // It resolves with nothing where something rejects with nothing.
  if (oid === undefined || (isMoved && (await resolve(at, ref ?? 'HEAD')) !== oid)) {
    const message = 'The file system says that it wrote the commit and the branch, and did not.';
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }
  if (merging !== undefined && isMoved) {
    const made = (await isomorphicGit.readCommit({ ...at, oid })).commit.parent;
    if (merging.heads.every((each) => made.includes(each))) await endMerge(at);
  }
  return oid;
}

/** @returns the ref in full where it is the branch that is checked out: isomorphic-git writes what it is given. */
function fullName(ref: string | undefined, branch: string | undefined): string | undefined {
  return ref !== undefined && `refs/heads/${ref}` === branch ? branch : ref;
}

/** @returns what the commit of a merge is made with. */
async function conclusion(
  given: Given,
  at: ConfigAt,
  { heads, message: written }: NonNullable<Awaited<ReturnType<typeof readMerge>>>,
): Promise<Pick<Given, 'parent' | 'message'>> {
  if (given.amend === true) throw notConcluded('commit with amend');
  const head = await resolve(at, 'HEAD');
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
