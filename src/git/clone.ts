/** `git clone`: a new repository of a remote's, and its working tree. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError, isGitWsError } from '../base/errors.js';
import { withoutUser } from '../base/url.js';
import type { Connection } from '../remote/connection.js';
import { fetchRemote, type FetchedRefs } from '../remote/fetch/fetch.js';
import { parseRefspec } from '../remote/refspec.js';
import { unbornHead } from '../remote/unborn-head.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { Refs } from '../repository/refs.js';
import { updateRefs, type RefChange } from '../repository/ref-update.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';
import type { Cone } from '../worktree/cone.js';
import { isHalfWritten } from '../worktree/half-written.js';
import { treeFiles, type TreeFile } from '../worktree/tree-files.js';
import { WorkTree } from '../worktree/work-tree.js';
import { BeforeClone } from './before-clone.js';
import { bundleUrlOf, getBundles, type BundleArguments } from './bundle-uri.js';
import { HalfClone } from './half-clone.js';
import {
  checkoutThrough,
  coneOf,
  resolve,
  tellCheckout,
  type SparseArguments,
} from './checkout.js';
import { readCommit } from './commits.js';
import { fileTrust, setConfig } from './config.js';
import { expectNoFilter, fetchOptions, filterOf, gitdirOf, type FilterArguments } from './fetch.js';
import { holdConfig } from './held-config.js';
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
  SubmoduleArguments &
  ResumableArguments &
  BundleArguments;

/** Whether a clone outlives its page or process. */
export interface ResumableArguments {
  /**
   * Whether the same clone, called again after its page or process has ended, goes on where it was: what has
   * come is stored as it comes then, with what the server knows the session by (docs/reliability.md). Default:
   * yes, where the file system can append to files; what is smaller than 1 MiB comes anew.
   */
  resumable?: boolean | undefined;
}

/** What resuming fails with where the server has it no more, or what is stored is not what was: all comes anew. */
const useless: ReadonlySet<unknown> = new Set([
  ...['CONNECTION_LOST', 'MALFORMED_ADVERTISEMENT', 'PROTOCOL_ERROR'],
]);

/** What a clone fails with that goes on with a pack whose stored part is not what came, or at another byte than that. */
const damaged: ReadonlySet<unknown> = new Set([
  ...['CORRUPT_PACK', 'FILE_SYSTEM_FAILED', 'MISSING_OBJECTS', 'OBJECT_UNAVAILABLE'],
  // The midst of a line is no line, or by chance one that says that git on the server has failed.
  ...['MALFORMED_PKT_LINE', 'REMOTE_ERROR'],
]);

/** {@link clone} of the superproject alone. */
export function cloneOne(given: CloneArguments): Promise<void> {
  return cloneFrom(given, true);
}

/**
 * To isomorphic-git's commands an empty path is where the process is, and to these it would be the root.
 *
 * @throws GitWsError INVALID_OPTION
 */
function expectPlace({ dir, gitdir, noCheckout = false }: CloneArguments): void {
  if (dir !== '' || (noCheckout && gitdir !== undefined)) return;
  const message = 'The dir of a clone is empty: "." is where the process is, and "/" the root.';
  throw new GitWsError('INVALID_OPTION', message, { data: { dir } });
}

/** @param mayBeginAnew whether it does where what another page or process has stored proves damaged. */
async function cloneFrom(given: CloneArguments, mayBeginAnew: boolean): Promise<void> {
  expectPlace(given);
  const settings = ownSettings(given);
  const bundle = bundleUrlOf(given, settings !== undefined);
  if (settings === undefined) {
    await cloneThrough(given);
    return;
  }
  const { fs, dir } = given;
  const gitdir = gitdirOf(given);
  const cone = coneOf(given);
  // The types ask for it, and isomorphic-git says so.
  if ((given.url as string | undefined) === undefined) {
    throw new isomorphicGit.Errors.MissingParameterError('url');
  }
  const access = new RemoteAccess(given.url, given, settings);
  const { signal } = access;
  const place = { fs: promisesOf(fs), dir, gitdir, key: keyOf(given), signal };
  let half: HalfClone | undefined;
  let before: BeforeClone | undefined;
  let head: string | undefined;
  try {
    if (given.resumable !== false) half = await HalfClone.take(place);
    before = half?.before ?? (await BeforeClone.look(place.fs, dir, gitdir));
    if (half?.left?.phase === 'populated') {
      ({ head } = half.left);
    } else {
      // What comes of a bundle comes first.
      if (half?.left === undefined && bundle === undefined) access.begin('git-upload-pack');
      if (!before.hadRepository) await init({ fs, gitdir });
      await makeSparse(given, cone);
      head = await populate({ ...given, gitdir }, bundle, access, half);
      if (head !== undefined) await half?.populated(head);
    }
  } catch (error) {
    access.close();
    await (half?.fail([]) ?? before?.restore([]));
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (!mayBeginAnew || half?.left === undefined || !damaged.has(code)) throw failureOf(error);
    await cloneFrom(given, false);
    return;
  }
  try {
    if (head !== undefined) await checkOut(given, gitdir, access, half);
  } catch (error) {
    // All that was fetched stays, unless nobody wants it.
    if (isGitWsError(error, 'UserCanceledError')) {
      const files = await filesOf(given, gitdir, head, half).catch(() => []);
      await (half?.fail(files) ?? before.restore(files));
      half = undefined;
    }
    throw error;
  } finally {
    access.close();
    await half?.end();
  }
  if (head === undefined) return;
  await tellCheckout(given.onPostCheckout, undefined, head);
}

/**
 * @returns the files of a commit that are in the working tree; where a clone goes on with a checkout of another
 *   page's or process's, those alone that are still what that, or this one, has written.
 */
async function filesOf(
  { fs, dir }: CloneArguments,
  gitdir: string,
  commit: string | undefined,
  half: HalfClone | undefined,
): Promise<TreeFile[]> {
  if (commit === undefined) return [];
  const objects = new StoredObjects(fs, gitdir, { blobs: true });
  try {
    const { tree } = await readCommit({ fs, gitdir }, commit, 'HEAD');
    const files = [...(await treeFiles(objects, tree)).files.values()];
    if (half?.left?.phase !== 'populated') return files;
    const workTree = new WorkTree(promisesOf(fs), dir, 0, await fileTrust({ fs, gitdir }));
    const own: TreeFile[] = [];
    for (const file of files) {
      const found = await workTree.look(file.path, undefined, file);
      if (found === 'done' || (await isHalfWritten(workTree, objects, file))) own.push(file);
    }
    return own;
  } finally {
    await objects.close();
  }
}

/** @returns a connection that goes on with what is left of a clone first, where that can be. */
function goingOn(access: RemoteAccess, half: HalfClone): Connection {
  const { left } = half;
  let interrupted = left?.phase === 'fetch' ? left.interrupted : undefined;
  return {
    open: async (...asked) => {
      const found = interrupted;
      interrupted = undefined;
      try {
        if (found !== undefined) return await access.resume(found);
      } catch (error) {
        const { code } = (error ?? {}) as { readonly code?: unknown };
        if (!useless.has(code)) throw error;
      }
      if (left !== undefined) await half.forget();
      return access.open(...asked);
    },
  };
}

/** @returns what tells one clone from another. Secrets are not in it: it is stored. */
function keyOf({ url, gateway, ...given }: CloneArguments): string {
  const { remote, ref, singleBranch, noTags, noCheckout, depth, since, exclude, relative } = given;
  const through = typeof gateway === 'string' ? gateway : gateway?.url;
  return JSON.stringify([
    ...[withoutUser(url), through && withoutUser(through), remote, ref, singleBranch, noTags],
    ...[noCheckout, depth, since, exclude, relative, filterOf(given), given.sparse],
  ]);
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
  half?: HalfClone,
): Promise<void> {
  const { fs, dir, onProgress, noCheckout, cache } = given;
  const signal = access?.signal ?? given.signal;
  const how = {
    ...{ fs, dir, gitdir, signal, noUpdateHead: true },
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(noCheckout === undefined ? {} : { noCheckout }),
    ...(cache === undefined ? {} : { cache }),
  };
  await checkoutThrough(how, access, (path) => half?.mayHaveLeft(path) === true);
}

/** Fetches, and writes what refs, HEAD and configuration say. @returns HEAD's commit. */
async function populate(
  given: CloneArguments & { readonly gitdir: string },
  bundle: URL | undefined,
  access: RemoteAccess,
  half: HalfClone | undefined,
): Promise<string | undefined> {
  const { gitdir } = given;
  const { remote = 'origin', ref, singleBranch = false, noTags = false } = given;
  const filter = filterOf(given);
  const options = await fetchOptions(given, access);
  // What another page or process has begun without one goes on without one.
  const isNew = bundle !== undefined && half?.left === undefined;
  const whole = isNew ? await getBundles(bundle, options, access) : undefined;
  const all = `+refs/heads/*:refs/remotes/${remote}/*`;
  const fetched = await fetchRemote({
    ...{ ...options, remote, filter, prune: false, pruneTags: false, writesFetchHead: false },
    connection: half === undefined ? access : goingOn(access, half),
    ...{ keeper: half, whole },
    asking: {
      refspecs: [parseRefspec(all)],
      remoteRef: ref ?? 'HEAD',
      isOptional: ref === undefined && !singleBranch,
      isSingle: singleBranch,
      tags: noTags ? 'none' : singleBranch ? 'follow' : 'all',
    },
  });
  const head = await headFor(fetched, given, gitdir, access);
  const refs = new Refs(options.fs, options.gitdir);
  const isThere = head?.branch !== undefined && (await refs.read(head.branch)) !== undefined;
  // Where there was a repository, its branch may have commits that are nowhere else.
  await updateRefs(options.fs, options.gitdir, changesFor(head, isThere));
  const config = holdConfig({ fs: given.fs, gitdir });
  const set = (path: string, value: string) => setConfig(config, path, value);
  const name = fetched.head?.name === 'HEAD' ? fetched.defaultBranch : fetched.head?.name;
  await set(`remote.${remote}.url`, given.url);
  await set(`remote.${remote}.fetch`, singleBranch ? singleRefspec(name, remote, all) : all);
  if (noTags) await set(`remote.${remote}.tagOpt`, '--no-tags');
  if (filter !== undefined) await registerPromisor(config, remote, filter);
  if (head?.branch !== undefined) {
    const branch = head.branch.slice('refs/heads/'.length);
    await set(`branch.${branch}.remote`, remote);
    await set(`branch.${branch}.merge`, head.branch);
  }
  await config.save();
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

/** @param isThere whether there is such a branch already, which stays. */
function changesFor(head: Head | undefined, isThere: boolean): readonly RefChange[] {
  if (head === undefined) return [];
  const { branch, commit } = head;
  if (branch === undefined) {
    return commit === undefined ? [] : [{ name: 'HEAD', value: { oid: commit } }];
  }
  const born = commit === undefined || isThere ? [] : [{ name: branch, value: { oid: commit } }];
  return [...born, { name: 'HEAD', value: { symbolic: branch } }];
}

/** What is fetched again later: as git has it, nothing but what was cloned. */
function singleRefspec(name: string | undefined, remote: string, all: string): string {
  if (name?.startsWith('refs/tags/') === true) return `+${name}:${name}`;
  if (name?.startsWith('refs/heads/') !== true) return all;
  return `+${name}:refs/remotes/${remote}/${name.slice('refs/heads/'.length)}`;
}
