/** Merges the files of two commits, for `merge` and `pull`. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callersSlice, Pace } from '../pack/index/pace.js';
import { Commits } from '../repository/commits.js';
import type { Promisor } from '../repository/promisor.js';
import { readShallow } from '../repository/shallow-file.js';
import { emptyTree, StoredObjects } from '../repository/stored-objects.js';
import { promisesOf, storeTogether } from '../storage/file-system.js';
import type { TreeFile } from '../worktree/tree-files.js';
import { treeObjects, type NewObject } from '../worktree/tree-objects.js';
import type { AttributesAt } from './attributes/attributes.js';
import { readCommit } from './commits.js';
import type { ConfigAt } from './config.js';
import type { ContentOptions } from './contents.js';
import { followingOf } from './follow-renames.js';
import type { MergedFiles } from './merge-contents.js';
import { MergeDrivers } from './merge-drivers.js';
import { mergeFiles } from './merge-files.js';
import { VirtualBases } from './virtual-base.js';

/** What is merged, and how. */
export interface CommitsToMerge extends AttributesAt, ContentOptions {
  /** Oids of commits. */
  readonly ours: string;
  readonly theirs: string;
  /** isomorphic-git's: histories that have nothing in common are merged as well. */
  readonly allowUnrelatedHistories?: boolean | undefined;
  readonly promisor: Promisor | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a merge comes to. */
export interface MergedCommits extends MergedFiles {
  /** Oid of ours' tree. */
  readonly oursTree: string;
}

/**
 * Merges the files; nothing is written.
 *
 * @param given with the git directory itself.
 * @throws isomorphic-git's MergeNotSupportedError where the histories have nothing in common, or paths are one as
 *   text; GitWsError OBJECT_UNAVAILABLE, UnsafeFilepathError, TREE_LIMIT, UserCanceledError; what `fs` and the driver
 *   throw.
 */
export async function mergeCommits(given: CommitsToMerge): Promise<MergedCommits> {
  const { fs, gitdir, promisor, signal, allowUnrelatedHistories = false } = given;
  const pace = new Pace(callersSlice, signal);
  const objects = new StoredObjects(fs, gitdir, { pace, blobs: true, promisor, signal });
  try {
    const ours = await readCommit(given, given.ours, given.ours);
    const theirs = await readCommit(given, given.theirs, given.theirs);
    const commits = new Commits(objects, await readShallow(promisesOf(fs), gitdir));
    const how = { following: followingOf(given, pace), drivers: new MergeDrivers(given) };
    const bases = new VirtualBases(commits, objects, how);
    const base = await bases.of(ours.commit, theirs.commit);
    if (base === undefined && !allowUnrelatedHistories) {
      throw new isomorphicGit.Errors.MergeNotSupportedError();
    }
    const sides = {
      base: base ?? new Map<never, never>(),
      ...{ ours: await bases.filesOf(ours.tree), theirs: await bases.filesOf(theirs.tree) },
    };
    const merged = await mergeFiles(sides, objects, { ...given, ...how, known: bases.blobs });
    return { ...merged, oursTree: ours.tree };
  } finally {
    pace.close();
    await objects.close();
  }
}

/** Writes the files that are new. @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws. */
export async function writeContents(at: ConfigAt, { blobs }: MergedFiles): Promise<void> {
  await writeObjects(at, 'blob', blobs);
}

/**
 * Writes the files that are new, and the trees.
 *
 * @param given with `dryRun` nothing is written.
 * @returns the oid of the tree of all.
 * @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function writeMerged(
  given: ConfigAt & { readonly dryRun?: boolean | undefined },
  merged: MergedFiles,
): Promise<string> {
  const dryRun = given.dryRun === true;
  if (!dryRun) await writeContents(given, merged);
  return writeTrees(given, merged.files.values(), dryRun);
}

/** Writes the trees of files that are not there yet. @returns the oid of that of all. @throws as {@link writeMerged}. */
export async function writeTrees(
  at: ConfigAt,
  files: Iterable<Pick<TreeFile, 'name' | 'mode' | 'oid'>>,
  dryRun: boolean,
): Promise<string> {
  const trees = treeObjects(files);
  if (!dryRun) await writeObjects(at, 'tree', trees);
  return trees.at(-1)?.oid ?? emptyTree;
}

/** Writes objects that are not there yet. @throws as {@link writeMerged}. */
export async function writeObjects(
  { fs, gitdir }: ConfigAt,
  type: 'blob' | 'tree' | 'commit',
  all: readonly NewObject[],
): Promise<void> {
  const missing = async (): Promise<readonly NewObject[]> => {
    const objects = new StoredObjects(fs, gitdir);
    try {
      const present = new Set(await objects.present(all.map(({ oid }) => oid)));
      return all.filter(({ oid }) => !present.has(oid));
    } finally {
      await objects.close();
    }
  };
  const some = await missing();
  // Itself: one that answers out of packs says that the empty tree is there, and it would not be written.
  await storeTogether(promisesOf(fs), async (promises) => {
    for (const { bytes: object } of some) {
      const what = { fs: { promises }, gitdir, type, format: 'content', object } as const;
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- writeTree takes names as text
      await isomorphicGit.writeObject(what);
    }
  });
  if ((await missing()).length === 0) return;
  const message = 'The file system says that it wrote objects, and did not.';
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}
