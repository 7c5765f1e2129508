/**
 * Descriptors that this process may still open. Starting a process with too few of them fails in the
 * middle, and Node then leaves its own ends of the pipes open for good (seen with Node 20.20): so what
 * a process needs is looked for before.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * What starting a process takes: a pair for each of its three streams, another for how its start
 * went; and what the threads that look after files may open meanwhile.
 */
const forProcess = 16;

/** @throws Error with the system's code (EMFILE, ENFILE) where a process cannot be started. */
export function requireDescriptorsForProcess(): void {
  const opened: number[] = [];
  try {
    while (opened.length < forProcess) opened.push(openSync(devNull, 'r'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const error = new Error('too few descriptors are left to start git', { cause });
    throw Object.assign(error, { code });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** @returns how many this process may open, where the system says so (Linux); else Infinity. */
export function descriptorLimit(): number {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Another system.
    return Infinity;
  }
  const [, soft] = /^Max open files +(\d+)/m.exec(text) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
