/** How fetch and push reach the server of a repository: all that they need of what carries them there. */
import type { GitService } from '../tunnel/machine/request-target.js';
import { repositoryEndpoint } from '../tunnel/client/endpoint.js';
import { keptConnections } from '../tunnel/client/kept-connections.js';
import { wayTo } from './gateway.js';
import { readAdvertisement, type ReadAdvertisement } from './advertisement.js';
import type { InterruptedFetch } from './fetch/kept-fetch.js';
import { ServiceRun, type RunSettings, type RunTarget } from './service-run.js';

/** A run of a git service, and what it has said first. */
export interface AdvertisedRun extends ReadAdvertisement {
  readonly run: ServiceRun;
  /** Where another page or process had it before: what was asked, and how much has come. */
  readonly interrupted?: InterruptedFetch | undefined;
}

/** How a service is run. */
export interface RunHow {
  /** What ssh would pass as GIT_PROTOCOL; default: version 0. */
  readonly gitProtocol?: string | undefined;
  /** Ends the run, beside what ends the command. */
  readonly signal?: AbortSignal | undefined;
  /** What it is asked before it has said anything: see {@link Connection.takesInput}. */
  readonly input?: string | undefined;
}

/** A way to one repository on a server. */
export interface Connection {
  /**
   * Whether there is a connection whose next run brings its input along, so that the answer comes after one
   * round trip: upload-pack is then also asked for refs by their names (`want-ref`). Default: none.
   */
  takesInput?(): boolean;
  /**
   * Runs a service and reads what it says first. Asked again where a session was lost before anything
   * had come of it.
   *
   * @throws GitWsError REFUSED, CONNECTION_FAILED, CONNECTION_LOST, and what else `openChannel` and
   *   {@link readAdvertisement} throw.
   */
  open(service: GitService, how?: RunHow): Promise<AdvertisedRun>;
}

/**
 * @param target what to run, and where.
 * @param settings those of the client.
 * @param signal ends the run.
 * @throws as {@link Connection.open}.
 */
export async function openAdvertised(
  target: RunTarget,
  settings: RunSettings,
  signal: AbortSignal | undefined,
): Promise<AdvertisedRun> {
  const run = await ServiceRun.open(target, settings, signal);
  return { run, ...(await readAdvertisement(run)) };
}

/** @returns see {@link Connection.takesInput}. @throws GitWsError INVALID_URL */
export function takesInput(repository: string, settings: RunSettings): boolean {
  if (settings.keepAlive === 0) return false;
  const way = wayTo(repository, undefined, settings.gateway);
  const endpoint = repositoryEndpoint(way.repository, 'git-upload-pack');
  return keptConnections.takesInput({
    repository: endpoint.repository,
    WebSocket: settings.WebSocket,
  });
}

/**
 * @param repository its URL.
 * @param settings what its connections are made with.
 */
export function connectionTo(repository: string, settings: RunSettings): Connection {
  return {
    open: (service, { gitProtocol, signal, input } = {}) =>
      openAdvertised(
        { repository, service, gitProtocol, input, authorization: undefined },
        settings,
        signal,
      ),
  };
}
