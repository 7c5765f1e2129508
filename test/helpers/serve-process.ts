/** The built command in a process of its own, for tests that measure or kill a server. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printed, runScript, type NodeProcess } from './node-process.js';

/** Path of the built command. */
export const command = fileURLToPath(new URL('../../dist/bin/gitws.js', import.meta.url));

/** Runs `gitws` with these arguments. */
export function runCommand(args: readonly string[], env = process.env): NodeProcess {
  return runScript(command, args, { env });
}

/** A server in a process of its own. */
export interface ServeProcess extends NodeProcess {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  /** Ends it as a terminal would, and waits. @returns its exit code or signal. */
  end(): Promise<number | string>;
  /** Memory that it occupies now, in bytes (Linux). */
  memory(): Promise<number>;
}

/** Runs `gitws serve` on a free port, and waits until it listens. */
export async function serveProcess(
  root: string,
  ...options: readonly string[]
): Promise<ServeProcess> {
  const started = runCommand(['serve', root, '--port', '0', ...options]);
  const { child, exited } = started;
  const url = await printed(started, /^gitws listening on (\S+)\n/);
  const pid = child.pid ?? 0;
  return {
    ...started,
    url,
    pid,
    end() {
      child.kill('SIGTERM');
      return exited;
    },
    async memory() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
    },
  };
}
