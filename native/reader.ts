/**
 * Tells whether anybody is left who reads what this process writes to its stdout. Where git was
 * killed, a write would fail, but a service that says nothing but words for a person causes none.
 * Linux tells who holds which end of a pipe; elsewhere, and of anything but a pipe, nothing is known,
 * and the reader counts as there.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Time between two looks, in ms: git's user has long gone on. */
const interval = 1_000;

/** Processes above this one that are looked at: git, a git that it runs, a shell between them. */
const generations = 4;

/**
 * Looks from time to time. To be called while git is there for certain.
 *
 * @param onGone called at each look that finds no ancestor any more that could read stdout, with the
 *   time since the first such look, in ms.
 * @returns a function that ends the looking.
 */
export function watchReader(onGone: (since: number) => void): () => void {
  const pipe = linkOf('/proc/self/fd/1');
  if (pipe?.startsWith('pipe:') !== true) return () => undefined;
  const readers = ancestors().filter((pid) => canRead(pid, pipe));
  if (readers.length === 0) return () => undefined;
  let gone: number | undefined;
  const timer = setInterval(() => {
    if (readers.some((pid) => canRead(pid, pipe))) return;
    gone ??= performance.now();
    onGone(performance.now() - gone);
  }, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

function ancestors(): number[] {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1 && pids.length < generations; pid = parentOf(pid)) {
    pids.push(pid);
  }
  return pids;
}

/** Of proc(5): behind the name in brackets, which may hold anything, the state and the parent. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2]);
  } catch {
    return 0;
  }
}

/** Whether a process holds the end of a pipe that is read: its links there can be read, by their mode. */
function canRead(pid: number, pipe: string): boolean {
  const directory = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    // It has ended, or is another user's.
    return false;
  }
  return names.some((name) => {
    const path = `${directory}/${name}`;
    if (linkOf(path) !== pipe) return false;
    return ((lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o400) !== 0;
  });
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
