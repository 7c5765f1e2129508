/** `git merge`: isomorphic-git's, with conflicts left as git leaves them; and `git merge --abort`. */
import * as isomorphicGit from 'isomorphic-git';
import { useFileSystem } from '../base/failure.js';
import { lateScript } from '../isomorphic/bind-repository.js';
import { withPackedFiles } from '../isomorphic/packed-fs.js';
import { Refs } from '../repository/refs.js';
import { promisesOf } from '../storage/file-system.js';
import { checkoutTree } from '../worktree/checkout.js';
import { resolve } from './checkout.js';
import { readCommit } from './commits.js';
import { leaveConflicts } from './conflicts.js';
import { repositoryAt } from './index-entries.js';
import { LazyFetch } from './lazy-fetch.js';
import { mergeFile } from './merge-file.js';
import { endMerge, expectNoMerge } from './merge-state.js';
import { failureOf } from './outcome.js';
import { readCone } from './sparse-state.js';

type Given = Parameters<typeof isomorphicGit.merge>[0];

/**
 * isomorphic-git's, which leaves what is no text as it is. With `abortOnConflict: false` a conflict in the branch
 * that is checked out is left to be resolved, as git leaves it: the files have both sides between marks, the index
 * has the sides, and `MERGE_HEAD` and `MERGE_MSG` are there. All others of both sides are in the working tree.
 * {@link commit} makes the merge of it once all is resolved and added, {@link abortMerge} gives it up. Where
 * changes that are not committed are in the way, or staged, and where a path is to be a file and a folder,
 * nothing changes.
 *
 * @throws isomorphic-git's MergeConflictError, also where the conflicts are left, and what else its own throws;
 *   CheckoutConflictError, UnmergedPathsError; GitWsError MERGE_NOT_CONCLUDED where another merge waits; what
 *   {@link checkout} throws.
 */
export async function merge(given: Given): ReturnType<typeof isomorphicGit.merge> {
  return mergeHere(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function mergeHere(given: Given): ReturnType<typeof isomorphicGit.merge> {
  const { fs, dir, ours, theirs, message, abortOnConflict = true, dryRun = false } = given;
  const at = await repositoryAt(given);
  if (at === undefined) return isomorphicGit.merge(given);
  if (!dryRun) await expectNoMerge('merge', at);
  const lazy = await LazyFetch.of(at, {});
  const { promisor } = lazy;
  try {
    return await isomorphicGit.merge({
      ...given,
      fs: withPackedFiles(fs, at.gitdir, lateScript, () => promisor),
      ...{ gitdir: at.gitdir, abortOnConflict: true, mergeDriver: given.mergeDriver ?? mergeFile },
    });
  } catch (error) {
    if (abortOnConflict || dryRun || dir === undefined || !isConflict(error)) throw error;
    const branch = await useFileSystem(() => currentBranch(fs, at.gitdir));
    const common = { ...at, ref: ours ?? branch ?? 'HEAD' };
    const into = await isomorphicGit.expandRef(common);
    const here = await resolve(at, into);
    // Another branch than the one whose files are here.
    if (here === undefined || into !== (branch ?? 'HEAD')) throw error;
    const there = await readCommit(
      at,
      await isomorphicGit.resolveRef({ ...at, ref: theirs }),
      theirs,
    );
    return await leaveConflicts(
      {
        ...{ ...at, dir, ours: here, theirs: there.commit, promisor },
        labels: { ours: 'HEAD', theirs },
        message: message ?? (await defaultMessage(given, at.gitdir, into)),
        mergeDriver: given.mergeDriver,
        allowUnrelatedHistories: given.allowUnrelatedHistories,
      },
      error,
    );
  } finally {
    lazy.close();
  }
}

/** @returns whether isomorphic-git's `merge` has found a conflict, and changed nothing. */
export function isConflict(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'MergeConflictError';
}

/**
 * Gives a merge up that is not concluded, as `git merge --abort`: what the merge has changed in the index and in
 * the working tree is as HEAD has it, and changes of other files stay. Without a merge that waits, whatever is
 * staged is taken back so.
 *
 * @throws CheckoutConflictError where a file of the merge has changed since it was added, and nothing has changed
 *   then; what {@link checkout} throws.
 */
export async function abortMerge(
  given: Parameters<typeof isomorphicGit.abortMerge>[0],
): ReturnType<typeof isomorphicGit.abortMerge> {
  return giveUp(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function giveUp(given: Parameters<typeof isomorphicGit.abortMerge>[0]): Promise<void> {
  const { dir, commit: ref = 'HEAD' } = given;
  const at = await repositoryAt(given);
  if (at === undefined) {
    await isomorphicGit.abortMerge(given);
    return;
  }
  const oid = await isomorphicGit.resolveRef({ ...at, ref });
  const { tree } = await readCommit(at, oid, ref);
  const lazy = await LazyFetch.of(at, {});
  try {
    await checkoutTree({
      ...{ ...at, dir, tree, from: tree, isReset: true, promisor: lazy.promisor },
      cone: await useFileSystem(() => readCone(at)),
    });
    await useFileSystem(() => endMerge(at));
  } finally {
    lazy.close();
  }
}

/** @returns the full name of the branch that is checked out; undefined where none is. */
async function currentBranch(fs: object, gitdir: string): Promise<string | undefined> {
  const head = await new Refs(promisesOf(fs), gitdir).read('HEAD');
  return head !== undefined && 'symbolic' in head ? head.symbolic : undefined;
}

/** @returns what git would say (fmt-merge-msg.c). */
async function defaultMessage(given: Given, gitdir: string, into: string): Promise<string> {
  const { fs, theirs } = given;
  const name = await isomorphicGit.expandRef({ fs, gitdir, ref: theirs }).catch(() => '');
  const kinds: Record<string, string> = {
    heads: 'branch',
    remotes: 'remote-tracking branch',
    tags: 'tag',
  };
  const [, folder = '', rest = theirs] = /^refs\/(heads|remotes|tags)\/(.*)$/.exec(name) ?? [];
  return `Merge ${kinds[folder] ?? 'commit'} '${rest}'${intoPart(into)}`;
}

/** Branches of which the message of a merge does not say that it is theirs (git's `merge.suppressDest`). */
const usualBranches: ReadonlySet<string> = new Set(['refs/heads/main', 'refs/heads/master']);

/** @returns the end of a merge's message. @param into the full name of a branch. */
export function intoPart(into: string): string {
  return usualBranches.has(into) ? '' : ` into ${into.replace(/^refs\/heads\//, '')}`;
}
