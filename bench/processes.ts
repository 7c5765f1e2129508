/**
 * CPU time and memory of other processes, from Linux's /proc. Elsewhere nothing is known, and the
 * columns stay empty.
 */
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';

/** Ticks of the times in /proc/<pid>/stat in a second: a constant of Linux's interface. */
const ticks = 100;

/** Whether the functions here have anything to say. */
export const canMeasure = existsSync('/proc/self/stat');

/** CPU time of one process, in seconds. */
export interface CpuTime {
  readonly own: number;
  /** Of children that ended and were waited for, and of theirs. */
  readonly children: number;
}

/** @returns zeros where the process is gone. */
export async function cpuTime(pid: number): Promise<CpuTime> {
  const line = await read(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces: fields are counted from its end (proc(5)).
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const seconds = (index: number): number => Number(fields[index] ?? 0) / ticks;
  return { own: seconds(11) + seconds(12), children: seconds(13) + seconds(14) };
}

/** CPU time of several processes that still run, in seconds. */
export async function cpuTimeOf(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(pids.map((pid) => cpuTime(pid)));
  return times.reduce((sum, { own, children }) => sum + own + children, 0);
}

/** @returns the most memory (RSS) that a process ever had, in bytes; 0 where it is gone. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await read(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** From now on {@link peakMemory} tells the most memory since now. */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}

/** All processes that `pid` started, and those that they started. */
export async function descendants(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(tasks.map((task) => read(`/proc/${pid}/task/${task}/children`)));
  const children = lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
  const below = await Promise.all(children.map((child) => descendants(child)));
  return [...children, ...below.flat()];
}

/** A process's arguments, joined by spaces. */
export async function commandLine(pid: number): Promise<string> {
  return (await read(`/proc/${pid}/cmdline`)).split('\0').join(' ');
}

/**
 * Watches a process and all that it starts for the most memory that each has.
 *
 * @returns stops watching; the sum of these peaks, in bytes. (All at once they may have had less.)
 */
export function watchMemory(pid: number): () => number {
  const peaks = new Map<number, number>();
  let watching = true;
  const look = async (): Promise<void> => {
    while (watching) {
      for (const each of [pid, ...(await descendants(pid))]) {
        peaks.set(each, Math.max(peaks.get(each) ?? 0, await peakMemory(each)));
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  if (canMeasure) void look();
  return () => {
    watching = false;
    return [...peaks.values()].reduce((sum, peak) => sum + peak, 0);
  };
}

async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
