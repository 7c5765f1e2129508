/** `git fetch`: objects of a remote, and the refs that stand for its own. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { describeRef } from '../remote/fetch/fetch-head.js';
import { fetchRemote, type FetchedRefs, type FetchOptions } from '../remote/fetch/fetch.js';
import type { RejectedRef } from '../remote/fetch/ref-changes.js';
import { parseRefspec } from '../remote/refspec.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { promisesOf } from '../storage/file-system.js';
import type { DeepenRequest } from '../wire/fetch-request.js';
import { objectFilter } from '../wire/object-filter.js';
import { failureOf } from './outcome.js';
import { numberOf, readConfig } from './config.js';
import { holdConfig } from './held-config.js';
import { configuredFilter, registerPromisor } from './partial-clone.js';
import { ownSettings, RemoteAccess, type RemoteArguments } from './remote-access.js';

type Given = Parameters<typeof isomorphicGit.fetch>[0];

/**
 * What isomorphic-git's `fetch` takes, and more.
 *
 * @interface
 */
export type FetchArguments = Omit<Given, keyof RemoteArguments> & RemoteArguments & FilterArguments;

/** What makes of a clone or a fetch a partial one (partial-clone in git's technical documentation). */
export interface FilterArguments {
  /**
   * Objects that the server is to leave out, as git's `--filter` has it: `blob:none`, `blob:limit=<n>[kmg]`,
   * `tree:<depth>`, `combine:<filter>+<filter>`; several are combined. The server promises them: what is
   * needed later is fetched then. Default of `fetch`: what `remote.<name>.partialclonefilter` says.
   * A server that knows no filter sends everything.
   */
  filter?: string | readonly string[] | undefined;
}

/**
 * What a fetch did: isomorphic-git's result, and more.
 *
 * @interface
 */
export type FetchResult = isomorphicGit.FetchResult & {
  /** Refs of this repository that have changed; `oldOid` is missing for new ones. */
  updated?: {
    /** Its full name. */
    ref: string;
    /** What it was. */
    oldOid?: string;
    /** What it is now. */
    newOid: string;
  }[];
  /** Refs that stayed as they were, and why: a tag that is here already as another one, for example. */
  rejected?: RejectedRef[];
};

/** How many objects make a pack stay one, where nothing is configured (fetch-pack.c, `unpack_limit`). */
const usualUnpackLimit = 100;

/** History without an end, as git asks for it (shallow.h, INFINITE_DEPTH). */
const infiniteDepth = 0x7fffffff;

/**
 * Fetches as git does: what this repository has is told the server as far as it helps, tags of what comes
 * come with it (`tags: true`: all of them; `false`: none), and refs are changed last, all of them or none.
 * `depth: Infinity` fetches all of history. What comes is unpacked where it is fewer objects than
 * `fetch.unpackLimit` says (100), and 1 MiB at most; else it stays a pack. `prune` and `pruneTags` remove nothing
 * with `singleBranch`, as in git where a ref is named; a tag that the remote has moved stays, and is among `rejected`.
 * `pruneTags` needs no `prune`, as in isomorphic-git.
 *
 * @throws isomorphic-git's HttpError, NotFoundError, MissingParameterError, RemoteCapabilityError,
 *   UserCanceledError; GitWsError REF_REJECTED, REF_CHANGED, REF_CONFLICT, REF_LOCKED, MISSING_OBJECTS, and
 *   what else `createHttpClient`'s requests throw; what `fs` and the callbacks throw.
 */
export async function fetch(given: FetchArguments): Promise<FetchResult> {
  const settings = ownSettings(given);
  if (settings === undefined) {
    expectNoFilter(given);
    return isomorphicGit.fetch(given as Given);
  }
  let access: RemoteAccess | undefined;
  try {
    const asked = filterOf(given);
    const config = await readRemoteConfig(given);
    const at = { fs: given.fs, gitdir: gitdirOf(given) };
    if (asked !== undefined) await registerPromisor(at, config.remote, asked);
    access = new RemoteAccess(config.url, given, settings, config.username);
    const options = await fetchOptions(given, access);
    const fetched = await fetchRemote({
      ...options,
      packs: { ...options.packs, unpackLimit: config.unpackLimit },
      remote: config.remote,
      filter: asked ?? (await configuredFilter(at, config.remote)),
      asking: {
        refspecs: config.refspecs.map(parseRefspec),
        remoteRef: config.remoteRef,
        isForMerge: config.isForMerge,
        isSingle: given.singleBranch ?? false,
        tags: tagsOf(given),
      },
      prune: given.prune ?? false,
      pruneTags: given.pruneTags ?? false,
    });
    const branches = fetched.rejected.filter(({ ref }) => !ref.startsWith('refs/tags/'));
    if (branches.length > 0) throw refused(branches);
    return resultOf(fetched, given, access.url);
  } catch (error) {
    throw failureOf(error);
  } finally {
    access?.close();
  }
}

/** @returns what is to be left out. @throws GitWsError INVALID_OPTION for what git refuses. */
export function filterOf({ filter }: FilterArguments): string | undefined {
  return filter === undefined ? undefined : objectFilter(filter);
}

/** @throws GitWsError INVALID_OPTION where there is a filter: isomorphic-git's own commands know none. */
export function expectNoFilter({ filter }: FilterArguments): void {
  if (filter === undefined) return;
  const message = 'isomorphic-git’s own command, which this http is for, knows no filter.';
  throw new GitWsError('INVALID_OPTION', message, { data: { filter } });
}

/** To remove tags that are gone, all of them are asked for, as in git: not with one ref alone. */
function tagsOf({ tags, pruneTags, singleBranch }: FetchArguments): 'all' | 'follow' | 'none' {
  if (tags === true || (pruneTags === true && singleBranch !== true)) return 'all';
  return tags === undefined ? 'follow' : 'none';
}

/** @returns what all fetches have in common. */
export async function fetchOptions(
  given: Pick<FetchArguments, 'fs' | 'dir' | 'gitdir' | 'depth' | 'since' | 'exclude' | 'relative'>,
  access: RemoteAccess,
): Promise<Omit<FetchOptions, 'remote' | 'asking' | 'prune' | 'pruneTags'>> {
  const { settings } = access;
  const fs = promisesOf(given.fs);
  const { packWorker, wasm, limits, checkConnectivity, detectCollisions } = settings;
  return {
    fs,
    gitdir: await useFileSystem(() => findGitDirectory(fs, gitdirOf(given))),
    ...{ connection: access, listeners: access.listeners, signal: access.signal, url: access.url },
    packs: { packWorker, wasm, limits, checkConnectivity, detectCollisions },
    restart: { resumeFor: settings.resumeFor, retries: settings.retries },
    deepen: deepening(given),
  };
}

/** Where a command works. */
export interface Directories {
  readonly fs?: unknown;
  readonly dir?: string | undefined;
  readonly gitdir?: string | undefined;
}

/** @returns the git directory as it was given, or where it is by default. */
export function gitdirOf({ fs, dir, gitdir }: Directories): string {
  if (fs === undefined) throw new isomorphicGit.Errors.MissingParameterError('fs');
  if (gitdir !== undefined) return gitdir;
  if (dir === undefined) throw new isomorphicGit.Errors.MissingParameterError('dir');
  return pathIn(dir, '.git');
}

/** @returns the git directory itself. @throws as {@link gitdirOf} and `findGitDirectory`; what `fs` throws. */
export function gitDirectoryOf(given: Directories & { readonly fs: object }): Promise<string> {
  const { fs } = given;
  return useFileSystem(() => findGitDirectory(promisesOf(fs), gitdirOf(given)));
}

/** @returns where a path of a working tree is in the file system. */
export function pathIn(dir: string, path: string): string {
  return `${dir.replace(/\/+$/, '')}/${path}`;
}

function deepening(given: Pick<Given, 'depth' | 'since' | 'exclude' | 'relative'>): DeepenRequest {
  const { depth, since, exclude, relative } = given;
  const isNumber = depth !== undefined && depth !== null;
  if (isNumber && depth !== Infinity && !(Number.isSafeInteger(depth) && depth >= 1)) {
    const message = 'depth must be a whole number of commits, 1 or more, or Infinity.';
    throw new GitWsError('INVALID_OPTION', message, { data: { depth } });
  }
  return {
    ...(isNumber ? { depth: Math.min(depth, infiniteDepth) } : {}),
    ...(since ? { since: Math.floor(since.valueOf() / 1000) } : {}),
    ...(exclude === undefined ? {} : { exclude }),
    isRelative: relative ?? false,
  };
}

interface RemoteConfig {
  readonly remote: string;
  readonly url: string;
  readonly username: string | undefined;
  readonly refspecs: readonly string[];
  readonly remoteRef: string;
  /** Whether the caller has named it, or the branch says that it is to be merged. */
  readonly isForMerge: boolean;
  readonly unpackLimit: number;
}

async function readRemoteConfig(given: FetchArguments): Promise<RemoteConfig> {
  const at = { fs: given.fs, gitdir: gitdirOf(given) };
  const config = holdConfig(at);
  const get = (path: string): Promise<string | undefined> => readConfig(config, path);
  const current = given.ref ?? (await isomorphicGit.currentBranch({ ...at, test: true }));
  const branch = current || undefined;
  const upstream = branch && (await get(`branch.${branch}.remote`));
  const remote = given.remote ?? upstream ?? 'origin';
  const url = given.url ?? (await get(`remote.${remote}.url`));
  if (url === undefined) throw new isomorphicGit.Errors.MissingParameterError('remote OR url');
  const merge = branch && (await get(`branch.${branch}.merge`));
  const remoteRef = given.remoteRef ?? merge ?? given.ref ?? 'HEAD';
  const isMerged = merge === undefined ? given.ref !== undefined : upstream === remote;
  const isForMerge = given.remoteRef !== undefined || isMerged;
  const path = `remote.${remote}.fetch`;
  const refspecs = (await isomorphicGit.getConfigAll({ ...config, path })) as string[];
  const username = await get(`credential.${url}.username`);
  const limits = [await get('fetch.unpackLimit'), await get('transfer.unpackLimit')].map(numberOf);
  const unpackLimit = limits.find((limit = -1) => limit >= 0) ?? usualUnpackLimit;
  return { remote, url, username, refspecs, remoteRef, isForMerge, unpackLimit };
}

function resultOf(fetched: FetchedRefs, given: FetchArguments, url: string): FetchResult {
  const { head, defaultBranch = null, pruned, updated, rejected } = fetched;
  return {
    defaultBranch,
    fetchHead: head?.oid ?? null,
    fetchHeadDescription: head === undefined ? null : describeRef(head.name, url),
    ...(given.prune === true || given.pruneTags === true ? { pruned: [...pruned] } : {}),
    updated: updated.flatMap(({ name, old, value }) => {
      if (value === undefined || !('oid' in value)) return [];
      const before = old && 'oid' in old ? { oldOid: old.oid } : {};
      return [{ ref: name, ...before, newOid: value.oid }];
    }),
    rejected: [...rejected],
  };
}

function refused(rejected: readonly RejectedRef[]): GitWsError {
  const words = rejected.map(({ ref, reason }) => `${ref} (${reason})`).join(', ');
  const message = `Fetched, but these refs stay as they were: ${words}.`;
  return new GitWsError('REF_REJECTED', message, { data: { rejected } });
}
