/**
 * Which processes run in a directory: to find the git that a server started, and to see that none
 * is left. Linux: read from /proc, so that nothing of the server's own bookkeeping is believed.
 */
import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process that runs. */
export interface RunningProcess {
  readonly pid: number;
  /** Its arguments, joined by spaces; of git without its settings, which name hooks and more. */
  readonly command: string;
  /** All of its arguments. */
  readonly argv: readonly string[];
}

/** Processes whose working directory is `directory` or below it; dead ones nobody reaped excluded. */
export async function processesIn(directory: string): Promise<RunningProcess[]> {
  const found: RunningProcess[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const cwd = await readlink(`/proc/${name}/cwd`);
      if (cwd !== directory && !cwd.startsWith(`${directory}/`)) continue;
      const status = await readFile(`/proc/${name}/status`, 'utf8');
      if (/^State:\s+[ZX]/m.test(status)) continue;
      const argv = (await readFile(`/proc/${name}/cmdline`, 'utf8')).split('\0').slice(0, -1);
      found.push({ pid: Number(name), command: withoutSettings(argv).join(' '), argv });
    } catch {
      // It ended meanwhile, or is not ours to look at.
    }
  }
  return found;
}

function withoutSettings(words: readonly string[]): readonly string[] {
  if (!/(^|\/)git$/.test(words[0] ?? '')) return words;
  return words.filter((word, index) => word !== '-c' && words[index - 1] !== '-c');
}

/** Looks again and again until `condition` holds; a test's own time limit ends a vain wait. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Waits for a process in `directory` whose command contains `words`. @returns its id. */
export async function processRunning(directory: string, words: string): Promise<number> {
  let pid: number | undefined;
  await eventually(async () => {
    const running = await processesIn(directory);
    pid = running.find(({ command }) => command.includes(words))?.pid;
    return pid !== undefined;
  });
  return pid ?? 0;
}

/** Kills every process in `directory`, those that begin meanwhile, too. */
export async function killAllIn(directory: string): Promise<void> {
  await eventually(async () => {
    const running = await processesIn(directory);
    for (const { pid } of running) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        // It has ended by itself in between.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return running.length === 0;
  });
}

/** Waits until no process is left in `directory`. */
export async function noProcessIn(directory: string): Promise<void> {
  await eventually(async () => (await processesIn(directory)).length === 0);
}
