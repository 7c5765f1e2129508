/**
 * The built command in a process of its own, for tests that measure or kill a server. What still
 * runs is ended with the file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.js';

/** Path of the built command. */
export const command = fileURLToPath(new URL('../../dist/bin/gitws.js', import.meta.url));

/** A command that runs, or has run. */
export interface CommandProcess {
  readonly child: ChildProcess;
  /** Everything so far. */
  readonly output: { stdout: string; stderr: string };
  /** Its exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
}

const running = new Set<ChildProcess>();

atEnd(async () => {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
});

/** Runs `gitws` with these arguments. */
export function runCommand(args: readonly string[], env = process.env): CommandProcess {
  const child = spawn(process.execPath, [command, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const exited = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(signal ?? code ?? -1);
    });
  });
  return { child, output, exited };
}

/** A server in a process of its own. */
export interface ServeProcess extends CommandProcess {
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
  const { child, output, exited } = started;
  const ended = exited.then((code) => {
    throw new Error(`gitws serve ended with ${code}: ${output.stderr}`);
  });
  let url: string | undefined;
  while (url === undefined) {
    await Promise.race([once(child.stdout ?? child, 'data'), ended]);
    url = /^gitws listening on (\S+)\n/.exec(output.stdout)?.[1];
  }
  ended.catch(() => undefined);
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
