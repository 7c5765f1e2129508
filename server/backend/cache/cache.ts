/**
 * Serves repositories of upstreams that anybody may read from mirrors on this machine: each time the
 * upstream is asked for its refs, and a mirror that has others is refreshed before. Whatever cannot be
 * served so goes past the cache, as if there were none.
 */
import { inTime } from '../../base/in-time.js';
import type { Limits } from '../../limits/limits.js';
import type { Refusal } from '../../admission/refusal.js';
import type { Running } from '../../processes.js';
import { localPlace, type UpstreamPlace } from '../place.js';
import type { CacheUse, Service, ServiceRequest } from '../service.js';
import type { LocalBackend } from '../local/local-backend.js';
import type { SmartHttp } from '../upstream/smart-http.js';
import { openCacheDirectory, type CacheDirectory } from './directory.js';
import { Fetches } from './fetches.js';
import { listRefs, type Listed } from './listing.js';
import { keyOf, type Mirror } from './mirror.js';
import { readState } from './mirror-git.js';
import { Past } from './past.js';
import { isUpToDate } from './ref-state.js';
import { MirrorStore } from './store.js';
import { Upkeep } from './upkeep.js';

/** What {@link Cache} works with. */
export interface CacheOptions {
  /** From `checkedCacheDirectory`. */
  readonly directory: string;
  /** Most that it may take of the disk, in bytes. */
  readonly size: number;
  /** How old a mirror may be, in ms, that is served where its upstream does not answer. */
  readonly stale: number;
  /** Whether mirrors are repacked. */
  readonly upkeep: boolean;
  readonly limits: Limits;
  readonly http: SmartHttp;
  /** Runs what reads from mirrors below this directory. */
  readonly local: (root: string) => LocalBackend;
  readonly onProcess: (process: Running) => void;
  readonly onError: (error: unknown) => void;
}

/** What there is once the directory is this process's. */
interface Opened {
  readonly directory: CacheDirectory;
  readonly store: MirrorStore;
  readonly fetches: Fetches;
  readonly upkeep: Upkeep;
  readonly local: LocalBackend;
}

/** That of one server. */
export class Cache {
  readonly #options: CacheOptions;
  readonly #past: Past;
  #opened: Promise<Opened | undefined> | undefined;
  #ready: Promise<void> | undefined;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#past = new Past(options.limits.cacheRetryTime);
  }

  /**
   * Takes the directory.
   *
   * @throws GitWsError INVALID_OPTION where another process has it; the system's error. All goes past
   *   the cache then.
   */
  ready(): Promise<void> {
    if (this.#ready === undefined) {
      const opening = this.#open();
      this.#opened = opening.catch(() => undefined);
      this.#ready = opening.then(() => undefined);
    }
    return this.#ready;
  }

  /**
   * @returns a service that reads from a mirror, or why there can be none at all; undefined where the
   *   upstream itself is to be asked.
   */
  async open(
    request: ServiceRequest<UpstreamPlace>,
    signal: AbortSignal,
  ): Promise<Service | Refusal | undefined> {
    const { service, place } = request;
    if (service !== 'git-upload-pack' || !isForEverybody(place)) return undefined;
    const opened = await this.#whenOpened();
    if (opened === undefined) return undefined;
    const { store } = opened;
    const asked = keyOf(place.location);
    if (this.#past.has(asked)) return undefined;
    const known = store.find(asked);
    const listed = await this.#list(place, known, signal);
    switch (listed.kind) {
      case 'denied':
        // Defence: what is not for everybody any more is dropped.
        if (known !== undefined) store.drop(known);
        this.#past.add(asked);
        return undefined;
      case 'strange':
        this.#past.add(asked);
        return undefined;
      case 'unallowed':
        return undefined;
      case 'silent': {
        if (known === undefined || !this.#isRecent(known)) return listed.refusal;
        return (await this.#serve(opened, request, known, 'stale')) ?? listed.refusal;
      }
      case 'listing': {
        const key = keyOf(listed.location);
        if (key !== asked && known !== undefined) store.drop(known);
        if (key !== asked && this.#past.has(key)) return undefined;
        return this.#refreshed(opened, request, listed);
      }
    }
  }

  /** @returns whether {@link standIn} has something to serve. */
  async canStandIn(place: UpstreamPlace): Promise<boolean> {
    return (await this.#standInFor(place)) !== undefined;
  }

  /** As {@link open}, where the upstream is not asked at all: it has not answered before. */
  async standIn(request: ServiceRequest<UpstreamPlace>): Promise<Service | undefined> {
    const { service, place } = request;
    const found = service === 'git-upload-pack' ? await this.#standInFor(place) : undefined;
    return found && this.#serve(found.opened, request, found.mirror, 'stale');
  }

  /** What may be served in the place of an upstream that does not answer. */
  async #standInFor(
    place: UpstreamPlace,
  ): Promise<{ readonly opened: Opened; readonly mirror: Mirror } | undefined> {
    if (!isForEverybody(place)) return undefined;
    const opened = await this.#whenOpened();
    const mirror = opened?.store.find(keyOf(place.location));
    if (opened === undefined || mirror === undefined) return undefined;
    return this.#isRecent(mirror) ? { opened, mirror } : undefined;
  }

  #isRecent(mirror: Mirror): boolean {
    // Defence: what is kept stands in for an upstream only where the operator says so.
    return mirror.seen > Date.now() - this.#options.stale;
  }

  /** Resolves when nothing is fetched, repacked or removed any more. */
  async settled(): Promise<void> {
    const opened = await this.#opened;
    await opened?.fetches.settled();
    await opened?.upkeep.settled();
    await opened?.store.settled();
  }

  /** Ends what it does, and gives the directory back. No service reads from it any more. */
  async close(): Promise<void> {
    const opened = await this.#opened;
    if (opened === undefined) return;
    await opened.fetches.close();
    await opened.upkeep.close();
    await opened.store.settled();
    await opened.directory.unlock();
  }

  async #open(): Promise<Opened> {
    const { size, limits, onError } = this.#options;
    const directory = await openCacheDirectory(this.#options.directory);
    const store = await MirrorStore.open({ directory, size, count: limits.maxMirrors, onError });
    const upkeep = new Upkeep({ store, time: limits.cacheUpkeepTime, onError });
    const fetches = new Fetches({
      ...{ store, limits, onError, size },
      http: this.#options.http,
      onProcess: this.#options.onProcess,
      onDone: (mirror, isNew) => {
        if (this.#options.upkeep) upkeep.request(mirror, isNew);
      },
      onFailure: (key) => {
        this.#past.add(key);
      },
    });
    return { directory, store, fetches, upkeep, local: this.#options.local(directory.mirrors) };
  }

  async #whenOpened(): Promise<Opened | undefined> {
    // Nobody has asked: it is told once.
    if (this.#ready === undefined) this.ready().catch(this.#options.onError);
    return inTime(
      this.#opened ?? Promise.resolve(undefined),
      this.#options.limits.cacheWait,
      () => undefined,
    );
  }

  async #list(
    { location, allows }: UpstreamPlace,
    known: Mirror | undefined,
    signal: AbortSignal,
  ): Promise<Listed> {
    const { http, limits } = this.#options;
    const late = new AbortController();
    const timer = setTimeout(() => {
      // Where nobody waits longer that was no answer; else whoever does finds out.
      const isLast = known !== undefined && this.#isRecent(known);
      late.abort(isLast ? new DOMException('No answer came in time.', 'TimeoutError') : undefined);
    }, limits.cacheAnswerTime);
    const listed = await listRefs(http, {
      ...{ location, allows, capabilities: known?.capabilities },
      signal: AbortSignal.any([signal, late.signal]),
    }).finally(() => {
      clearTimeout(timer);
    });
    // It was given up here: the upstream may answer whoever waits longer.
    const isGivenUp = listed.kind === 'silent' && late.signal.aborted;
    return isGivenUp ? { ...listed, refusal: undefined } : listed;
  }

  /** The mirror as the upstream is, or undefined where that takes too long. */
  async #refreshed(
    opened: Opened,
    request: ServiceRequest<UpstreamPlace>,
    listed: Listed & { readonly kind: 'listing' },
  ): Promise<Service | undefined> {
    const { store, fetches } = opened;
    const until = performance.now() + this.#options.limits.cacheWait;
    let use: CacheUse = 'unchanged';
    for (;;) {
      const key = keyOf(listed.location);
      const mirror = store.find(key);
      // What is being refreshed is neither the one nor the other.
      if (mirror !== undefined && !fetches.isRunning(key)) {
        mirror.capabilities = listed.capabilities;
        const state = await this.#stateOf(store, mirror);
        if (state === undefined) return undefined;
        if (isUpToDate(state, listed.state)) {
          const leave = store.hold(mirror);
          if (leave === undefined) return undefined;
          try {
            await mirror.see().catch(this.#options.onError);
            return await this.#serve(opened, request, mirror, use);
          } finally {
            leave();
          }
        }
      }
      use = 'fetched';
      const fetch = fetches.join(listed, mirror);
      if (fetch === undefined) return undefined;
      const left = Math.max(0, until - performance.now());
      const fetched = await inTime(fetch.mirror, left, () => undefined);
      if (fetched === undefined) return undefined;
      // What was asked for after the listing is as new as that, whatever both say.
      if (fetch.isNew) return this.#serve(opened, request, fetched, use);
    }
  }

  async #stateOf(store: MirrorStore, mirror: Mirror): Promise<Mirror['state']> {
    try {
      mirror.state ??= await readState(mirror.gitDir, this.#options.onProcess);
    } catch (error) {
      // What git cannot read is nothing.
      this.#options.onError(error);
      store.drop(mirror);
    }
    return mirror.state;
  }

  /** @returns undefined for a mirror that was dropped meanwhile: the upstream may have said no to others. */
  async #serve(
    { store, local, directory }: Opened,
    request: ServiceRequest<UpstreamPlace>,
    mirror: Mirror,
    use: CacheUse,
  ): Promise<Service | undefined> {
    const leave = store.hold(mirror);
    if (leave === undefined) return undefined;
    try {
      const place = localPlace({ gitDir: mirror.gitDir, root: directory.mirrors });
      const service = await local.open({ ...request, place });
      service.cache = use;
      void service.gone.then(leave);
      if (use === 'stale') {
        const { host } = request.place.location.upstream;
        const time = new Date(mirror.seen).toISOString().replace(/:\d\d\.\d+Z$/, 'Z');
        const words = `gitws: ${host} does not answer; what you get is from ${time}.\n`;
        service.stderr.unshift(Buffer.from(words));
      }
      return service;
    } catch (error) {
      leave();
      throw error;
    }
  }
}

/** Whether nobody's credentials are in it. Over ssh all is read with the operator's key. */
function isForEverybody({ authorization, location }: UpstreamPlace): boolean {
  return (
    // Defence: who shows credentials goes past the cache.
    authorization === undefined && location.upstream.ssh === undefined
  );
}
