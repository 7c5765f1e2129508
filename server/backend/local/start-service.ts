/** From an upgrade that passed every check to a running service whose words are fit for its client. */
import type { Preparation } from '../../preparation.js';
import { serviceText, type ServiceText } from '../../service-text.js';
import { spawnService, type ServiceProcess } from './spawn.js';
import type { Admission } from '../../upgrade.js';

/** A service that runs, and what stands between it and its client. */
export interface StartedService {
  readonly child: ServiceProcess;
  readonly text: ServiceText;
}

/**
 * @param root the directory of repositories as it was configured.
 * @throws what {@link Preparation.settingsFor} and {@link spawnService} throw.
 */
export async function startService(
  { service, gitProtocol, repository, user, name, address }: Admission,
  preparation: Preparation,
  root: string,
): Promise<StartedService> {
  const { gitDir } = repository;
  const asked = { service, gitProtocol, gitDir, user, name, remoteAddress: address };
  const { hooks, included, release, ...settings } = await preparation.settingsFor(asked);
  // What cannot be removed now goes with the directory of all hooks, when the server closes.
  const tidy = (): void => void release?.().catch(() => undefined);
  try {
    const text = await serviceText({ repository, name, root, hooks, included }, service);
    const child = await spawnService({ service, gitDir, ...settings });
    void child.exited.then(tidy);
    return { child, text };
  } catch (error) {
    tidy();
    throw error;
  }
}
