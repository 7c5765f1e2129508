/**
 * Leaves the conflicts of a merge to be resolved, as `git merge` does: marks in the files, the sides in the index,
 * and `MERGE_HEAD`, of which `commit` makes a commit with both parents and which `abortMerge` gives up.
 */
import { useFileSystem } from '../base/failure.js';
import { checkoutTree, type CheckoutOptions } from '../worktree/checkout.js';
import { fileTrust } from './config.js';
import { writeContents, type CommitsToMerge, type MergedCommits } from './merge-commits.js';
import { beginMerge, endMerge, prepareMerge } from './merge-state.js';
import { readCone } from './sparse-state.js';

/** Where conflicts are left. */
export interface ConflictsToLeave extends CommitsToMerge, Pick<CheckoutOptions, 'onProgress'> {
  /** The working tree's directory. HEAD's commit is `ours`. */
  readonly dir: string;
  /** What the merge's commit is to say. */
  readonly message: string;
}

/**
 * @throws isomorphic-git's MergeConflictError, once all is there; CheckoutConflictError for what is staged, or changed
 *   where it would be lost, and nothing has changed then; what {@link checkoutTree} throws.
 */
export async function leaveConflicts(
  given: ConflictsToLeave,
  merged: MergedCommits,
): Promise<never> {
  const { fs, gitdir, dir, promisor, signal, onProgress, ours, theirs, message } = given;
  const { files, stages, oursTree: from, error } = merged;
  const at = { fs, gitdir };
  await writeContents(at, merged);
  let isPrepared = false;
  try {
    await checkoutTree({
      ...{ ...at, dir, files, stages, from, promisor, signal, onProgress },
      trust: await fileTrust(at),
      cone: await useFileSystem(() => readCone(at)),
      onReady: async () => {
        isPrepared = true;
        await prepareMerge(at, ours, message, [...stages.keys()]);
      },
    });
  } catch (reason) {
    // The index is as it was. The next merge finishes what has been written.
    if (isPrepared) await endMerge(at).catch(() => undefined);
    throw reason;
  }
  await useFileSystem(() => beginMerge(at, theirs));
  throw error;
}
