/**
 * Tells whether anybody is left who reads what this process writes to its stdout. Where git was
 * killed, a write would fail, but a service that says nothing but words for a person causes none.
 * A git that lives on and has closed its end has all that it wanted, and waits for this process's
 * exit code: it counts as there. Linux tells who holds which end of a pipe; elsewhere, and of
 * anything but a pipe, nothing is known, and the reader counts as there.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Time between two looks, in ms: git's user has long gone on. */
const interval = 1_000;

/** Processes above this one that are looked at: git, a git that it runs, a shell between them. */
const generations = 4;

/**
 * Looks from time to time. To be called while git is there for certain.
 *
 * @param onGone called at each look that finds none of the ancestors alive that could read stdout,
 *   with the time since the first such look, in ms.
 * @returns a function that ends the looking.
 */
export function watchReader(onGone: (since: number) => void): () => void {
  const pipe = linkOf('/proc/self/fd/1');
  if (pipe?.startsWith('pipe:') !== true) return () => undefined;
  const readers = ancestors().filter(({ pid }) => canRead(pid, pipe));
  if (readers.length === 0) return () => undefined;
  let gone: number | undefined;
  const timer = setInterval(() => {
    if (readers.some(lives)) return;
    gone ??= performance.now();
    onGone(performance.now() - gone);
  }, interval);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** What proc(5) says of a process in `/proc/<pid>/stat`. */
interface ProcessStat {
  readonly pid: number;
  /** `Z` where it has ended and nobody has taken note yet. */
  readonly state: string;
  readonly parent: number;
  /** When it started, in clock ticks since the system did: a number that is used again tells itself. */
  readonly started: string;
}

function ancestors(): ProcessStat[] {
  const found: ProcessStat[] = [];
  for (let pid = process.ppid; pid > 1 && found.length < generations;) {
    const stat = statOf(pid);
    if (stat === undefined) break;
    found.push(stat);
    pid = stat.parent;
  }
  return found;
}

function statOf(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is a name in brackets, which may hold anything. The state is the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent = '0'] = fields;
  return { pid, state, parent: Number(parent), started: fields[22 - 3] ?? '' };
}

function lives({ pid, started }: ProcessStat): boolean {
  const stat = statOf(pid);
  return stat?.started === started && !/^[ZX]$/i.test(stat.state);
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
