/** Scripts of Node in processes of their own. What still runs is ended with the file. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { atEnd } from './at-end.js';

/** A script that runs, or has run. */
export interface NodeProcess {
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

/** @param where its environment and directory: default, those of the tests. */
export function runScript(
  script: string,
  args: readonly string[],
  where: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string | undefined } = {},
): NodeProcess {
  const child = spawn(process.execPath, [script, ...args], {
    ...where,
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

/**
 * Waits until a script has printed something.
 *
 * @param looked for in all of its stdout.
 * @returns the first group of it.
 * @throws Error with its stderr, where it ends without.
 */
export async function printed(
  { child, output, exited }: NodeProcess,
  looked: RegExp,
): Promise<string> {
  const ended = exited.then((code) => {
    throw new Error(`${child.spawnargs.join(' ')} ended with ${code}: ${output.stderr}`);
  });
  ended.catch(() => undefined);
  for (;;) {
    const found = looked.exec(output.stdout)?.[1];
    if (found !== undefined) return found;
    await Promise.race([once(child.stdout ?? child, 'data'), ended]);
  }
}
