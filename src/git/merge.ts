/** `git merge`, and `git merge --abort`. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { Refs } from '../repository/refs.js';
import { updateRefs } from '../repository/ref-update.js';
import { promisesOf } from '../storage/file-system.js';
import { checkoutTree } from '../worktree/checkout.js';
import { readCommit } from './commits.js';
import { fileTrust, type ConfigAt } from './config.js';
import { repositoryAt } from './index-entries.js';
import { LazyFetch } from './lazy-fetch.js';
import { mergeInto } from './merge-into.js';
import { endMerge, expectNoMerge, expectNoStash } from './merge-state.js';
import { failureOf } from './outcome.js';
import { readCone } from './sparse-state.js';
import { expectResolved } from './unmerged-files.js';

type Given = Parameters<typeof isomorphicGit.merge>[0];

/**
 * Merges a commit into a branch, with isomorphic-git's options and results: without `abortOnConflict: false` the
 * working tree stays as it is, and a conflict changes nothing. Files are merged line by line as git merges them,
 * and what is no text (it has a NUL) is a conflict; commits with several merge bases, and a file where the other side
 * has a folder, a link or a submodule, as merge-ort does it: the file goes aside, to `path~branch`. Renames are
 * followed, as `merge.renames` and what belongs to it say. The attributes of the working tree say which files are
 * merged otherwise (`merge=union`, `-merge`), and `mergeDriver` is not asked for these. With
 * `abortOnConflict: false` a conflict is left to be resolved, as git leaves it: the files have both sides between
 * marks, the index has the sides, `MERGE_HEAD` and `MERGE_MSG` are there, and all else of both sides is in the
 * working tree. {@link commit} makes the merge of it once all is resolved and added, {@link abortMerge} gives it up.
 * Where changes that are not committed are in the way, or staged, nothing changes.
 *
 * @throws isomorphic-git's MergeConflictError, also where the conflicts are left; MergeNotSupportedError where the
 *   histories have nothing in common, or paths that are no UTF-8 are the same as text; FastForwardError,
 *   MissingNameError, UnmergedPathsError, NotFoundError; CheckoutConflictError; GitWsError MERGE_NOT_CONCLUDED where
 *   another merge waits, INVALID_OPTION where conflicts cannot be left, since the branch is not the one that is
 *   checked out, REF_CHANGED; what {@link checkout} throws.
 */
export async function merge(given: Given): ReturnType<typeof isomorphicGit.merge> {
  return mergeHere(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function mergeHere(given: Given): ReturnType<typeof isomorphicGit.merge> {
  const { fs, dir, dryRun = false, noUpdateBranch = false, abortOnConflict = true } = given;
  const at = await repositoryAt(given);
  // A linked worktree.
  if (at === undefined) return isomorphicGit.merge(given);
  if (!dryRun) await expectNoMerge('merge', at);
  const refs = new Refs(promisesOf(fs), at.gitdir);
  const head = await useFileSystem(() => refs.branch());
  const asked = given.ours === undefined || given.ours === 'HEAD' ? head : given.ours;
  const named = await isomorphicGit.expandRef({ ...at, ref: asked ?? 'HEAD' });
  const isHere = named === (head ?? 'HEAD');
  if (isHere && !dryRun) await expectResolved(at);
  // A branch may lead to another one, which is then what moves.
  const into = (await useFileSystem(() => refs.resolve(named)))?.name ?? named;
  const leaves = !abortOnConflict && !dryRun;
  if (leaves && (!isHere || dir === undefined)) {
    const message = 'abortOnConflict: false needs dir, and the branch that is checked out.';
    throw new GitWsError('INVALID_OPTION', message, { data: { ours: given.ours } });
  }
  const [ours, theirs] = [await commitOf(at, into), await commitOf(at, given.theirs)];
  const name = await fullNameOf(at, given.theirs);
  const lazy = await LazyFetch.of(at, {});
  try {
    const merged = await mergeInto({
      ...{ ...given, ...at, ours, theirs, promisor: lazy.promisor },
      labels: { ours: 'HEAD', theirs: given.theirs },
      message: given.message ?? defaultMessage(given.theirs, name, into),
      leavesIn: leaves ? dir : undefined,
    });
    if (merged.oid !== ours && !dryRun && !noUpdateBranch) {
      const change = { name: into, old: { oid: ours }, value: { oid: merged.oid } };
      await useFileSystem(() => updateRefs(promisesOf(fs), at.gitdir, [change]));
    }
    return merged;
  } finally {
    lazy.close();
  }
}

async function commitOf(at: ConfigAt, ref: string): Promise<string> {
  return (await readCommit(at, await isomorphicGit.resolveRef({ ...at, ref }), ref)).commit;
}

/** @returns undefined for what is no ref. */
async function fullNameOf(at: ConfigAt, ref: string): Promise<string | undefined> {
  return isomorphicGit.expandRef({ ...at, ref }).catch((error: unknown) => {
    if ((error as { code?: unknown } | null)?.code === 'NotFoundError') return undefined;
    throw error;
  });
}

/** @returns what git would say (fmt-merge-msg.c). @param name in full, where there is a ref. @param into in full. */
function defaultMessage(theirs: string, name: string | undefined, into: string): string {
  const kinds: Record<string, string> = {
    ...{ heads: 'branch', remotes: 'remote-tracking branch', tags: 'tag' },
  };
  const [, folder = '', rest = theirs] =
    /^refs\/(heads|remotes|tags)\/(.*)$/.exec(name ?? '') ?? [];
  return `Merge ${kinds[folder] ?? 'commit'} '${rest}'${intoPart(into)}`;
}

/** Branches of which the message of a merge does not say that it is theirs (git's `merge.suppressDest`). */
const usualBranches: ReadonlySet<string> = new Set(['refs/heads/main', 'refs/heads/master']);

/** @returns the end of a merge's message. @param into the full name of a branch. */
export function intoPart(into: string): string {
  return usualBranches.has(into) ? '' : ` into ${into.replace(/^refs\/heads\//, '')}`;
}

/**
 * Gives a merge up that is not concluded, as `git merge --abort`: what the merge has changed in the index and in
 * the working tree is as HEAD has it, and changes of other files stay. Without a merge that waits, whatever is
 * staged is taken back so, as `git reset --merge` does it: the conflicts of a stash, of a cherry-pick or a revert.
 *
 * @throws CheckoutConflictError where a file of the merge has changed since it was added, and nothing has changed
 *   then; GitWsError MERGE_NOT_CONCLUDED where `git merge --autostash` has set changes aside; what {@link checkout}
 *   throws.
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
  await expectNoStash(at, 'abortMerge');
  const { tree } = await readCommit(at, await isomorphicGit.resolveRef({ ...at, ref }), ref);
  const lazy = await LazyFetch.of(at, {});
  try {
    await checkoutTree({
      ...{ ...at, dir, tree, isReset: true, promisor: lazy.promisor },
      trust: await fileTrust(at),
      cone: await useFileSystem(() => readCone(at)),
    });
    await endMerge(at);
  } finally {
    lazy.close();
  }
}
