/**
 * How the process of a session is ended, and what is tidied up after it: the same for a session of
 * gitws.v1 and for a raw pipe.
 */
import type { GitService } from '../src/tunnel/machine/request-target.js';
import type { ExitStatus } from '../src/tunnel/machine/message.js';
import type { Limits } from './limits.js';
import type { ProcessOutput } from './output.js';
import { Quarantine } from './backend/local/quarantine.js';
import type { Repository } from './repository.js';
import type { Ending, ServiceProcess } from './backend/local/spawn.js';

/** A process that runs, and whose. */
export interface RunningService {
  readonly service: GitService;
  readonly repository: Repository;
  readonly child: ServiceProcess;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

/** How a service is ended that nobody wants any more (docs/protocol.md, "How a session ends"). */
export function endingOf(service: GitService, limits: Limits): Ending {
  const { killDelayReceive, killDelayUpload, termDelayReceive } = limits;
  return service === 'git-receive-pack'
    ? { term: termDelayReceive, kill: killDelayReceive }
    : { term: 0, kill: killDelayUpload };
}

/**
 * Waits for the end of a process and of its output, and leaves nothing of it behind.
 *
 * @returns how it ended. Never rejects: what could not be tidied up is reported.
 */
export async function processEnd(
  running: RunningService,
  output: ProcessOutput,
  limits: Limits,
): Promise<ExitStatus> {
  const { service, repository, child } = running;
  const pushes = service === 'git-receive-pack';
  const quarantine = pushes ? new Quarantine(child.pid, repository.gitDir) : undefined;
  child.beforeInput = () => quarantine?.expect();
  child.beforeSignal = () => quarantine?.lookNow();
  const { signal } = await child.exited;
  quarantine?.stop();
  // What it started may be alive still.
  if (signal !== null) quarantine?.lookNow();
  // What is left of a group that lost its leader has nothing to do any more. A hook of a push that
  // went well may have left something in the background on purpose: that stays until the server
  // closes.
  if (!pushes || signal !== null) child.end({ term: 0, kill: limits.killDelayUpload });
  const status = await output.exit;
  if (quarantine !== undefined && signal !== null) {
    await child.gone;
    await quarantine.remove().catch((error: unknown) => {
      running.onError(error);
    });
  }
  return status;
}
