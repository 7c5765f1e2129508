/** `git checkout <branch>`: the working tree first, then branch and HEAD. */
import * as isomorphicGit from 'isomorphic-git';
import { checkoutTree, type CheckoutOptions } from '../worktree/checkout.js';
import { GitWsError } from '../base/errors.js';
import { callBack, useFileSystem } from '../base/failure.js';
import { throwIfCanceled } from '../pack/index/pace.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { updateRefs, type RefChange } from '../repository/ref-update.js';
import { Refs, type RefValue } from '../repository/refs.js';
import { promisesOf } from '../storage/file-system.js';
import { fileTrust, setConfig } from './config.js';
import { readIndex, repositoryAt } from './index-entries.js';
import { failureOf, unmergedError } from './outcome.js';
import { readCommit, type Commit } from './commits.js';
import { gitdirOf } from './fetch.js';
import { holdConfig } from './held-config.js';
import { LazyFetch } from './lazy-fetch.js';
import { endMerge, mergeWaits, notConcluded } from './merge-state.js';
import type { RemoteAccess, RemoteArguments } from './remote-access.js';
import type { Promisor } from '../repository/promisor.js';
import { Cone } from '../worktree/cone.js';
import { coneFolders } from '../worktree/cone-folders.js';
import { filesInCone, isUnder } from './cone-files.js';
import { readCone, writeCone } from './sparse-state.js';
import type { SubmoduleArguments } from './submodules/arguments.js';

type Given = Parameters<typeof isomorphicGit.checkout>[0];

/**
 * What isomorphic-git's `checkout` takes, and more. `nonBlocking` and `batchSize` do nothing: it never blocks.
 *
 * @interface
 */
export type CheckoutArguments = Given & {
  /** Ends the checkout; the next one finishes it. */
  signal?: AbortSignal | undefined;
} & Omit<RemoteArguments, 'onProgress' | 'signal'> &
  SparseArguments &
  SubmoduleArguments;

/** What makes a checkout a sparse one (git-sparse-checkout(1)). */
export interface SparseArguments {
  /**
   * Folders that are to be in the working tree, with all below them and the files of each folder on the way
   * to them, as git's cone mode has it; none: only the files of the root. Default: what the repository says.
   * `sparseCheckout` changes it later.
   */
  sparse?: readonly string[] | undefined;
}

/** @returns what is asked for; undefined where nothing is. @throws GitWsError INVALID_OPTION for what are no folders. */
export function coneOf({ sparse }: SparseArguments): Cone | undefined {
  return sparse && Cone.of(coneFolders(sparse, false));
}

/** What every command of isomorphic-git wants. */
export interface Common {
  /** The file system: LightningFS, Node's, or any other that isomorphic-git takes. */
  readonly fs: Given['fs'];
  /** The working tree's directory. */
  readonly dir: string;
  readonly gitdir: string;
  readonly cache: object;
}

/**
 * {@link checkout} of the superproject alone.
 *
 * @param opened where the command speaks with the remote anyway.
 * @param mayBeLeft of a checkout that was interrupted: see {@link CheckoutOptions}.
 */
export async function checkoutThrough(
  given: CheckoutArguments,
  opened: RemoteAccess | undefined,
  mayBeLeft?: CheckoutOptions['mayBeLeft'],
): Promise<void> {
  await checkOut(given, opened, mayBeLeft).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function checkOut(
  given: CheckoutArguments,
  opened: RemoteAccess | undefined,
  mayBeLeft: CheckoutOptions['mayBeLeft'],
): Promise<void> {
  const { filepaths = [], dryRun = false, sparse } = given;
  const { fs, dir, ref, cache = {}, remote = 'origin', track = true } = given;
  const gitdir = gitdirOf(given);
  const common = { fs, dir, gitdir, cache };
  const cone = coneOf(given);
  throwIfCanceled(given.signal);
  if (dryRun || filepaths.length > 0) {
    if (cone !== undefined) throw notSparse(sparse);
    if (ref === undefined) await expectMerged(common, filepaths);
    const find = async () => (await findTarget(common, ref ?? 'HEAD', remote)).commit;
    const files = filepaths.length > 0 && (await filesInCone(common, find, filepaths));
    await isomorphicGit.checkout({ ...given, ...(files ? { filepaths: files } : {}) });
    return;
  }
  const gitDirectory = await useFileSystem(() => findGitDirectory(promisesOf(fs), gitdir));
  const headBefore = await new Refs(promisesOf(fs), gitDirectory).read('HEAD');
  const previousHead = await resolve(common, 'HEAD');
  const target = await findTarget(common, ref ?? 'HEAD', remote);
  const keepsHead = given.noUpdateHead ?? ref === undefined;
  const changes = changesFor(target, keepsHead, headBefore);
  const at = { fs, gitdir: gitDirectory };
  const isMerging = await mergeWaits(at);
  const isGivenUp = given.force === true && given.noCheckout !== true;
  const isMove = target.commit !== previousHead || changes.some(isNews);
  if (isMerging && !isGivenUp && isMove) throw notConcluded('checkout');
  if (given.noCheckout !== true) {
    const lazy = await LazyFetch.of(common, given, opened);
    try {
      await updateWorkTree(common, target.commit, { ...given, cone, mayBeLeft }, lazy.promisor);
    } finally {
      lazy.close();
    }
  } else if (cone !== undefined) await writeCone(at, cone);
  if (target.isNew && track) await trackBranch(common, target.ref ?? '', remote);
  await updateRefs(promisesOf(fs), gitDirectory, changes);
  if (isMerging && isGivenUp) await endMerge(at);
  await tellCheckout(given.onPostCheckout, previousHead, target.commit);
}

/** As git does of files of the index. @throws isomorphic-git's UnmergedPathsError */
async function expectMerged(common: Common, filepaths: readonly string[]): Promise<void> {
  const at = await repositoryAt(common);
  const unmerged = (at === undefined ? [] : await readIndex(at))
    .filter(({ stage, path }) => stage > 0 && filepaths.some((each) => isUnder(path, each)))
    .map(({ path }) => path);
  if (unmerged.length > 0) throw unmergedError(unmerged);
}

function notSparse(sparse: readonly string[] | undefined): GitWsError {
  const message = 'With filepaths or dryRun a checkout cannot be made sparse.';
  return new GitWsError('INVALID_OPTION', message, { data: { sparse } });
}

/** @throws what the caller's `onPostCheckout` throws, as `callBack` has it. */
export function tellCheckout(
  onPostCheckout: CheckoutArguments['onPostCheckout'],
  previousHead: string | undefined,
  newHead: string,
): Promise<void> {
  const told = { previousHead: previousHead ?? '0'.repeat(40), newHead, type: 'branch' as const };
  return callBack('onPostCheckout', async () => onPostCheckout?.(told));
}

interface Target extends Commit {
  /** Its full name; undefined for an oid. */
  readonly ref: string | undefined;
  /** Whether the branch is made of the remote's of the same name. */
  readonly isNew: boolean;
}

async function findTarget(common: Common, ref: string, remote: string): Promise<Target> {
  const branch = `refs/heads/${ref}`;
  const onBranch = await resolve(common, branch);
  if (onBranch !== undefined) {
    return { ...(await readCommit(common, onBranch, ref)), ref: branch, isNew: false };
  }
  const own = await resolve(common, ref);
  if (own !== undefined) {
    const name = await isomorphicGit.expandRef({ ...common, ref }).catch(() => undefined);
    return { ...(await readCommit(common, own, ref)), ref: name, isNew: false };
  }
  // The remote's branch, or the error that says that there is none.
  const oid = await isomorphicGit.resolveRef({ ...common, ref: `${remote}/${ref}` });
  return { ...(await readCommit(common, oid, ref)), ref: branch, isNew: true };
}

/** @returns undefined for a ref that is not there. @throws what `fs` throws. */
export async function resolve(
  common: Pick<Common, 'fs' | 'gitdir'>,
  ref: string,
): Promise<string | undefined> {
  return isomorphicGit.resolveRef({ ...common, ref }).catch((error: unknown) => {
    if ((error as { code?: unknown } | null)?.code === 'NotFoundError') return undefined;
    throw error;
  });
}

/**
 * Makes the working tree, and the index, those of a commit, from those of HEAD's; HEAD stays.
 *
 * @param promisor gets what a partial clone lacks.
 * @throws what {@link checkout} throws for a working tree that cannot follow.
 */
export async function updateWorkTree(
  common: Common,
  commit: string,
  how: Pick<CheckoutArguments, 'force' | 'signal'> & {
    readonly onProgress?: CheckoutArguments['onProgress'] | undefined;
    /** What is to be in the working tree from now on; undefined: what the repository says. */
    readonly cone?: Cone | undefined;
    readonly mayBeLeft?: CheckoutOptions['mayBeLeft'];
  },
  promisor: Promisor | undefined,
): Promise<void> {
  const { fs, dir, gitdir } = common;
  const head = await resolve(common, 'HEAD');
  const from = head && (await readCommit(common, head, 'HEAD')).tree;
  const { tree } = await readCommit(common, commit, commit);
  const { force, signal, onProgress, cone, mayBeLeft } = how;
  const at = { fs, gitdir: await useFileSystem(() => findGitDirectory(promisesOf(fs), gitdir)) };
  const config = holdConfig(at);
  await checkoutTree({
    ...{ fs, dir, gitdir, tree, from, force, signal, onProgress, promisor, mayBeLeft },
    trust: await fileTrust(config),
    cone: cone ?? (await readCone(config)),
    onReady: async () => cone && writeCone(at, cone),
  });
}

/** Whether a ref says something else then. */
function isNews({ old, value }: RefChange): boolean {
  return JSON.stringify(old) !== JSON.stringify(value);
}

async function trackBranch(common: Common, ref: string, remote: string): Promise<void> {
  const section = `branch.${ref.slice('refs/heads/'.length)}`;
  const config = holdConfig(common);
  await setConfig(config, `${section}.remote`, remote);
  await setConfig(config, `${section}.merge`, ref);
  await config.save();
}

/** @returns a branch that is new, and HEAD, as long as they are what they were when it began. */
function changesFor(
  { ref, commit, isNew }: Target,
  keepsHead: boolean,
  headBefore: RefValue | undefined,
): readonly RefChange[] {
  const branch = ref?.startsWith('refs/heads/') === true ? ref : undefined;
  const value = branch === undefined ? { oid: commit } : { symbolic: branch };
  return [
    ...(isNew && branch !== undefined ? [{ name: branch, old: null, value: { oid: commit } }] : []),
    ...(keepsHead ? [] : [{ name: 'HEAD', old: headBefore ?? null, value }]),
  ];
}
