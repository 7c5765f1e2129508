/** What is to be resolved: what the index has at stages 1 to 3 (`git ls-files --unmerged`). */
import type * as isomorphicGit from 'isomorphic-git';
import type { ConfigAt } from './config.js';
import { gitDirectoryOf } from './fetch.js';
import { readIndex, type PathEntry } from './index-entries.js';
import { failureOf, unmergedError } from './outcome.js';

/** A side of a file that is to be resolved. */
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
  /** What is here: HEAD's, and of a stash that is applied what the index had. */
  ours: MergeSide | undefined;
  /** What is merged: another commit's, or the stash's. */
  theirs: MergeSide | undefined;
}

/** @inline */
type Given = Pick<Parameters<typeof isomorphicGit.listFiles>[0], 'fs' | 'dir' | 'gitdir' | 'cache'>;

/**
 * Says what is to be resolved, as `git ls-files --unmerged` does, whatever has left it: a merge, which
 * {@link mergeStatus} tells more of, a {@link stash} that was applied, or another command of native git.
 *
 * @returns by paths; none where nothing is to be resolved.
 * @throws GitWsError INVALID_OPTION for a linked worktree, UNREADABLE_INDEX, FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function unmergedFiles(given: Given): Promise<UnmergedFile[]> {
  try {
    const { fs } = given;
    const gitdir = await gitDirectoryOf(given);
    return await unmergedIn({ fs, gitdir });
  } catch (error) {
    throw failureOf(error);
  }
}

/** @param at with the git directory itself. @throws as {@link readIndex}. */
export async function unmergedIn(at: ConfigAt): Promise<UnmergedFile[]> {
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

/**
 * @param at with the git directory itself.
 * @throws isomorphic-git's UnmergedPathsError where something is to be resolved; as {@link readIndex}.
 */
export async function expectResolved(at: ConfigAt): Promise<void> {
  const unmerged = await unmergedIn(at);
  if (unmerged.length > 0) throw unmergedError(unmerged.map(({ path }) => path));
}
