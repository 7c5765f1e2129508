/** What runs services, by where the repository is. */
import { closeCodes } from '../../src/tunnel/machine/close.js';
import { checkedDuration } from '../../src/base/duration.js';
import type { Limits } from '../limits/limits.js';
import type { GitServerOptions } from '../options.js';
import { Preparation } from '../git/preparation.js';
import type { Running } from '../processes.js';
import type { GiveBack } from '../admission/places.js';
import type { Refusal } from '../admission/refusal.js';
import { tell } from '../base/tell.js';
import { askGit } from '../git/run-git.js';
import { Cache } from './cache/cache.js';
import { checkedCacheDirectory } from './cache/directory.js';
import { checkedCacheSize, defaultCacheSize } from './cache/cache-options.js';
import { LocalBackend } from './local/local-backend.js';
import type { Place, UpstreamPlace } from './place.js';
import type { BatchAnswer, BatchRequest } from './upstream/lfs.js';
import type { Service, ServiceRequest } from './service.js';
import { UpstreamBackend } from './upstream/upstream-backend.js';
import type { Upstreams } from './upstream/upstreams.js';

/** What {@link Backends} works with. */
export interface BackendsOptions {
  readonly options: GitServerOptions;
  readonly limits: Limits;
  /** The directory of repositories as it was configured. */
  readonly root: string;
  readonly upstreams: Upstreams;
  /** Told of each process that is started beside those of clients. */
  readonly onProcess: (process: Running) => void;
  /** Told of what should not happen. */
  readonly onError: (error: unknown) => void;
}

/** Those of one server. */
export class Backends {
  readonly #preparation: Preparation;
  readonly #local: LocalBackend;
  readonly #upstream: UpstreamBackend;
  readonly #cache: Cache | undefined;
  /** Places whose upstream is not asked at present, for which the cache stands in; and why it is not. */
  readonly #down = new WeakMap<UpstreamPlace, Refusal>();
  /** The ways to places, which what is served from the cache gives back. */
  readonly #ways = new WeakMap<UpstreamPlace, GiveBack>();

  /** @throws GitWsError INVALID_OPTION */
  constructor({ options, limits, root, upstreams, onProcess, onError }: BackendsOptions) {
    const { maxPushMemory, maxPushSize, killDelayUpload } = limits;
    const gitConfig = {
      // Defence: a pack has a largest size (maxPushSize).
      'receive.maxInputSize': `${maxPushSize}`,
      ...options.gitConfig,
    };
    this.#preparation = new Preparation({ ...options, gitConfig, maxPushMemory }, (gitDir, args) =>
      askGit(gitDir, args, onProcess),
    );
    const local = (directory: string): LocalBackend =>
      new LocalBackend({
        ...{ preparation: this.#preparation, root: directory, onError },
        killTime: killDelayUpload,
      });
    this.#local = local(root);
    this.#upstream = new UpstreamBackend({
      ...{ upstreams, limits, onProcess, onError, ssh: options.upstreamSsh },
      protectedRefs: options.protectedRefs,
      credentials: options.upstreamCredentials,
      onUpstream: (report) => {
        tell(options.onUpstream, report, onError);
      },
    });
    const { cache, maintenance = true } = options;
    if (cache === undefined) return;
    const { directory, size = defaultCacheSize, stale = 0 } = cache;
    this.#cache = new Cache({
      directory: checkedCacheDirectory(directory, root, upstreams),
      ...{ size: checkedCacheSize(size), stale: checkedDuration('cache.stale', stale, 0) ?? 0 },
      ...{ limits, local, onProcess, onError },
      upkeep: maintenance,
      http: this.#upstream.http,
    });
  }

  /**
   * Takes what only one process may have: the directory of the cache.
   *
   * @throws GitWsError INVALID_OPTION, the system's error
   */
  async ready(): Promise<void> {
    await this.#cache?.ready();
  }

  /**
   * The way to a place, before anything of this machine is taken for it.
   *
   * @returns called when what was asked for is over; or why it is not asked for.
   */
  async enter(place: Place): Promise<GiveBack | Refusal> {
    if (place.kind === 'local') return () => undefined;
    const way = await this.#upstream.enter(place);
    if (typeof way === 'function') {
      this.#ways.set(place, way);
      return way;
    }
    const isDown = way.code === closeCodes.unavailable;
    if (!isDown || (await this.#cache?.canStandIn(place)) !== true) return way;
    // What stands in for it takes no place there.
    this.#down.set(place, way);
    return () => undefined;
  }

  /** Nobody enters any more. */
  shut(): void {
    this.#upstream.shut();
  }

  /** Asks an upstream where large files are, with the client's own credentials there. */
  batch(place: UpstreamPlace, request: BatchRequest): Promise<BatchAnswer | Refusal> {
    return this.#upstream.batch(place, request);
  }

  /** See {@link Backend.open}. */
  async open(request: ServiceRequest<Place>, signal: AbortSignal): Promise<Service | Refusal> {
    const { place } = request;
    if (place.kind === 'local') return this.#local.open({ ...request, place });
    const down = this.#down.get(place);
    if (down !== undefined) return (await this.#cache?.standIn({ ...request, place })) ?? down;
    const cached = await this.#cache?.open({ ...request, place }, signal);
    if (cached !== undefined) {
      // Nothing of it runs there.
      this.#ways.get(place)?.();
      return cached;
    }
    // Who waited for the cache may have left.
    signal.throwIfAborted();
    return this.#upstream.open({ ...request, place }, signal);
  }

  /** Whether a repository on this machine is one that the server looks after. */
  allowsMaintenance(gitDir: string): Promise<boolean> {
    return this.#preparation.allowsMaintenance(gitDir);
  }

  /** Leaves nothing behind. No service runs any more. */
  async close(): Promise<void> {
    await this.#cache?.close();
    await this.#upstream.close();
    await this.#preparation.close();
  }
}
