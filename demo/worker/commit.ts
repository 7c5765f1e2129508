/** Committing a choice of changed files. */
import git from 'gitws/git';
import type { Repository } from './repository.js';
import type { FileEntry } from './status.js';

/** Who commits. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** What to commit. */
export interface ToCommit {
  /** All changed files. */
  readonly changes: readonly FileEntry[];
  /** The paths of those that the commit shall have; the others stay changed. */
  readonly chosen: ReadonlySet<string>;
  readonly message: string;
  readonly author: Author;
}

/** @returns the new commit's oid. */
export async function commitChanges({
  changes,
  chosen,
  message,
  author,
  ...base
}: Repository & ToCommit): Promise<string> {
  await stageChosen({ ...base, changes, chosen });
  return git.commit({ ...base, message, author: { ...author } });
}

/** Puts into the index what a commit shall have, and takes out what it shall not. */
export async function stageChosen({
  changes,
  chosen,
  ...base
}: Repository & Pick<ToCommit, 'changes' | 'chosen'>): Promise<void> {
  for (const { path: filepath, status } of changes) {
    // A commit that was interrupted may have left in the index what is not wanted now.
    if (!chosen.has(filepath)) await git.resetIndex({ ...base, filepath });
    else if (status === 'deleted') await git.remove({ ...base, filepath });
    else await git.add({ ...base, filepath, force: true });
  }
}
