/** The end of a merge that waits: its commit, or giving it up. */
import git, { Errors } from 'gitws/git';
import type { Author } from './commit.js';
import { stageAsItIs, stagedPaths } from './conflicts.js';
import type { Repository } from './repository.js';

/** What concluding takes. */
export interface ToConclude {
  readonly message: string;
  readonly author: Author;
  /** Changed files that the merge does not bring, and its commit shall have. */
  readonly also: readonly string[];
}

/**
 * Makes the commit, of the files of the merge as they are now.
 *
 * @returns its oid.
 * @throws isomorphic-git's UnmergedPathsError as long as something is to be resolved; MERGE_NOT_CONCLUDED
 *   for a merge that was interrupted.
 */
export async function finishMerge({
  message,
  author,
  also,
  ...base
}: Repository & ToConclude): Promise<string> {
  const status = await git.mergeStatus(base);
  if (status === undefined) throw new Error('No merge waits: perhaps another tab has ended it.');
  const { conflicts, unmerged } = status;
  if (unmerged.length > 0) throw new Errors.UnmergedPathsError(unmerged.map(({ path }) => path));
  await stageAll(base, [...conflicts, ...(await stagedPaths(base)), ...also]);
  return git.commit({ ...base, message, author: { ...author } });
}

/** Makes the files of the merge what they are in the last commit. All others stay. */
export async function giveUpMerge(base: Repository): Promise<void> {
  const status = await git.mergeStatus(base);
  if (status === undefined) return;
  const left = new Set(status.unmerged.map(({ path }) => path));
  // What was edited after it was resolved would be in the way.
  const ended = [...status.conflicts, ...(await stagedPaths(base))].filter(
    (path) => !left.has(path),
  );
  await stageAll(base, ended);
  await git.abortMerge(base);
}

async function stageAll(base: Repository, paths: readonly string[]): Promise<void> {
  for (const path of new Set(paths)) await stageAsItIs({ ...base, path });
}
