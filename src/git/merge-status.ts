/** What is to be said of a merge that waits: what it merges, and what is to be resolved. */
import type * as isomorphicGit from 'isomorphic-git';
import { repositoryAt } from './index-entries.js';
import { lookAtMerge } from './merge-state.js';
import { failureOf } from './outcome.js';
import { unmergedIn, type UnmergedFile } from './unmerged-files.js';

/** A merge that waits for its commit. */
export interface WaitingMerge {
  /** Oids of what is merged into HEAD. None where the merge was interrupted: it can be given up alone. */
  heads: string[];
  /** What its commit is to say; undefined where nothing is written. */
  message: string | undefined;
  /** The paths that were to be resolved when it began, as far as `MERGE_MSG` has them. */
  conflicts: string[];
  /** What is to be resolved still, by paths. */
  unmerged: UnmergedFile[];
}

/** @inline */
type Given = Pick<Parameters<typeof isomorphicGit.listFiles>[0], 'fs' | 'dir' | 'gitdir' | 'cache'>;

/**
 * Says of a merge that waits, of {@link merge}, {@link pull} or native git, what is to be resolved. Undefined where none
 * waits: of conflicts of something else, such as a stash, {@link unmergedFiles} tells.
 *
 * @throws GitWsError UNREADABLE_INDEX, FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function mergeStatus(given: Given): Promise<WaitingMerge | undefined> {
  try {
    const at = await repositoryAt(given);
    const merging = at && (await lookAtMerge(at));
    if (at === undefined || merging === undefined) return undefined;
    return { ...merging, unmerged: await unmergedIn(at) };
  } catch (error) {
    throw failureOf(error);
  }
}
