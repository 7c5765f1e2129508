/** What runs services, by where the repository is. */
import type { Limits } from '../limits/limits.js';
import type { GitServerOptions } from '../options.js';
import { Preparation } from '../git/preparation.js';
import type { Running } from '../processes.js';
import type { Refusal } from '../admission/refusal.js';
import { askGit } from '../git/run-git.js';
import { LocalBackend } from './local/backend.js';
import type { Place } from './place.js';
import type { Service, ServiceRequest } from './service.js';
import { UpstreamBackend } from './upstream/backend.js';
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

  /** @throws GitWsError INVALID_OPTION */
  constructor({ options, limits, root, upstreams, onProcess, onError }: BackendsOptions) {
    const { maxPushMemory, maxPushSize, killDelayUpload } = limits;
    const gitConfig = {
      'receive.maxInputSize': `${maxPushSize}`,
      ...options.gitConfig,
    };
    this.#preparation = new Preparation({ ...options, gitConfig, maxPushMemory }, (gitDir, args) =>
      askGit(gitDir, args, onProcess),
    );
    this.#local = new LocalBackend({
      ...{ preparation: this.#preparation, root, onError },
      killTime: killDelayUpload,
    });
    this.#upstream = new UpstreamBackend({
      ...{ upstreams, limits, onError },
      protectedRefs: options.protectedRefs,
    });
  }

  /** See {@link Backend.open}. */
  open(request: ServiceRequest<Place>, signal: AbortSignal): Promise<Service | Refusal> {
    const { place } = request;
    return place.kind === 'local'
      ? this.#local.open({ ...request, place })
      : this.#upstream.open({ ...request, place }, signal);
  }

  /** Whether a repository on this machine is one that the server looks after. */
  allowsMaintenance(gitDir: string): Promise<boolean> {
    return this.#preparation.allowsMaintenance(gitDir);
  }

  /** Leaves nothing behind. No service runs any more. */
  async close(): Promise<void> {
    await this.#upstream.close();
    await this.#preparation.close();
  }
}
