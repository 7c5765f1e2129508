/** A commit in the place of the last one, as `git commit --amend` makes it. */
import git from 'gitws/git';
import type { ToCommit } from './commit.js';
import { isReachable, type RefLabel } from './history.js';
import { BranchMoved, expectBranchAt, resolveRef } from './refs.js';
import type { Repository } from './repository.js';
import { stageFiles } from './staging.js';
import { expectResolved } from './unmerged.js';

/** A commit that can be amended. */
export interface Amendable {
  readonly oid: string;
  /** All of it. */
  readonly message: string;
}

/** What to amend. `author` becomes the committer: the author stays who it was. */
export interface ToAmend extends ToCommit {
  /** The current one. */
  readonly branch: string;
  /** The last commit of it. */
  readonly oid: string;
}

/**
 * @param labels the names that stand at each commit.
 * @returns a commit, unless a branch of the remote has it.
 */
export async function readAmendable(
  base: Repository,
  oid: string,
  labels: ReadonlyMap<string, readonly RefLabel[]>,
): Promise<Amendable | undefined> {
  const isRemote = ([, names]: [string, readonly RefLabel[]]): boolean =>
    names.some(({ kind }) => kind === 'remote');
  const from = [...labels].filter(isRemote).map(([tip]) => tip);
  if (await isReachable({ ...base, oid, from })) return undefined;
  const { commit } = await git.readCommit({ ...base, oid });
  return { oid, message: commit.message.trim() };
}

/**
 * Makes a commit of the index as it is. Leaves the last one where it is, among the objects: only the branch
 * goes to the new one.
 *
 * @returns the new commit's oid.
 * @throws {@link BranchMoved}, isomorphic-git's UnmergedPathsError; the branch has not been touched then.
 */
export async function amendCommit({
  branch,
  oid,
  stage,
  message,
  author,
  ...base
}: Repository & ToAmend): Promise<string> {
  await expectBranchAt(base, branch, oid);
  // Staged as it stands, a file would be resolved by nobody.
  await expectResolved(base);
  if (stage.length > 0) await stageFiles({ ...base, paths: stage });
  const { commit } = await git.readCommit({ ...base, oid });
  const now = new Date();
  const timestamp = Math.floor(now.getTime() / 1000);
  const made = await git.commit({
    ...{ ...base, message, parent: commit.parent, author: commit.author, noUpdateBranch: true },
    // Without a time of its own the committer would get the author's.
    committer: { ...author, timestamp, timezoneOffset: now.getTimezoneOffset() },
  });
  // Nothing stands at a commit that cannot be read.
  await git.readCommit({ ...base, oid: made });
  await expectBranchAt(base, branch, oid);
  const ref = `refs/heads/${branch}`;
  await git.writeRef({ ...base, ref, value: made, force: true });
  if ((await resolveRef(base, ref)) !== made) {
    throw new BranchMoved(`${branch} has got another commit at the same moment.`);
  }
  return made;
}
