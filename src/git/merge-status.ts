/** What is to be said of a merge that waits: what it merges, and what is to be resolved. */
import type * as isomorphicGit from 'isomorphic-git';
import type { ConfigAt } from './config.js';
import { readIndex, repositoryAt, type PathEntry } from './index-entries.js';
import { lookAtMerge } from './merge-state.js';
import { failureOf } from './outcome.js';

/** A side of a file in a merge. */
export interface MergeSide {
  /** As git's trees have it, for example `100644`. */
  mode: string;
  /** Of its contents. */
  oid: string;
}

/** A file that is to be resolved. A side is undefined where there is no such file. */
export interface UnmergedFile {
  /** Below the working tree, with slashes. */
  path: string;
  /** What both sides began with. */
  base: MergeSide | undefined;
  /** What HEAD has. */
  ours: MergeSide | undefined;
  /** What is merged. */
  theirs: MergeSide | undefined;
}

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
 * waits.
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

async function unmergedIn(at: ConfigAt): Promise<UnmergedFile[]> {
  const files = new Map<string, PathEntry[]>();
  for (const entry of await readIndex(at)) {
    if (entry.stage === 0) continue;
    files.set(entry.path, [...(files.get(entry.path) ?? []), entry]);
  }
  return [...files].map(([path, stages]) => {
    const side = (stage: number): MergeSide | undefined => {
      const found = stages.find((entry) => entry.stage === stage);
      return found && { mode: found.mode.toString(8).padStart(6, '0'), oid: found.oid };
    };
    return { path, base: side(1), ours: side(2), theirs: side(3) };
  });
}
