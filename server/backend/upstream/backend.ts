/** Runs services of repositories on upstreams, over git's smart HTTP. */
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import type { Limits } from '../../limits/limits.js';
import type { GitOptions } from '../../git/preparation.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import { services } from '../../services.js';
import type { UpstreamPlace } from '../place.js';
import type { Backend, Service, ServiceRequest } from '../service.js';
import type { Lookup } from './pool.js';
import { SmartHttp } from './smart-http.js';
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
  /** How names become addresses; default: the system's way. */
  readonly lookup?: Lookup | undefined;
  /** Told why an upstream could not be reached, or what broke off. */
  readonly onError: (error: unknown) => void;
}

/** That of one server. */
export class UpstreamBackend implements Backend<UpstreamPlace> {
  readonly #options: UpstreamBackendOptions;
  readonly #http: SmartHttp;

  constructor(options: UpstreamBackendOptions) {
    this.#options = options;
    const { upstreams, limits, lookup, onError } = options;
    const { upstreamConnectTime: connectTime, upstreamSilence: silence } = limits;
    this.#http = new SmartHttp(upstreams, { connectTime, silence, lookup }, onError);
  }

  async open(
    { service, place, gitProtocol, user, name }: ServiceRequest<UpstreamPlace>,
    signal: AbortSignal,
  ): Promise<Service | Refusal> {
    const { limits, onError, protectedRefs } = this.#options;
    if (services[service].access === 'write') {
      const rules = await protectedRefs?.(user, name);
      // Only hooks can enforce them, and there are none elsewhere.
      if (rules !== undefined && rules.protections.length > 0) {
        return refusal(closeCodes.forbidden, protectedElsewhere, user ?? undefined);
      }
    }
    const { location, authorization, allows } = place;
    const asked = { service, gitProtocol, authorization, allows, signal };
    const found = await this.#http.find(location, asked);
    if ('kind' in found) return found;
    return new UpstreamService({
      ...{ service, found, onError },
      host: location.upstream.host,
      maxNegotiation: limits.maxNegotiation,
    });
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return this.#http.close();
  }
}
