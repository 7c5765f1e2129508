/**
 * What `npm start` runs, as built, in a process of its own. What still runs is ended with the file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atEnd } from '../helpers/at-end.js';

const script = fileURLToPath(new URL('../../dist/demo-server/start.js', import.meta.url));
const running = new Set<ChildProcess>();

atEnd(async () => {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
});

/** A start that runs, or has run. */
export interface Start {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  /** Its exit code, or the name of the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** Runs it. @param env put on top of the test's own. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd?: string,
): Start {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    cwd,
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

/** Runs it, and waits for the address that it prints. @param data its folder for the sample. */
export async function startDemo(
  data: string,
  ...args: readonly string[]
): Promise<Start & { readonly url: string }> {
  const started = start(['--port', '0', ...args], { GITWS_DATA: data });
  const { child, output, exited } = started;
  const ended = exited.then((code) => {
    throw new Error(`The start ended with ${code}: ${output.stderr}`);
  });
  ended.catch(() => undefined);
  let url: string | undefined;
  while (url === undefined) {
    await Promise.race([once(child.stdout ?? child, 'data'), ended]);
    url = /^gitws demo at (\S+)\n/m.exec(output.stdout)?.[1];
  }
  return { ...started, url };
}
