/**
 * Starts ssh(1): no shell on this side, a process group of its own, and an environment of three
 * variables. No agent, no home and no display is in it.
 */
import { spawn } from 'node:child_process';
import { requireDescriptorsForProcess } from '../../../base/descriptors.js';
import { ServiceProcess } from '../../local/spawn.js';

/** What to run where. */
export interface SshOptions {
  readonly args: readonly string[];
  readonly cwd: string;
  /** `version=0`, `version=1` or `version=2`. */
  readonly gitProtocol?: string | undefined;
}

/** @throws the system's error where it cannot be started (ENOENT: no ssh; EAGAIN: too many). */
export async function spawnSsh({ args, cwd, gitProtocol }: SshOptions): Promise<ServiceProcess> {
  const { PATH } = process.env;
  requireDescriptorsForProcess();
  const child = spawn('ssh', args, {
    cwd,
    env: {
      // What it says is read by this server.
      LC_ALL: 'C.UTF-8',
      ...(PATH === undefined ? {} : { PATH }),
      ...(gitProtocol === undefined ? {} : { GIT_PROTOCOL: gitProtocol }),
    },
    shell: false,
    // A Ctrl-C for the server is not one for a push under way.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return new ServiceProcess(child, { stdin, stdout, stderr });
}
