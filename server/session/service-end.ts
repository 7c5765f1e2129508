/** What runs for a session, and its end: the same for a session of gitws.v1 and for a raw pipe. */
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import type { Service } from '../backend/service.js';
import type { ServiceOutput } from './output.js';

/** A service that runs. */
export interface RunningService {
  readonly service: GitService;
  readonly running: Service;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

/**
 * Waits for the end of a service and of its output, and until nothing of it is left behind.
 *
 * @returns how it ended. Never rejects.
 */
export async function serviceEnd(running: Service, output: ServiceOutput): Promise<ExitStatus> {
  const status = await output.exit;
  await running.tidied;
  return status;
}
