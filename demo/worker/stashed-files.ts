/** What is in a stash: the commits that it is made of (git-stash(1), "DISCUSSION"), and the files that differ in them. */
import git, { type WalkerEntry } from 'gitws/git';
import type { Repository } from './repository.js';

/** The commits of a stash, beside its own. */
export interface StashCommits {
  /** What its changes began with. */
  readonly start: string;
  /** Files that git did not know; undefined where it has none. */
  readonly untracked: string | undefined;
}

/** @param oid of the stash's commit. */
export async function commitsOf(base: Repository, oid: string): Promise<StashCommits> {
  const [start = '', , untracked] = (await git.readCommit({ ...base, oid })).commit.parent;
  return { start, untracked };
}

/** @returns the paths that a stash changes, those of files that git did not know included. */
export async function stashedPaths(base: Repository, oid: string): Promise<string[]> {
  const { start, untracked } = await commitsOf(base, oid);
  const changed = await differing(base, start, oid);
  return untracked === undefined ? changed : [...changed, ...(await differing(base, untracked))];
}

/** @returns the paths of files that two commits have differently; of one commit, those of all files. */
async function differing(base: Repository, ...commits: string[]): Promise<string[]> {
  const paths: unknown = await git.walk({
    ...base,
    trees: commits.map((ref) => git.TREE({ ref })),
    async map(path, [one = null, other = null]) {
      if (path === '.') return undefined;
      if (commits.length > 1 && (await areSame(one, other))) return null;
      const types = await Promise.all([one?.type(), other?.type()]);
      return types.every((type) => type === 'tree' || type === undefined) ? undefined : path;
    },
  });
  return (paths as string[] | undefined) ?? [];
}

async function areSame(one: WalkerEntry | null, other: WalkerEntry | null): Promise<boolean> {
  const [oids, modes] = await Promise.all([
    Promise.all([one?.oid(), other?.oid()]),
    Promise.all([one?.mode(), other?.mode()]),
  ]);
  return oids[0] === oids[1] && modes[0] === modes[1];
}
