/** How fetch and push reach the server of a repository: all that they need of what carries them there. */
import type { GitService } from '../tunnel/machine/request-target.js';
import { readAdvertisement, type ReadAdvertisement } from './advertisement.js';
import type { InterruptedFetch } from './fetch/kept-fetch.js';
import { ServiceRun, type RunSettings, type RunTarget } from './service-run.js';

/** A run of a git service, and what it has said first. */
export interface AdvertisedRun extends ReadAdvertisement {
  readonly run: ServiceRun;
  /** Where another page or process had it before: what was asked, and how much has come. */
  readonly interrupted?: InterruptedFetch | undefined;
}

/** A way to one repository on a server. */
export interface Connection {
  /**
   * Runs a service and reads what it says first. Asked again where a session was lost before anything
   * had come of it.
   *
   * @param gitProtocol what ssh would pass as GIT_PROTOCOL; default: version 0.
   * @param signal ends the run, beside what ends the command.
   * @throws GitWsError REFUSED, CONNECTION_FAILED, CONNECTION_LOST, and what else `openChannel` and
   *   {@link readAdvertisement} throw.
   */
  open(service: GitService, gitProtocol?: string, signal?: AbortSignal): Promise<AdvertisedRun>;
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

/**
 * @param repository its URL.
 * @param settings what its connections are made with.
 */
export function connectionTo(repository: string, settings: RunSettings): Connection {
  return {
    open: (service, gitProtocol, signal) =>
      openAdvertised(
        { repository, service, gitProtocol, authorization: undefined },
        settings,
        signal,
      ),
  };
}
