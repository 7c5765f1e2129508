/** The descriptors of another process: how many are open, and how many more it may open (Linux). */
import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { eventually } from './processes.js';

const run = promisify(execFile);

/** How many are open. */
export async function openDescriptors(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** How many sockets are open. */
export async function openSockets(pid: number): Promise<number> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith('socket:')).length;
}

/**
 * Lets it open `free` more, and no others.
 *
 * @param idle how many are open when it does nothing: what it does by and by, such as looking after a
 *   repository that was pushed to, opens some for a moment, which would be free soon after.
 */
export async function leaveDescriptors(pid: number, free: number, idle: number): Promise<void> {
  let taken = new Set<number>();
  await eventually(async () => {
    taken = new Set((await readdir(`/proc/${pid}/fd`)).map(Number));
    return taken.size === idle;
  });
  // A descriptor is the lowest number that is free, and has to be below the limit.
  let limit = 0;
  for (let left = free; left > 0 || taken.has(limit); limit += 1) {
    if (!taken.has(limit)) left -= 1;
  }
  await allowDescriptors(pid, limit);
}

/** Sets the limit itself (RLIMIT_NOFILE, the soft one). */
export async function allowDescriptors(pid: number, limit: number): Promise<void> {
  await run('prlimit', [`--pid=${pid}`, `--nofile=${limit}:`]);
}
