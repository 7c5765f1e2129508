/** Committing what is staged. */
import git from 'gitws/git';
import { stagedPaths } from './conflicts.js';
import type { Repository } from './repository.js';
import { stageFiles } from './staging.js';
import { expectResolved } from './unmerged.js';

/** Who commits. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** What to commit. */
export interface ToCommit {
  /** Paths of files that are staged first. */
  readonly stage: readonly string[];
  readonly message: string;
  readonly author: Author;
}

/**
 * Makes a commit of the index as it is.
 *
 * @returns its oid.
 * @throws {@link NothingStaged} where it would have nothing; isomorphic-git's UnmergedPathsError as long as something is to
 *   be resolved. Nothing is staged then.
 */
export async function commitChanges({
  stage,
  message,
  author,
  ...base
}: Repository & ToCommit): Promise<string> {
  // Staged as it stands, a file would be resolved by nobody.
  await expectResolved(base);
  if (stage.length > 0) await stageFiles({ ...base, paths: stage });
  if ((await stagedPaths(base)).length === 0) {
    throw new NothingStaged('What was staged is staged no more, perhaps by another tab.');
  }
  return git.commit({ ...base, message, author: { ...author } });
}

/** A commit would have nothing. */
export class NothingStaged extends Error {
  override readonly name = 'NothingStaged';
}
