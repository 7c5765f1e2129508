/** `clone`, `checkout` and `pull`, with the submodules where they are asked for. */
import type * as isomorphicGit from 'isomorphic-git';
import { checkoutThrough, type CheckoutArguments } from '../checkout.js';
import { cloneOne, type CloneArguments } from '../clone.js';
import { readConfig, setConfig } from '../config.js';
import { gitDirectoryOf, type Directories } from '../fetch.js';
import { failureOf } from '../outcome.js';
import { pullOne, type PullArguments } from '../pull.js';
import type { RemoteArguments } from '../remote-access.js';
import type { SubmoduleArguments } from './arguments.js';
import { updateSubmodules, type Repository, type Superproject } from './update.js';

/**
 * Clones as git does. What fails before all has come leaves nothing. A checkout that fails leaves the
 * repository, which has all that was fetched, and rejects; one that is canceled leaves nothing, either.
 * A HEAD that is detached, or names a branch that is not there, is no fault: see git-clone(1).
 * With `recurseSubmodules` the submodules come then (docs/submodules.md): what fails of them leaves the clone.
 * Name and password in `url` are stored in the configuration with it, as by native git; those of `onAuth` are not.
 *
 * @throws what {@link fetch} and {@link checkout} throw; GitWsError SUBMODULE_REFUSED; INVALID_OPTION for an empty `dir`.
 */
export async function clone(given: CloneArguments): Promise<void> {
  await cloneOne(given);
  if (given.recurseSubmodules !== true) return;
  await asFailure(async () => {
    const at = await repositoryOf(given);
    await setConfig(at, 'submodule.active', '.');
    if (given.noCheckout !== true) await updateSubmodules({ ...at, ...how(given) }, given.url);
  });
}

/**
 * Checks out a branch, a tag or a commit, as isomorphic-git's `checkout` does, and faster: what is to
 * be written is read in the order of the packs, and the index is written once. Where a branch and a tag
 * have one name it is the branch, as in git. Branch, configuration and HEAD change only when the working
 * tree is there. What a partial clone lacks is fetched in one request, with `http`, `onAuth` and what else
 * `fetch` takes for its connection. With `filepaths` or `dryRun` it is isomorphic-git's own. In a sparse
 * checkout, what is outside of it stays so, and is not fetched. A merge that is not concluded is given up where it
 * is forced, and else HEAD stays where it is, as with `git switch`.
 *
 * @throws isomorphic-git's CheckoutConflictError, UnmergedPathsError, CommitNotFetchedError and
 *   NotFoundError; GitWsError REF_CHANGED, REF_CONFLICT, REF_LOCKED where others change branch or HEAD
 *   meanwhile, UnsafeFilepathError, OBJECT_UNAVAILABLE, INDEX_LOCKED, UNREADABLE_INDEX,
 *   UserCanceledError, FILE_SYSTEM_FAILED, QUOTA, INVALID_OPTION for a `sparse` that is none,
 *   UNSUPPORTED_SPARSE_CHECKOUT for patterns that are not cone mode's, OUTSIDE_SPARSE_CHECKOUT for
 *   `filepaths` that are, SUBMODULE_REFUSED; what `fs` and the callbacks throw.
 */
export async function checkout(given: CheckoutArguments): Promise<void> {
  await checkoutThrough(given, undefined);
  const { noCheckout = false, dryRun = false, filepaths = [], force } = given;
  const isWhole = !noCheckout && !dryRun && filepaths.length === 0;
  if (given.recurseSubmodules !== true || !isWhole) return;
  await asFailure(async () => {
    await updateSubmodules({ ...(await repositoryOf(given)), ...how(given), force });
  });
}

/**
 * Pulls into a branch, by default the one that is checked out. Whether the working tree can follow is found
 * out before anything of it is changed, and only then does the branch move: changes that are not committed,
 * staged ones too, stay as they are, or are in the way, and then nothing has happened but a fetch. What is
 * to be merged is merged as by {@link merge}; a conflict changes nothing, unless `abortOnConflict` is false.
 *
 * @returns what isomorphic-git's `merge` returns.
 * @throws what {@link fetch} throws; isomorphic-git's FastForwardError, MergeConflictError,
 *   MergeNotSupportedError, MissingNameError, MissingParameterError, CheckoutConflictError,
 *   UnmergedPathsError; what {@link checkout} throws; GitWsError SUBMODULE_REFUSED; MERGE_NOT_CONCLUDED where a merge waits, and then
 *   nothing was fetched; UNSUPPORTED_SPARSE_CHECKOUT in a sparse checkout with an `http` of others.
 */
export async function pull(given: PullArguments): Promise<isomorphicGit.MergeResult> {
  const merged = await pullOne(given);
  if (given.recurseSubmodules === true) {
    await asFailure(async () => {
      const at = await repositoryOf(given);
      const { remote } = given;
      const url = given.url ?? (remote && (await readConfig(at, `remote.${remote}.url`)));
      await updateSubmodules({ ...at, ...how(given) }, url);
    });
  }
  return merged;
}

async function repositoryOf(
  given: Pick<Repository, 'fs' | 'dir'> & Directories,
): Promise<Repository> {
  const { fs, dir } = given;
  const gitdir = await gitDirectoryOf(given);
  return { fs, dir, gitdir };
}

/** What counts for submodules as well. */
function how(given: RemoteArguments & SubmoduleArguments): Pick<Superproject, 'given'> {
  const { http, gateway, fallback, headers, signal } = given;
  const { onSubmodule, shallowSubmodules, onConnection, onMessage, onProgress } = given;
  const { onAuth, onAuthSuccess, onAuthFailure } = given;
  const all = {
    ...{ http, gateway, fallback, headers, signal },
    ...{ onSubmodule, shallowSubmodules, onConnection, onMessage, onProgress },
    ...{ onAuth, onAuthSuccess, onAuthFailure },
  };
  // What is not there is left out: to some types undefined is no value.
  return {
    given: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
  };
}

async function asFailure(act: () => Promise<void>): Promise<void> {
  await act().catch((reason: unknown) => {
    throw failureOf(reason);
  });
}
