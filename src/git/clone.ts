/** `git clone`: a new repository of a remote's, and its working tree. */
import * as isomorphicGit from 'isomorphic-git';
import { isGitWsError } from '../base/errors.js';
import { fetchRemote, type FetchedRefs } from '../remote/fetch/fetch.js';
import { parseRefspec } from '../remote/refspec.js';
import { unbornHead } from '../remote/unborn-head.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { updateRefs, type RefChange } from '../repository/ref-update.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';
import type { Cone } from '../worktree/cone.js';
import { treeFiles } from '../worktree/tree-files.js';
import { BeforeClone } from './before-clone.js';
import {
  checkoutThrough,
  coneOf,
  resolve,
  tellCheckout,
  type SparseArguments,
} from './checkout.js';
import { readCommit } from './commits.js';
import { setConfig } from './config.js';
import { expectNoFilter, fetchOptions, filterOf, gitdirOf, type FilterArguments } from './fetch.js';
import { init } from './init.js';
import { failureOf } from './outcome.js';
import { registerPromisor } from './partial-clone.js';
import { ownSettings, RemoteAccess, type RemoteArguments } from './remote-access.js';
import { writeCone } from './sparse-state.js';
import type { SubmoduleArguments } from './submodules/arguments.js';

type Given = Parameters<typeof isomorphicGit.clone>[0];

/**
 * What isomorphic-git's `clone` takes, and more. `nonBlocking` and `batchSize` do nothing: it never blocks.
 *
 * @interface
 */
export type CloneArguments = Omit<Given, keyof RemoteArguments> &
  RemoteArguments &
  FilterArguments &
  SparseArguments &
  SubmoduleArguments;

/** {@link clone} of the superproject alone. */
export async function cloneOne(given: CloneArguments): Promise<void> {
  const settings = ownSettings(given);
  if (settings === undefined) {
    await cloneThrough(given);
    return;
  }
  const { fs, dir } = given;
  const gitdir = gitdirOf(given);
  const cone = coneOf(given);
  const access = new RemoteAccess(given.url, given, settings);
  const before = await BeforeClone.look(promisesOf(fs), dir, gitdir);
  let head: string | undefined;
  try {
    if (before.hadRepository) await isomorphicGit.init({ fs, dir, gitdir });
    else await init({ fs, dir, gitdir });
    await makeSparse(given, cone);
    head = await populate(given, gitdir, access);
  } catch (error) {
    access.close();
    await before.restore([]);
    throw failureOf(error);
  }
  if (head === undefined) {
    access.close();
    return;
  }
  try {
    await checkOut(given, gitdir, access);
  } catch (error) {
    // All that was fetched stays, unless nobody wants it.
    if (isGitWsError(error, 'UserCanceledError')) {
      await before.restore(await filesOf(fs, gitdir, head).catch(() => []));
    }
    throw error;
  } finally {
    access.close();
  }
  await tellCheckout(given.onPostCheckout, undefined, head);
}

/** @returns the paths of a commit's files. */
async function filesOf(fs: object, gitdir: string, commit: string): Promise<string[]> {
  const objects = new StoredObjects(fs, gitdir);
  try {
    const { tree } = await readCommit({ fs, gitdir }, commit, 'HEAD');
    return [...(await treeFiles(objects, tree)).files.keys()];
  } finally {
    await objects.close();
  }
}

/** With an `http` of others: isomorphic-git's own clone, and our checkout. */
async function cloneThrough(given: CloneArguments): Promise<void> {
  expectNoFilter(given);
  const cone = coneOf(given);
  const { signal, onPostCheckout, noCheckout = false, ...others } = given;
  await isomorphicGit.clone({ ...(others as Given), noCheckout: true });
  await makeSparse(given, cone);
  const gitdir = gitdirOf(given);
  const head = await resolve({ fs: given.fs, gitdir }, 'HEAD');
  // An empty repository.
  if (head === undefined) return;
  await checkOut({ ...given, noCheckout, signal }, gitdir, undefined);
  await tellCheckout(onPostCheckout, undefined, head);
}

/** Before anything is checked out, by whomever. */
async function makeSparse(given: CloneArguments, cone: Cone | undefined): Promise<void> {
  if (cone === undefined) return;
  const { fs } = given;
  const gitdir = await findGitDirectory(promisesOf(fs), gitdirOf(given));
  await writeCone({ fs, gitdir }, cone);
}

async function checkOut(
  given: CloneArguments,
  gitdir: string,
  access: RemoteAccess | undefined,
): Promise<void> {
  const { fs, dir, onProgress, noCheckout, cache } = given;
  const signal = access?.signal ?? given.signal;
  const how = {
    ...{ fs, dir, gitdir, signal, noUpdateHead: true },
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(noCheckout === undefined ? {} : { noCheckout }),
    ...(cache === undefined ? {} : { cache }),
  };
  await checkoutThrough(how, access);
}

/** Fetches, and writes what refs, HEAD and configuration say. @returns HEAD's commit. */
async function populate(
  given: CloneArguments,
  gitdir: string,
  access: RemoteAccess,
): Promise<string | undefined> {
  const { remote = 'origin', ref, singleBranch = false, noTags = false } = given;
  const filter = filterOf(given);
  const options = await fetchOptions({ ...given, gitdir }, access);
  const all = `+refs/heads/*:refs/remotes/${remote}/*`;
  const fetched = await fetchRemote({
    ...{ ...options, remote, filter, prune: false, pruneTags: false, writesFetchHead: false },
    asking: {
      refspecs: [parseRefspec(all)],
      remoteRef: ref ?? 'HEAD',
      isOptional: ref === undefined && !singleBranch,
      isSingle: singleBranch,
      tags: noTags ? 'none' : singleBranch ? 'follow' : 'all',
    },
  });
  const head = await headFor(fetched, given, gitdir, access);
  await updateRefs(options.fs, options.gitdir, changesFor(head));
  const set = (path: string, value: string) => setConfig({ fs: given.fs, gitdir }, path, value);
  const name = fetched.head?.name === 'HEAD' ? fetched.defaultBranch : fetched.head?.name;
  await set(`remote.${remote}.url`, given.url);
  await set(`remote.${remote}.fetch`, singleBranch ? singleRefspec(name, remote, all) : all);
  if (noTags) await set(`remote.${remote}.tagOpt`, '--no-tags');
  if (filter !== undefined) await registerPromisor({ fs: given.fs, gitdir }, remote, filter);
  if (head?.branch !== undefined) {
    const branch = head.branch.slice('refs/heads/'.length);
    await set(`branch.${branch}.remote`, remote);
    await set(`branch.${branch}.merge`, head.branch);
  }
  return head?.commit;
}

interface Head {
  /** Undefined where it is detached. */
  readonly branch: string | undefined;
  /** Undefined for a branch without commits. */
  readonly commit: string | undefined;
}

/** @returns what HEAD is to be; undefined where it stays as it is. */
async function headFor(
  { head, defaultBranch }: FetchedRefs,
  { fs, ref }: CloneArguments,
  gitdir: string,
  access: RemoteAccess,
): Promise<Head | undefined> {
  if (head === undefined) {
    const branch = await unbornHead(access);
    return branch?.startsWith('refs/heads/') === true ? { branch, commit: undefined } : undefined;
  }
  const name = head.name === 'HEAD' ? (defaultBranch ?? head.name) : head.name;
  const { commit } = await readCommit({ fs, gitdir }, head.oid, ref ?? 'HEAD');
  if (!name.startsWith('refs/heads/')) return { branch: undefined, commit };
  // A branch is a commit, and nothing that leads to one.
  if (commit !== head.oid)
    throw new isomorphicGit.Errors.ObjectTypeError(head.oid, 'tag', 'commit');
  return { branch: name, commit };
}

function changesFor(head: Head | undefined): readonly RefChange[] {
  if (head === undefined) return [];
  const { branch, commit } = head;
  if (branch === undefined) {
    return commit === undefined ? [] : [{ name: 'HEAD', value: { oid: commit } }];
  }
  const born = commit === undefined ? [] : [{ name: branch, value: { oid: commit } }];
  return [...born, { name: 'HEAD', value: { symbolic: branch } }];
}

/** What is fetched again later: as git has it, nothing but what was cloned. */
function singleRefspec(name: string | undefined, remote: string, all: string): string {
  if (name?.startsWith('refs/tags/') === true) return `+${name}:${name}`;
  if (name?.startsWith('refs/heads/') !== true) return all;
  return `+${name}:refs/remotes/${remote}/${name.slice('refs/heads/'.length)}`;
}
