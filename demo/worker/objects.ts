/** What is in commits, and which of them are here. */
import git, { type TreeEntry } from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import type { Repository } from './repository.js';

/** @returns what a path is in a commit; undefined if it is not there. @throws where an object is missing. */
export async function entryAt(
  repository: Repository,
  commit: string,
  path: string,
): Promise<TreeEntry | undefined> {
  const names = path.split('/');
  let { tree } = (await git.readCommit({ ...repository, oid: commit })).commit;
  for (const name of names.slice(0, -1)) {
    const folder = await childOf(repository, tree, name);
    // Nothing, or a file that is there in the place of the folder.
    if (folder?.type !== 'tree') return undefined;
    tree = folder.oid;
  }
  return childOf(repository, tree, names.at(-1) ?? '');
}

async function childOf(
  repository: Repository,
  oid: string,
  name: string,
): Promise<TreeEntry | undefined> {
  const { tree } = await git.readTree({ ...repository, oid });
  return tree.find(({ path }) => path === name);
}

/** @returns whether a commit is here: a shallow clone ends somewhere. */
export async function hasCommit(repository: Repository, oid: string): Promise<boolean> {
  try {
    await git.readCommit({ ...repository, oid });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
