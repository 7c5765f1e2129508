/**
 * `git submodule update --init --recursive`: each submodule's repository lies in `modules` of the superproject's,
 * and has the commit checked out that the superproject's index names (git-submodule(1), gitsubmodules(7)).
 */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../../base/errors.js';
import { callBack, useFileSystem } from '../../base/failure.js';
import { withoutUser } from '../../base/url.js';
import { http } from '../../isomorphic/http.js';
import { settingsOf, withSettings } from '../../isomorphic/client-options.js';
import { Commits } from '../../repository/commits.js';
import { findGitDirectory } from '../../repository/git-directory.js';
import { Refs } from '../../repository/refs.js';
import { readShallow } from '../../repository/shallow-file.js';
import { StoredObjects } from '../../repository/stored-objects.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../../storage/file-system.js';
import { isThere } from '../../storage/whole-file.js';
import { notThere, WorkTree, type FileStat } from '../../worktree/work-tree.js';
import { checkoutThrough, resolve } from '../checkout.js';
import { cloneOne } from '../clone.js';
import { isYes, readConfig, setConfig, type ConfigAt } from '../config.js';
import { fetch, pathIn } from '../fetch.js';
import { hasIndex, readGitlinks, type PathEntry } from '../index-entries.js';
import type { RemoteArguments } from '../remote-access.js';
import type { SubmoduleArguments } from './arguments.js';
import { linkTo } from './link.js';
import { parseModules, refused, type DeclaredSubmodule } from './modules-file.js';
import { isSameHost, submoduleUrl } from './submodule-url.js';

/** Submodules that one command may reach: more are not met in repositories that people make, and a server has any number. */
export const submoduleLimits = { depth: 16, count: 1_000 } as const;

/** One commit, and nothing that leads to it. */
const one = { depth: 1, singleBranch: true, tags: false } as const;

/** A repository with a working tree. */
export interface Repository extends ConfigAt {
  /** The working tree's directory. */
  readonly dir: string;
}

/** One with submodules, and how they are reached. */
export interface Superproject extends Repository {
  /** The command's arguments, as far as they are for submodules too. */
  readonly given: RemoteArguments & Pick<SubmoduleArguments, 'onSubmodule' | 'shallowSubmodules'>;
  /** Whether a submodule's changes are given up. */
  readonly force?: boolean | undefined;
}

/**
 * @param at with the git directory itself.
 * @param url that the command was given, or has spoken with: credentials are for its host. Default: the remote's.
 * @throws GitWsError SUBMODULE_REFUSED; what {@link cloneOne}, {@link fetch} and {@link checkoutThrough} throw, with
 *   the paths of files from the superproject on.
 */
export async function updateSubmodules(at: Superproject, url?: string): Promise<void> {
  const base = (await remoteUrlOf(at)) ?? url;
  await new Update(at.given, at.force ?? false, url ?? base).all(at, '', base, 0);
}

class Update {
  readonly #given: Superproject['given'];
  readonly #force: boolean;
  /** URL of the first superproject's remote: what was given as credentials is for its host. */
  readonly #origin: string | undefined;
  #count = 0;

  constructor(given: Superproject['given'], force: boolean, origin: string | undefined) {
    this.#given = given;
    this.#origin = origin;
    this.#force = force;
  }

  /**
   * @param prefix what is before the paths of these, with a slash.
   * @param base the URL of the repository's remote, for those that are relative to it.
   */
  async all(
    at: Repository,
    prefix: string,
    base: string | undefined,
    depth: number,
  ): Promise<void> {
    const links = (await readGitlinks(at)).filter(({ skipWorktree }) => !skipWorktree);
    if (links.length === 0) return;
    const declared = await readModules(at);
    for (const link of links) {
      const whole = prefix + link.path;
      this.#count += 1;
      if (depth >= submoduleLimits.depth) throw beyond(whole, 'depth');
      if (this.#count > submoduleLimits.count) throw beyond(whole, 'count');
      const submodule = declared.get(link.path);
      if (submodule === undefined) throw refused(whole, 'undeclared', 'is not in .gitmodules');
      const inside = await this.#update(at, submodule, link, base ?? '', whole);
      if (inside === undefined) continue;
      const { remote, ...repository } = inside;
      await this.all(repository, `${whole}/`, remote, depth + 1);
    }
  }

  /** @returns its repository; undefined where it is left alone. */
  async #update(
    at: Repository,
    submodule: DeclaredSubmodule,
    { path, oid }: PathEntry,
    base: string,
    whole: string,
  ): Promise<(Repository & { readonly remote: string }) | undefined> {
    const { fs } = at;
    const { name } = submodule;
    const active = await readConfig(at, `submodule.${name}.active`);
    if (submodule.isLeftAlone || (active !== undefined && !isYes(active))) return undefined;
    const dir = pathIn(at.dir, path);
    const gitdir = await this.#populated(at, path, whole);
    const inside = { fs, dir, gitdir: gitdir ?? `${at.gitdir}/modules/${name}` };
    const known = await readConfig(at, `submodule.${name}.url`);
    const asked = known ?? (await this.#urlOf(submodule, base, whole));
    if (asked === undefined) return undefined;
    const isShallow = this.#given.shallowSubmodules ?? submodule.isShallow;
    if (gitdir === undefined)
      await this.#connect(at, inside, { name, url: asked, isShallow }, whole);
    if (known === undefined) await register(at, name, asked);
    // What is spoken with is what counts, whatever else is written elsewhere.
    const remote = (await readConfig(inside, 'remote.origin.url')) ?? asked;
    const how = this.#argumentsFor(remote);
    // Where history is cut off, the one that is wanted need not be a branch's.
    for (const more of isShallow ? [{}, { remoteRef: oid, ...one }] : [{}]) {
      if (await hasCommit(inside, oid)) break;
      await fetch({ ...how, ...inside, remote: 'origin', url: remote, ...more });
    }
    if (!(await hasCommit(inside, oid))) {
      throw refused(whole, 'missing', `has no commit ${oid} on its server`);
    }
    await this.#checkOut(inside, oid, how, whole);
    return { ...inside, remote };
  }

  /** Clones it, unless its repository is there, and gives it its working tree, in which nothing is yet. */
  async #connect(
    at: ConfigAt,
    inside: Repository,
    { name, url, isShallow }: { name: string; url: string; isShallow: boolean },
    whole: string,
  ): Promise<void> {
    const fs = promisesOf(at.fs);
    const segments = name.split('/');
    for (const [end] of segments.slice(1).entries()) {
      const outer = `${at.gitdir}/modules/${segments.slice(0, end + 1).join('/')}`;
      // As in parseModules, of what is there already.
      if (await isRepository(fs, outer)) throw refused(whole, 'name', 'has a name in another one');
    }
    if (await isWhole(inside)) {
      // All of it is to be written: what is not there has been removed by nobody.
      await useFileSystem(() => fs.unlink(`${inside.gitdir}/index`).catch(isMissing));
    } else {
      const names = await useFileSystem(() => fs.readdir(inside.gitdir).catch(isMissing));
      const isOther =
        names !== false && names.length > 0 && !(await isRepository(fs, inside.gitdir));
      if (isOther) throw refused(whole, 'name', 'has the name of a folder with other ones');
      const depth = isShallow && { depth: 1 };
      await cloneOne({ ...this.#argumentsFor(url), ...inside, url, noCheckout: true, ...depth });
    }
    await linkTo(inside, inside.dir);
  }

  /** @returns the git directory of one that is here; undefined where its place is free. */
  async #populated(at: Repository, path: string, whole: string): Promise<string | undefined> {
    const fs = promisesOf(at.fs);
    return useFileSystem(async () => {
      const tree = new WorkTree(fs, at.dir, 0);
      const stat = await tree.stat(path);
      const barred = (await tree.obstacleTo(path)) ?? (stat && !stat.isDirectory() && path);
      // A link would lead out of the working tree (CVE-2024-32002).
      // Defence: no submodule is written through a link in its place.
      if (typeof barred === 'string')
        throw refused(whole, 'in-the-way', `has ${barred} in its way`);
      const own = (await fs.lstat(tree.at(`${path}/.git`)).catch(notThere)) as FileStat | undefined;
      if (own !== undefined && !own.isSymbolicLink()) {
        return findGitDirectory(fs, tree.at(`${path}/.git`));
      }
      const names = stat === undefined ? [] : await fs.readdir(tree.at(path));
      if (names.length === 0) return undefined;
      throw refused(whole, 'in-the-way', 'has files in its place that are not its own');
    });
  }

  async #urlOf(
    { name, path, url }: DeclaredSubmodule,
    base: string,
    whole: string,
  ): Promise<string | undefined> {
    if (url === undefined || url.startsWith('-')) throw refused(whole, 'url', 'has no URL');
    const { onSubmodule } = this.#given;
    const asked = { name, path, url, superproject: base };
    const answer = await callBack('onSubmodule', async () => onSubmodule?.(asked));
    if (answer === false) return undefined;
    const found = submoduleUrl(answer ?? url, base, this.#isThroughGateway);
    if (found !== undefined) return found;
    const shown = withoutUser(answer ?? url);
    throw refused(whole, 'url', `has a URL that is not spoken here: ${shown}`);
  }

  get #isThroughGateway(): boolean {
    const { gateway, http: client } = this.#given;
    return (gateway ?? (client && settingsOf(client)?.gateway)) !== undefined;
  }

  /**
   * @returns the command's arguments for a submodule: what says who asks is for the superproject's host alone. No
   *   connection is kept: of many submodules they would be more than a server lets one user have.
   */
  #argumentsFor(url: string): RemoteArguments {
    const { headers, http: client, ...others } = this.#given;
    const isSame = this.#origin !== undefined && isSameHost(url, this.#origin);
    const own = { ...others, ...(isSame && headers ? { headers } : {}) };
    const settings = client === undefined ? {} : settingsOf(client);
    if (client !== undefined && settings === undefined) return { ...own, http: client };
    // Defence: credentials reach submodules of the superproject's host alone.
    const kept = Object.entries(settings ?? {}).filter(
      ([name]) => isSame || name !== 'authorization',
    );
    const all = { ...Object.fromEntries(kept), keepAlive: 0 };
    return { ...own, http: withSettings({ ...(client ?? http) }, all) };
  }

  async #checkOut(
    inside: Repository,
    oid: string,
    how: RemoteArguments,
    whole: string,
  ): Promise<void> {
    const head = await resolve(inside, 'HEAD');
    if (head === oid && !this.#force && (await hasIndex(inside))) return;
    await expectHeld(inside, head, oid, whole);
    const { signal, onProgress, ...remote } = how;
    await checkoutThrough(
      {
        ...{ ...inside, ...remote, ref: oid, force: this.#force },
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      undefined,
    ).catch((error: unknown) => {
      throw withPrefix(error, whole);
    });
    if ((await resolve(inside, 'HEAD')) === oid && (await hasIndex(inside))) return;
    const message = `The file system says that ${whole} is checked out, and it is not.`;
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }
}

/** Whether a folder is a repository, or was to be one. */
async function isRepository(fs: PromiseFileSystem, folder: string): Promise<boolean> {
  return useFileSystem(
    async () => (await isThere(fs, `${folder}/HEAD`)) || isThere(fs, `${folder}/config`),
  );
}

/** Whether all is there that a clone has made before it ended. */
async function isWhole(at: ConfigAt): Promise<boolean> {
  const refs = new Refs(promisesOf(at.fs), at.gitdir);
  if ((await useFileSystem(() => refs.read('HEAD'))) === undefined) return false;
  return (await readConfig(at, 'remote.origin.url')) !== undefined;
}

/** What `git submodule init` writes. `submodule.active` says it of all, where it is there. */
async function register(at: ConfigAt, name: string, url: string): Promise<void> {
  await setConfig(at, `submodule.${name}.url`, url);
  if ((await readConfig(at, 'submodule.active')) !== undefined) return;
  await setConfig(at, `submodule.${name}.active`, 'true');
}

/** @returns that of the branch that is checked out, else of `origin`. */
async function remoteUrlOf(at: ConfigAt): Promise<string | undefined> {
  const branch = (await isomorphicGit.currentBranch({ ...at, test: true })) || undefined;
  const remote = branch && (await readConfig(at, `branch.${branch}.remote`));
  // A branch may follow one of this repository.
  const name = remote === undefined || remote === '.' ? 'origin' : remote;
  return readConfig(at, `remote.${name}.url`);
}

async function readModules(at: Repository): Promise<ReadonlyMap<string, DeclaredSubmodule>> {
  const fs = promisesOf(at.fs);
  const path = pathIn(at.dir, '.gitmodules');
  const text = await useFileSystem(async () => {
    const stat = (await fs.lstat(path).catch(notThere)) as FileStat | undefined;
    // As in git a link is not followed.
    return stat?.isFile() === true ? String(await fs.readFile(path, 'utf8')) : '';
  });
  return parseModules(text);
}

async function hasCommit({ fs, gitdir }: ConfigAt, oid: string): Promise<boolean> {
  const objects = new StoredObjects(fs, gitdir);
  try {
    return await useFileSystem(() => objects.has(oid));
  } finally {
    await objects.close();
  }
}

/** @throws GitWsError SUBMODULE_REFUSED where HEAD is on no branch, and nothing else has its commits. */
async function expectHeld(
  { fs, gitdir }: ConfigAt,
  head: string | undefined,
  oid: string,
  whole: string,
): Promise<void> {
  const plain = promisesOf(fs);
  const refs = new Refs(plain, gitdir);
  const value = await useFileSystem(() => refs.read('HEAD'));
  if (head === undefined || value === undefined || 'symbolic' in value) return;
  const objects = new StoredObjects(fs, gitdir);
  try {
    const commits = new Commits(objects, await readShallow(plain, gitdir));
    const others = [...(await refs.list('refs/')).values()];
    const tips = [oid, ...others.flatMap((ref) => ('oid' in ref ? [ref.oid] : []))];
    for (const tip of tips) if (await commits.reaches(tip, head)) return;
  } finally {
    await objects.close();
  }
  throw refused(whole, 'commits', 'has commits that are on no branch, and would be lost');
}

/** @returns an error whose paths begin at the superproject. */
function withPrefix(error: unknown, whole: string): unknown {
  if (!(error instanceof isomorphicGit.Errors.CheckoutConflictError)) return error;
  const { filepaths } = error.data;
  return new isomorphicGit.Errors.CheckoutConflictError(
    filepaths.map((path) => `${whole}/${path}`),
  );
}

function beyond(path: string, limit: keyof typeof submoduleLimits): Error {
  const value = submoduleLimits[limit];
  return refused(path, 'limit', `is beyond the limit "${limit}" of submodules, which is ${value}`);
}
