/** Runs services of repositories on this machine: real git, a process each. */
import { SlabPool } from '../../base/slabs.js';
import { serviceText } from '../../text/service-text.js';
import type { Preparation } from '../../git/preparation.js';
import type { LocalPlace } from '../place.js';
import type { Backend, Service, ServiceRequest } from '../service.js';
import { cgiEnvironment } from './cgi.js';
import { LocalService } from './local-service.js';
import { spawnService } from './spawn.js';

/** What {@link LocalBackend} works with. */
export interface LocalBackendOptions {
  readonly preparation: Preparation;
  /** The directory of repositories as it was configured. */
  readonly root: string;
  /** Time from SIGTERM to SIGKILL for what a service leaves behind, in ms. */
  readonly killTime: number;
  /** Told of what should not happen. */
  readonly onError: (error: unknown) => void;
}

/** That of one server. */
export class LocalBackend implements Backend<LocalPlace> {
  readonly #options: LocalBackendOptions;
  readonly #slabs = new SlabPool();

  constructor(options: LocalBackendOptions) {
    this.#options = options;
  }

  /** @throws what {@link Preparation.settingsFor} and {@link spawnService} throw. */
  async open(request: ServiceRequest<LocalPlace>): Promise<Service> {
    const { service, gitProtocol, place, user, name, address, http, hasInput } = request;
    const { preparation, root, killTime, onError } = this.#options;
    const { repository } = place;
    const { gitDir } = repository;
    const asked = { service, gitProtocol, gitDir, user, name, remoteAddress: address, hasInput };
    const { hooks, included, release, ...settings } = await preparation.settingsFor(asked);
    // What cannot be removed now goes with the directory of all hooks, when the server closes.
    const tidy = (): void => void release?.().catch(() => undefined);
    try {
      const text = await serviceText({ repository, name, root, hooks, included }, service);
      const child = await spawnService({
        ...{ service, gitDir, config: settings.config, slabs: this.#slabs },
        ...(http === undefined
          ? { environment: settings.environment }
          : {
              command: ['http-backend'],
              environment: {
                ...settings.environment,
                ...cgiEnvironment(service, gitDir, http, user?.name ?? null),
              },
            }),
      });
      void child.exited.then(tidy);
      const isHttp = http !== undefined;
      return new LocalService({ service, gitDir, child, text, killTime, isHttp, onError });
    } catch (error) {
      tidy();
      throw error;
    }
  }
}
