/**
 * Fetches into mirrors: one at a time for a repository, for all who ask for it, and some at once. They
 * go on when nobody waits for them any more: who comes next has it then.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Refusal } from '../../admission/refusal.js';
import type { Limits } from '../../limits/limits.js';
import type { Running } from '../../processes.js';
import { anonymously, encodeAdvertisement, type Listed } from './listing.js';
import type { Asked, Found, SmartHttp } from '../upstream/smart-http.js';
import { UpstreamService } from '../upstream/upstream-service.js';
import { keyOf, type Mirror } from './mirror.js';
import { madeName, readState, runFetch, setHead, type FetchOptions } from './mirror-git.js';
import { isUpToDate, type RefState } from './ref-state.js';
import type { MirrorStore } from './store.js';

/** What {@link Fetches} works with. */
export interface FetchesOptions {
  readonly store: MirrorStore;
  /** Most that all mirrors may take, in bytes. */
  readonly size: number;
  readonly limits: Limits;
  readonly http: SmartHttp;
  readonly onProcess: (process: Running) => void;
  /** A mirror has what its upstream had. @param isNew whether it was made just now. */
  readonly onDone: (mirror: Mirror, isNew: boolean) => void;
  /** A repository could not be fetched. */
  readonly onFailure: (key: string) => void;
  readonly onError: (error: unknown) => void;
}

/** One that is under way. */
export interface JoinedFetch {
  /** Whether it began when it was asked for. */
  readonly isNew: boolean;
  /** The mirror when it is refreshed; undefined where that failed. Never rejects. */
  readonly mirror: Promise<Mirror | undefined>;
}

type Listing = Listed & { readonly kind: 'listing' };

/** What arrives is looked at each time that this has come, in bytes. */
const step = 4 * 1024 * 1024;

/** Why a repository is not kept: nothing that anybody has to do something about. */
class NotKept extends Error {
  override readonly name = 'NotKept';
}

/** Those of one cache. */
export class Fetches {
  readonly #options: FetchesOptions;
  readonly #running = new Map<string, Promise<Mirror | undefined>>();
  readonly #abort = new AbortController();

  constructor(options: FetchesOptions) {
    this.#options = options;
  }

  /**
   * @param mirror what is to be refreshed; undefined where there is none yet.
   * @returns the fetch of that repository; undefined where there are too many others.
   */
  join(listing: Listing, mirror: Mirror | undefined): JoinedFetch | undefined {
    const key = keyOf(listing.location);
    const running = this.#running.get(key);
    if (running !== undefined) return { isNew: false, mirror: running };
    if (this.#running.size >= this.#options.limits.maxCacheFetches) return undefined;
    const fetch = this.#fetch(key, listing, mirror).finally(() => this.#running.delete(key));
    this.#running.set(key, fetch);
    return { isNew: true, mirror: fetch };
  }

  /** Whether that of a repository is under way. */
  isRunning(key: string): boolean {
    return this.#running.has(key);
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.settled();
  }

  async #fetch(key: string, listing: Listing, mirror: Mirror | undefined) {
    const { onDone, onFailure, onError, store } = this.#options;
    try {
      const fetched = await (mirror === undefined
        ? this.#make(key, listing)
        : this.#refresh(mirror, listing));
      fetched.capabilities = listing.capabilities;
      // Others made room for it, or it was too much by itself.
      store.makeRoom();
      if (fetched.dropped) throw new NotKept('there is no room');
      onDone(fetched, mirror === undefined);
      return fetched;
    } catch (error) {
      if (!this.#abort.signal.aborted) onFailure(key);
      if (!(error instanceof NotKept) && !this.#abort.signal.aborted) onError(error);
      return undefined;
    }
  }

  async #make(key: string, listing: Listing): Promise<Mirror> {
    const { store } = this.#options;
    const directory = await store.directoryToMakeIn();
    try {
      await this.#run(listing, { directory, makes: true }, 0);
      const made = join(directory, madeName);
      const state = await this.#readState(made, listing);
      const mirror = await store.add(key, made);
      mirror.state = state;
      return mirror;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #refresh(mirror: Mirror, listing: Listing): Promise<Mirror> {
    const { store } = this.#options;
    const over = await mirror.change();
    const { gitDir } = mirror;
    try {
      // Until all of it is known to be there, nobody takes it for what the upstream has.
      mirror.state = undefined;
      await this.#run(listing, { directory: gitDir, makes: false }, mirror.size);
      mirror.state = await this.#readState(gitDir, listing);
      await mirror.see();
    } catch (error) {
      // It may be the mirror that is at fault: it is made anew where it is wanted again.
      if (error instanceof GitFailed) store.drop(mirror);
      throw error;
    } finally {
      await over().finally(() => {
        store.release(mirror);
      });
    }
    return mirror;
  }

  /** @param size what is there already, in bytes. @throws GitFailed, NotKept */
  async #run(
    listing: Listing,
    what: Pick<FetchOptions, 'directory' | 'makes'>,
    size: number,
  ): Promise<void> {
    const { limits, onProcess, onError } = this.#options;
    const { location } = listing;
    const timeout = AbortSignal.timeout(limits.cacheFetchTime);
    const signal = AbortSignal.any([this.#abort.signal, timeout]);
    // It was here a moment ago.
    const allows = (): Promise<boolean> => Promise.resolve(false);
    const asked = anonymously({ allows, signal });
    const found = await this.#wayTo(listing, asked);
    if ('kind' in found) throw new NotKept(found.sentence);
    const { host } = location.upstream;
    const { maxNegotiation } = limits;
    const service = new UpstreamService({
      service: 'git-upload-pack',
      ...{ found, host, maxNegotiation, onError },
    });
    const arrival = this.#arrival(size);
    try {
      const { onBytes } = arrival;
      const fetched = await runFetch({ ...what, service, limits, signal, onBytes, onProcess });
      if (arrival.refused !== undefined) throw new NotKept(arrival.refused);
      if (timeout.aborted) throw new NotKept('it takes too long');
      if (fetched.kind === 'failed') throw new GitFailed(host, fetched.words);
      if (fetched.kind !== 'done') throw new NotKept(fetched.words);
    } finally {
      arrival.end();
      found.leave();
    }
  }

  /** What it has said of itself when its refs were listed need not be asked again. */
  #wayTo({ location, capabilities }: Listing, asked: Asked): Promise<Found | Refusal> | Found {
    const { http } = this.#options;
    if (capabilities === undefined) return http.find(location, asked);
    const advertisement = Readable.from([Buffer.from(encodeAdvertisement(capabilities))]);
    return { location, advertisement, post: http.postTo(location, asked), leave: () => undefined };
  }

  /** Counts what arrives, and says no where it is too much. */
  #arrival(size: number) {
    const { store, limits } = this.#options;
    const most = Math.min(limits.cacheRepositorySize, this.#options.size);
    let bytes = 0;
    let told = 0;
    const arrival = {
      refused: undefined as string | undefined,
      onBytes: (count: number): void => {
        bytes += count;
        if (size + bytes > most) arrival.refused = 'it is too large';
        else if (bytes - told >= step) {
          store.arrive(bytes - told);
          told = bytes;
          if (!store.makeRoom()) arrival.refused = 'there is no room';
        }
        // Defence: what is too large to be kept is cut off while it comes (cacheRepositorySize).
        if (arrival.refused !== undefined) throw new NotKept(arrival.refused);
      },
      end: (): void => {
        store.arrive(-told);
      },
    };
    return arrival;
  }

  async #readState(gitDir: string, { state: { head } }: Listing): Promise<RefState> {
    const { onProcess } = this.#options;
    const state = await readState(gitDir, onProcess);
    if (head === undefined || isUpToDate(state, { ...state, head })) return state;
    await setHead(gitDir, head, onProcess);
    return { ...state, head };
  }
}

/** git could do nothing with what an upstream has said. */
class GitFailed extends Error {
  override readonly name = 'GitFailed';

  constructor(host: string, words: string) {
    super(`What ${host} sends cannot be kept in the cache: ${words}`);
  }
}
