/** Committing a choice of changed files. */
import git from 'isomorphic-git';
import { gitArguments, saveDirectory, type Repository } from '../repository/repository.js';
import type { FileEntry } from './status.js';

/** Who commits. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/**
 * @param changes all changed files.
 * @param chosen the paths of those that the commit shall have; the others stay changed.
 * @returns the new commit's oid.
 */
export async function commitChanges(
  repository: Repository,
  changes: Iterable<FileEntry>,
  chosen: ReadonlySet<string>,
  message: string,
  author: Author,
): Promise<string> {
  const base = gitArguments(repository);
  for (const { path: filepath, status } of changes) {
    // A commit that was interrupted may have left in the index what is not wanted now.
    if (!chosen.has(filepath)) await git.resetIndex({ ...base, filepath });
    else if (status === 'deleted') await git.remove({ ...base, filepath });
    else await git.add({ ...base, filepath, force: true });
  }
  const oid = await git.commit({ ...base, message, author: { ...author } });
  await saveDirectory(repository);
  return oid;
}
