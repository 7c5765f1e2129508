/** A merge of one commit into another one, of which `merge` and `pull` say what becomes of the branch. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { Commits } from '../repository/commits.js';
import { readShallow } from '../repository/shallow-file.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';
import { readCommit } from './commits.js';
import type { ConfigAt } from './config.js';
import { leaveConflicts, type ConflictsToLeave } from './conflicts.js';
import { mergeCommits, writeMerged, type CommitsToMerge } from './merge-commits.js';

type Given = Parameters<typeof isomorphicGit.merge>[0];

/** What is merged, and how: isomorphic-git's options, and what they stand for. */
export interface MergeHow
  extends
    CommitsToMerge,
    Pick<ConflictsToLeave, 'message' | 'onProgress'>,
    Pick<
      Given,
      | 'author'
      | 'committer'
      | 'signingKey'
      | 'onSign'
      | 'fastForward'
      | 'fastForwardOnly'
      | 'dryRun'
    > {
  /** The working tree's directory in which conflicts are left; undefined: they change nothing. HEAD is `ours` then. */
  readonly leavesIn: string | undefined;
}

/** isomorphic-git's result, with a commit in any case. */
export type Merged = isomorphicGit.MergeResult & { oid: string };

/**
 * @param given with the git directory itself.
 * @returns what the branch is to be; no ref is changed.
 * @throws isomorphic-git's FastForwardError, MergeConflictError, MissingNameError, UnmergedPathsError; what
 *   {@link mergeCommits} and {@link leaveConflicts} throw; GitWsError FILE_SYSTEM_FAILED.
 */
export async function mergeInto(given: MergeHow): Promise<Merged> {
  const { ours, theirs, fastForward = true, fastForwardOnly = false, leavesIn } = given;
  const [isMerged, isForward] = await relation(given);
  if (isMerged) return { oid: ours, alreadyMerged: true };
  if (isForward && (fastForward || fastForwardOnly)) return { oid: theirs, fastForward: true };
  if (fastForwardOnly) throw new isomorphicGit.Errors.FastForwardError();
  const merged = await mergeCommits(given);
  if (merged.isClean) return commitMerge(given, await writeMerged(given, merged));
  if (leavesIn === undefined) throw merged.error;
  return leaveConflicts({ ...given, dir: leavesIn }, merged);
}

/** @returns whether ours has theirs, and theirs has ours. */
async function relation({ fs, gitdir, ours, theirs }: MergeHow): Promise<[boolean, boolean]> {
  const objects = new StoredObjects(fs, gitdir);
  try {
    const commits = new Commits(objects, await readShallow(promisesOf(fs), gitdir));
    const isMerged = await commits.reaches(ours, theirs);
    return [isMerged, !isMerged && (await commits.reaches(theirs, ours))];
  } finally {
    await objects.close();
  }
}

async function commitMerge(given: MergeHow, tree: string): Promise<Merged> {
  const { fs, gitdir, ours, theirs, message, dryRun = false } = given;
  const { author, committer, signingKey, onSign } = given;
  const oid = (await isomorphicGit.commit({
    ...{ fs, gitdir, message, tree, dryRun, parent: [ours, theirs], noUpdateBranch: true },
    ...(author === undefined ? {} : { author }),
    ...(committer === undefined ? {} : { committer }),
    ...(signingKey === undefined ? {} : { signingKey }),
    ...(onSign === undefined ? {} : { onSign }),
  })) as string | undefined;
  // isomorphic-git resolves with nothing where something rejects with nothing.
  if (oid === undefined || (!dryRun && (await treeOf(given, oid)) !== tree)) {
    const says = 'The file system says that it wrote the merge, and did not.';
    throw new GitWsError('FILE_SYSTEM_FAILED', says);
  }
  return { oid, tree, mergeCommit: true };
}

async function treeOf(at: ConfigAt, oid: string): Promise<string> {
  return (await readCommit(at, oid, oid)).tree;
}
