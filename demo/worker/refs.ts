/** Where refs stand. */
import git from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import type { Repository } from './repository.js';

/** Somebody, another tab perhaps, has moved the branch since it was looked at. */
export class BranchMoved extends Error {
  override readonly name = 'BranchMoved';
}

/** @returns the oid that a ref stands at; undefined if there is no such ref. */
export async function resolveRef(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ ...repository, ref });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * @param oid where the branch stood when something was decided about it.
 * @throws {@link BranchMoved} unless it is the current one, and stands there still.
 */
export async function expectBranchAt(
  repository: Repository,
  branch: string,
  oid: string | undefined,
): Promise<void> {
  const isCurrent = (await git.currentBranch(repository)) === branch;
  if (!isCurrent || (await resolveRef(repository, `refs/heads/${branch}`)) !== oid) {
    throw new BranchMoved(`${branch} is not where it was: perhaps another tab has moved it.`);
  }
}
