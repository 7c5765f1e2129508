/** `git commit`: isomorphic-git's, which knows no merge that waits for its commit. */
import * as isomorphicGit from 'isomorphic-git';
import { useFileSystem } from '../base/failure.js';
import { Refs } from '../repository/refs.js';
import { promisesOf } from '../storage/file-system.js';
import { resolve } from './checkout.js';
import type { ConfigAt } from './config.js';
import { repositoryAt } from './index-entries.js';
import { endMerge, notConcluded, readMerge, withoutComments } from './merge-state.js';
import { failureOf } from './outcome.js';

type Given = Parameters<typeof isomorphicGit.commit>[0];

/**
 * isomorphic-git's. Where a merge waits (`MERGE_HEAD`, of {@link merge}, {@link pull} or native git), the commit
 * concludes it: it has both parents, and without a `message` the one that was written for it. A `parent` of the
 * caller's is taken as it is, and concludes the merge where it names what is merged.
 *
 * @throws what isomorphic-git's throws, UnmergedPathsError among it as long as something is to be resolved;
 *   GitWsError MERGE_NOT_CONCLUDED for `amend` where a merge waits, FILE_SYSTEM_FAILED.
 */
export async function commit(given: Given): ReturnType<typeof isomorphicGit.commit> {
  const at = await repositoryAt(given);
  const merging = at && (await useFileSystem(() => readMerge(at)).catch(asFailure));
  if (at === undefined || merging === undefined || !(await isToHead(at, given.ref))) {
    return isomorphicGit.commit(given);
  }
  const { amend = false, dryRun = false, noUpdateBranch = false } = given;
  if (amend) throw notConcluded('commit with amend');
  const { heads } = merging;
  const head = await resolve(at, 'HEAD');
  const parent = given.parent ?? [...(head === undefined ? [] : [head]), ...heads];
  const message =
    given.message ?? (merging.message === undefined ? undefined : withoutComments(merging.message));
  const oid = await isomorphicGit.commit({
    ...{ ...given, parent },
    ...(message === undefined ? {} : { message }),
  });
  if (dryRun || noUpdateBranch) return oid;
  const made = (await isomorphicGit.readCommit({ ...at, oid })).commit.parent;
  if (heads.every((each) => made.includes(each))) {
    await useFileSystem(() => endMerge(at)).catch(asFailure);
  }
  return oid;
}

/** Whether it is HEAD, or the branch that is checked out, that gets the commit. */
async function isToHead(at: ConfigAt, ref: string | undefined): Promise<boolean> {
  if (ref === undefined || ref === 'HEAD') return true;
  const head = await new Refs(promisesOf(at.fs), at.gitdir).read('HEAD').catch(asFailure);
  const branch = head !== undefined && 'symbolic' in head ? head.symbolic : undefined;
  return branch !== undefined && [branch, branch.replace(/^refs\/heads\//, '')].includes(ref);
}

function asFailure(reason: unknown): never {
  throw failureOf(reason);
}
