/**
 * A fetch: what is asked for, the objects, and then the refs, in an order that leaves a sound repository
 * wherever it is interrupted: the pack, its index, `shallow`, refs, `FETCH_HEAD`.
 */
import { isGitWsError } from '../../base/errors.js';
import { useFileSystem } from '../../base/failure.js';
import { Pace, callersSlice } from '../../pack/index/pace.js';
import { Commits } from '../../repository/commits.js';
import { checkConnected } from '../../repository/connectivity.js';
import { isHere, ObjectLookup } from '../../repository/object-lookup.js';
import { Refs, type RefValue } from '../../repository/refs.js';
import { updateRefs, type RefChange } from '../../repository/ref-update.js';
import { readShallow } from '../../repository/shallow-file.js';
import { StoredObjects } from '../../repository/stored-objects.js';
import { isDeepening, type DeepenRequest } from '../../wire/fetch-request.js';
import type { AdvertisedRef, RefAdvertisement } from '../../wire/v0/advertisement.js';
import { closeAfterAdvertisement, refsOf } from '../advertisement.js';
import type { AdvertisedRun } from '../connection.js';
import { parseRefspec, type Refspec } from '../refspec.js';
import { Restarts } from '../restart.js';
import { writeFetchHead } from './fetch-head.js';
import { namedRef, openAtOnce, prefixesOf, takeAtOnce, type TakenAtOnce } from './at-once.js';
import { knownHaves, trackedOids, type Possessions } from './haves.js';
import { fetchObjects, type FetchHow } from './objects.js';
import { planChanges, planPruning, planRemoteHead, type RejectedRef } from './ref-changes.js';
import {
  headBranch,
  promisorLines,
  selectRefs,
  type Asking,
  type NamedObject,
  type Selection,
} from './selection.js';

/** Objects that are looked at closely before they are asked for although they are here. */
const mostDoubted = 16;

/** What is fetched, and how. */
export interface FetchOptions extends FetchHow {
  /** The remote's name: `origin`. */
  readonly remote: string;
  /** Its URL without a password, for `FETCH_HEAD`. */
  readonly url: string;
  readonly asking: Asking;
  readonly deepen: DeepenRequest;
  /** Whether refs that stand for what the server has no longer are removed. */
  readonly prune: boolean;
  /** Whether the same is done with tags. */
  readonly pruneTags: boolean;
  /** What the server is asked to leave out, as `objectFilter` gives it: it then promises that. */
  readonly filter?: string | undefined;
  /** What is here with all that it reaches although no ref need say so, and comes of the same history. */
  readonly whole?: ReadonlySet<string> | undefined;
  /** Default true. */
  readonly writesFetchHead?: boolean | undefined;
}

/** What a fetch did. */
export interface FetchedRefs {
  readonly advertisement: RefAdvertisement;
  /** What was asked for in the first place; undefined where the remote has no refs. */
  readonly head: NamedObject | undefined;
  /** The branch that the server's HEAD stands for. */
  readonly defaultBranch: string | undefined;
  readonly updated: readonly RefChange[];
  /** Names of refs that were removed. */
  readonly pruned: readonly string[];
  readonly rejected: readonly RejectedRef[];
}

/**
 * @throws GitWsError as `fetchObjects` and `updateRefs` document, NotFoundError where the remote has no such
 *   ref; what {@link FetchHow.connection} throws. Refs are as they were then.
 */
export async function fetchRemote(options: FetchOptions): Promise<FetchedRefs> {
  const pace = new Pace(callersSlice, options.signal);
  const fetch = new Fetch(options, pace);
  try {
    return await useFileSystem(() => fetch.run());
  } finally {
    await fetch.close();
    pace.close();
  }
}

class Fetch {
  readonly #options: FetchOptions;
  readonly #pace: Pace;
  readonly #refs: Refs;
  #objects: StoredObjects;
  #shallow: ReadonlySet<string> = new Set();
  #isWarned = false;
  #local: ReadonlyMap<string, RefValue> = new Map();
  /** What has come with all that it reaches, and no ref says so yet. */
  readonly #come = new Set<string>();

  constructor(options: FetchOptions, pace: Pace) {
    const { fs, gitdir } = options;
    this.#options = options;
    this.#pace = pace;
    this.#refs = new Refs(fs, gitdir);
    this.#objects = this.#openObjects();
  }

  close(): Promise<void> {
    return this.#objects.close();
  }

  async run(): Promise<FetchedRefs> {
    const { connection, asking } = this.#options;
    const isAtOnce = connection.takesInput?.() === true && !isDeepening(this.#options.deepen);
    const begun = isAtOnce ? await this.#atOnce() : undefined;
    if (begun !== undefined && !('run' in begun)) return begun;
    const opened = begun ?? (await connection.open('git-upload-pack'));
    let advertisement: RefAdvertisement;
    let selection: Selection | undefined;
    let wants: readonly string[];
    try {
      advertisement = refsOf(opened.advertisement);
      selection = selectRefs(advertisement, asking);
      await this.#look();
      wants = selection === undefined ? [] : await this.#wantsOf(selection);
    } catch (error) {
      opened.run.abort(error);
      throw error;
    }
    if (wants.length === 0) void closeAfterAdvertisement(opened.run);
    else await this.#get(opened, advertisement, wants, this.#options.deepen);
    return this.#end(advertisement, selection);
  }

  /** All that was wanted is here. */
  async #end(
    advertisement: RefAdvertisement,
    selection: Selection | undefined,
  ): Promise<FetchedRefs> {
    const tags = selection === undefined ? [] : await this.#follow(selection);
    return this.#changeRefs(advertisement, selection, tags);
  }

  /** Reads what is here. */
  async #look(): Promise<void> {
    const { fs, gitdir } = this.#options;
    this.#shallow = await readShallow(fs, gitdir);
    this.#local = await this.#refs.list('refs/');
  }

  /**
   * @returns what came of it where all could be asked for at once; undefined where something is left to do; a
   *   run for that where the first one was lost.
   */
  async #atOnce(): Promise<FetchedRefs | AdvertisedRun | undefined> {
    const { connection, asking, filter, pruneTags, restart, signal } = this.#options;
    await this.#look();
    const ref = namedRef(asking, (name) => this.#local.has(name));
    if (ref === undefined) return undefined;
    const lookup = this.#lookup();
    const haves = await knownHaves(asking.refspecs, this.#local, lookup);
    if (haves.length === 0) return undefined;
    const isPartial = filter !== undefined || (await lookup.isPartial());
    const asked = {
      ...{ prefixes: prefixesOf(asking, pruneTags), ref, haves, shallow: this.#shallow, filter },
      ...{ includesTags: asking.tags !== 'none', isThin: !isPartial },
    };
    const opened = await openAtOnce(connection, asked);
    if (opened === undefined) return undefined;
    let taken: TakenAtOnce | undefined;
    try {
      taken = await takeAtOnce(opened, asked, this.#oidsHere(), this.#options);
    } catch (failure) {
      const again = () => connection.open('git-upload-pack');
      return new Restarts(restart).again(failure, again, [signal]);
    }
    if (taken === undefined) return undefined;
    const { advertisement, oid } = taken;
    if (oid !== undefined) await this.#cameWith(oid);
    const selection = selectRefs(advertisement, asking);
    const wants = selection === undefined ? [] : await this.#wantsOf(selection);
    if (wants.length > 0) return undefined;
    return this.#end(advertisement, selection);
  }

  /** @returns what has to be asked for. */
  async #wantsOf({ head, refs, tagsToFollow }: Selection): Promise<string[]> {
    const oids = new Set([...(head ? [head.oid] : []), ...refs.map(({ oid }) => oid)]);
    for (const tag of await this.#tagsOfHere(tagsToFollow)) oids.add(tag.oid);
    // What is here already is asked for as well, with more of its history, or less.
    if (isDeepening(this.#options.deepen)) return [...oids];
    const here = this.#oidsHere();
    const doubted = [...oids].filter((oid) => !here.has(oid));
    if (doubted.length > mostDoubted) return doubted;
    const wants: string[] = [];
    for (const oid of doubted) if (!(await this.#isWhole(oid))) wants.push(oid);
    return wants;
  }

  /** Whether an object that no ref names is here all the same, with all that it reaches. */
  async #isWhole(oid: string): Promise<boolean> {
    const { fs, gitdir, signal } = this.#options;
    const place = await this.#lookup().locate(oid);
    if (!isHere(place)) return false;
    // Of what a promisor has sent nothing else need be here.
    if (typeof place === 'object' && 'pack' in place && place.pack.isPromisor) return true;
    const shallow = this.#shallow;
    const asked = {
      wants: [oid],
      haves: this.#oidsHere(),
      shallow,
      cutOff: shallow,
      hasFilter: false,
    };
    try {
      await checkConnected(asked, { fs: { promises: fs }, gitdir, pack: undefined, signal });
      return true;
    } catch (error) {
      // It lacks something, or is damaged: then it is to come.
      if (isGitWsError(error, 'MISSING_OBJECTS') || isGitWsError(error, 'CORRUPT_PACK'))
        return false;
      throw error;
    }
  }

  async #get(
    opened: AdvertisedRun,
    advertisement: RefAdvertisement,
    wants: readonly string[],
    deepen: DeepenRequest,
  ): Promise<void> {
    const { asking } = this.#options;
    const possessions = this.#possessions(advertisement.refs);
    const includesTags = asking.tags !== 'none';
    const partial = this.#partial(advertisement, wants);
    const isPartial = partial !== undefined || (await this.#lookup().isPartial());
    const what = { wants, deepen, shallow: this.#shallow, possessions, includesTags };
    await fetchObjects(opened, { ...what, isPartial, partial }, this.#options);
    await this.#cameWith(...wants);
  }

  /** What was asked for has come: it is to be read as well. */
  async #cameWith(...wants: readonly string[]): Promise<void> {
    for (const oid of wants) this.#come.add(oid);
    await this.#objects.close();
    this.#objects = this.#openObjects();
  }

  /** @param advertised the server's refs, as far as they are known. */
  #possessions(advertised: readonly AdvertisedRef[]): Possessions {
    const { asking } = this.#options;
    const here = this.#oidsHere();
    const common = advertised.flatMap(({ oid }) => (here.has(oid) ? [oid] : []));
    const tracked = trackedOids(asking.refspecs, this.#local);
    return {
      commits: new Commits(this.#objects, this.#shallow),
      tracked: [...new Set([...tracked, ...(this.#options.whole ?? [])])],
      tips: [...here],
      common,
    };
  }

  /** @returns what makes of a fetch a partial one; undefined for a whole one. */
  #partial(advertisement: RefAdvertisement, wants: readonly string[]) {
    const { filter } = this.#options;
    if (filter === undefined) return undefined;
    if (!advertisement.capabilities.has('filter') && !this.#isWarned) {
      this.#isWarned = true;
      console.warn('gitws: the server knows no filter: it sends everything.');
    }
    return { filter, promisor: promisorLines(advertisement, wants) };
  }

  /** @returns tags of what is here now; those that did not come with it are fetched. */
  async #follow({ tagsToFollow }: Selection): Promise<readonly AdvertisedRef[]> {
    const tags = await this.#tagsOfHere(tagsToFollow);
    const lookup = this.#lookup();
    const missing: string[] = [];
    for (const { oid } of tags) if (!isHere(await lookup.locate(oid))) missing.push(oid);
    if (missing.length > 0) {
      const again = await this.#options.connection.open('git-upload-pack');
      // History was deepened before: what is relative would be so twice.
      await this.#get(again, refsOf(again.advertisement), missing, {});
    }
    return tags;
  }

  /** @returns tags that are not here, of objects that are. */
  async #tagsOfHere(tags: readonly AdvertisedRef[]): Promise<readonly AdvertisedRef[]> {
    const lookup = this.#lookup();
    const found: AdvertisedRef[] = [];
    for (const tag of tags) {
      if (this.#local.has(tag.name)) continue;
      await this.#pace.turn();
      if (isHere(await lookup.locate(tag.peeled ?? tag.oid))) found.push(tag);
    }
    return found;
  }

  async #changeRefs(
    advertisement: RefAdvertisement,
    selection: Selection | undefined,
    tags: readonly AdvertisedRef[],
  ): Promise<FetchedRefs> {
    const { fs, gitdir, asking, remote, url } = this.#options;
    const pruning =
      this.#options.prune || this.#options.pruneTags ? this.#stale(advertisement) : [];
    const fetched = [
      ...(selection?.refs ?? []),
      ...tags.map((tag) => ({ ...tag, targets: [{ target: tag.name, isForced: false }] })),
    ];
    const refs = new Map(this.#local);
    for (const { name } of pruning) refs.delete(name);
    const current = await this.#refs.branch();
    const commits = new Commits(this.#objects, await readShallow(fs, gitdir));
    const { changes, rejected } = await planChanges(fetched, { refs, current, commits });
    const names = new Set([...refs.keys(), ...changes.map(({ name }) => name)]);
    const defaultBranch = headBranch(advertisement);
    const remoteHead = planRemoteHead(remote, defaultBranch, asking.refspecs, names);
    // Nothing names what has come so far: whoever has canceled finds the refs as they were.
    await this.#pace.turn();
    // First, as in git: `x` may have taken the place of `x/y`.
    await updateRefs(fs, gitdir, pruning);
    await updateRefs(fs, gitdir, [...changes, ...remoteHead]);
    if (selection?.head !== undefined && this.#options.writesFetchHead !== false) {
      await writeFetchHead(fs, gitdir, { asking, head: selection.head, fetched, url });
    }
    const pruned = pruning.map(({ name }) => name);
    return {
      advertisement,
      head: selection?.head,
      defaultBranch,
      updated: changes,
      pruned,
      rejected,
    };
  }

  #stale({ refs }: RefAdvertisement): readonly RefChange[] {
    const { prune, pruneTags, asking } = this.#options;
    // As in git, what is asked for by its name says nothing of what else is gone.
    if (asking.isSingle) return [];
    const tags: Refspec[] = pruneTags ? [parseRefspec('refs/tags/*:refs/tags/*')] : [];
    const refspecs = [...(prune ? asking.refspecs : []), ...tags];
    return planPruning(refspecs, new Set(refs.map(({ name }) => name)), this.#local);
  }

  #oidsHere(): Set<string> {
    const local = [...this.#local.values()].flatMap((ref) => ('oid' in ref ? [ref.oid] : []));
    return new Set([...local, ...this.#come, ...(this.#options.whole ?? [])]);
  }

  #lookup(): ObjectLookup {
    return new ObjectLookup({ promises: this.#options.fs }, this.#options.gitdir);
  }

  #openObjects(): StoredObjects {
    const { fs, gitdir } = this.#options;
    return new StoredObjects({ promises: fs }, gitdir, { pace: this.#pace });
  }
}
