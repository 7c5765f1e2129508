/** Branches: which there are, going to one, and making one. */
import git from 'gitws/git';
import type { Repository } from './repository.js';

/** The branches of a repository. */
export interface Branches {
  /** undefined where HEAD stands at a commit and not at a branch. */
  readonly current: string | undefined;
  readonly local: readonly string[];
  /** Those of `origin` that have no local one yet, without `origin/`. */
  readonly remote: readonly string[];
}

export async function readBranches(base: Repository): Promise<Branches> {
  const [current, local, remote] = await Promise.all([
    git.currentBranch(base),
    git.listBranches(base),
    git.listBranches({ ...base, remote: 'origin' }),
  ]);
  return {
    current: current ?? undefined,
    // In a repository without commits the branch that HEAD names does not exist yet.
    local: [...new Set(current ? [...local, current] : local)].sort(compareNames),
    remote: remote.filter((name) => name !== 'HEAD' && !local.includes(name)).sort(compareNames),
  };
}

/**
 * Makes a branch at the current commit and goes to it. No file is touched.
 *
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError
 */
export async function createBranch({
  name,
  ...repository
}: Repository & { readonly name: string }): Promise<void> {
  await git.branch({ ...repository, ref: name, checkout: true });
}

function compareNames(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}
