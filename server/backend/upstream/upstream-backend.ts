/** Runs services of repositories on upstreams, over git's smart HTTP or over ssh. */
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import type { Limits } from '../../limits/limits.js';
import type { GitOptions } from '../../git/preparation.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import { services } from '../../services.js';
import type { Running } from '../../processes.js';
import type { UpstreamPlace } from '../place.js';
import type { Backend, Service, ServiceRequest } from '../service.js';
import type { GiveBack } from '../../admission/places.js';
import { Gates, type UpstreamReport } from './gates.js';
import type { BatchAnswer, BatchRequest } from './lfs.js';
import type { Lookup } from './pool.js';
import { operatorProof, type UpstreamCredentials } from './proof.js';
import { SmartHttp } from './smart-http.js';
import { checkedSshFiles, type UpstreamSshOptions } from './ssh/files.js';
import { Ssh } from './ssh/ssh.js';
import { UpstreamService } from './upstream-service.js';
import type { Upstreams } from './upstreams.js';

const protectedElsewhere =
  'Rules protect refs of this repository, and this server cannot enforce them elsewhere.';

/** What {@link UpstreamBackend} works with. */
export interface UpstreamBackendOptions {
  readonly upstreams: Upstreams;
  readonly limits: Limits;
  /** See `GitOptions.protectedRefs`. */
  readonly protectedRefs?: GitOptions['protectedRefs'];
  /** With what those of ssh:// are reached. */
  readonly ssh?: UpstreamSshOptions | undefined;
  /** Told of each process that is started. */
  readonly onProcess: (process: Running) => void;
  /** See `GitServerOptions.upstreamCredentials`. */
  readonly credentials?: UpstreamCredentials | undefined;
  /** How names become addresses; default: the system's way. */
  readonly lookup?: Lookup | undefined;
  /** Told when an upstream is asked no more, or again. */
  readonly onUpstream: (report: UpstreamReport) => void;
  /** Told why an upstream could not be reached, or what broke off. */
  readonly onError: (error: unknown) => void;
}

/** That of one server. */
export class UpstreamBackend implements Backend<UpstreamPlace> {
  readonly #options: UpstreamBackendOptions;
  readonly #ssh: Ssh | undefined;
  /** Asks the upstreams over HTTP. */
  readonly http: SmartHttp;
  readonly #gates: Gates;

  /** @throws GitWsError INVALID_OPTION for files that ssh would not use. */
  constructor(options: UpstreamBackendOptions) {
    this.#options = options;
    const { upstreams, limits, lookup, onError, onUpstream } = options;
    const { upstreamConnectTime: connectTime, upstreamSilence: silence } = limits;
    this.#gates = new Gates({ upstreams, limits, onChange: onUpstream });
    const { startTime: batchTime, maxBatchSize } = limits;
    const pools = { connectTime, silence, lookup, batchTime, maxBatchSize };
    this.http = new SmartHttp(upstreams, pools, { gates: this.#gates, onError });
    const { killDelayUpload: killTime } = limits;
    this.#ssh = upstreams.all.some(({ ssh }) => ssh !== undefined)
      ? new Ssh({
          ...{ files: checkedSshFiles(options.ssh), connectTime, silence, killTime, lookup },
          ...{ onProcess: options.onProcess, onError },
        })
      : undefined;
  }

  /** See `Backends.enter`. */
  enter({ location }: UpstreamPlace): Promise<GiveBack | Refusal> {
    return this.#gates.enter(location.upstream.host);
  }

  /** See `Backends.shut`. */
  shut(): void {
    this.#gates.close();
  }

  async open(
    { service, place, gitProtocol, user, name }: ServiceRequest<UpstreamPlace>,
    signal: AbortSignal,
  ): Promise<Service | Refusal> {
    const { limits, onError, protectedRefs, credentials } = this.#options;
    if (services[service].access === 'write') {
      const rules = await protectedRefs?.(user, name);
      // Only hooks can enforce them, and there are none elsewhere.
      // Defence: where rules protect refs elsewhere, nobody pushes past them.
      if (rules !== undefined && rules.protections.length > 0) {
        return refusal(closeCodes.forbidden, protectedElsewhere, user ?? undefined);
      }
    }
    const { location, authorization, allows } = place;
    const { ssh } = location.upstream;
    if (ssh !== undefined && this.#ssh !== undefined) {
      const told = this.#gates.ask(location.upstream.host);
      return this.#ssh.open(location, ssh, { service, gitProtocol, signal, told });
    }
    const { access } = services[service];
    const found = await this.http.find(location, {
      ...{ service, gitProtocol, authorization, allows, signal },
      operatorProof: ({ upstream, segments }) =>
        operatorProof(credentials, {
          ...{ upstream: upstream.origin, repository: segments.join('/'), access, user },
        }),
    });
    if ('kind' in found) return found;
    const running = new UpstreamService({
      ...{ service, found, onError },
      host: location.upstream.host,
      maxNegotiation: limits.maxNegotiation,
    });
    void running.exited.then(() => {
      found.leave();
    });
    return running;
  }

  /** See `Backends.batch`. */
  async batch(place: UpstreamPlace, request: BatchRequest): Promise<BatchAnswer | Refusal> {
    const { host, ssh } = place.location.upstream;
    if (ssh !== undefined) {
      return refusal(
        closeCodes.forbidden,
        `${host} is reached over ssh, where no large files are.`,
      );
    }
    const leave = await this.enter(place);
    if (typeof leave !== 'function') return leave;
    try {
      return await this.http.batch(place.location, request, place.authorization);
    } finally {
      leave();
    }
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([this.http.close(), this.#ssh?.close()]);
  }
}
