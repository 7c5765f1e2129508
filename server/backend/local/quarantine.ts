/**
 * The directory that receive-pack unpacks into before its hooks have agreed. receive-pack removes
 * it however it ends, but for SIGKILL: then it would stay in the repository for ever. Which of
 * several is this process's own is learnt from the environment of what it started, while it runs;
 * where that cannot be read (only Linux shows it), nothing is ever removed.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * When a running receive-pack is looked at, in ms from its last input on, until its quarantine is
 * known. It makes one when it has read the head of a pack, so without input there is nothing to look
 * for. What was begun and killed, all of it and by somebody else, between two looks is left behind.
 */
export const lookTimes = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400] as const;

/** Finds the quarantine of a process. @returns undefined where it has none yet. */
export type FindQuarantine = (pid: number, gitDir: string) => Promise<string | undefined>;

/** The quarantine of one receive-pack. */
export class Quarantine {
  readonly #pid: number;
  readonly #gitDir: string;
  readonly #find: FindQuarantine;
  #path: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many looks there were since the last input. */
  #looks = 0;
  #looking = false;
  #stopped = false;

  /**
   * @param pid of a receive-pack that runs; {@link stop} must be called when it has ended.
   * @param gitDir absolute real path of the repository.
   */
  constructor(pid: number, gitDir: string, find: FindQuarantine = findQuarantine) {
    this.#pid = pid;
    this.#gitDir = gitDir;
    this.#find = find;
  }

  /** The process is given input: it may make its quarantine soon. */
  expect(): void {
    this.#looks = 0;
    if (this.#timer === undefined && !this.#looking) this.#lookLater();
  }

  /**
   * Looks at once, at all of the process's group: to be called before a signal ends it, and when one
   * has ended its leader alone.
   */
  lookNow(): void {
    this.#path ??= findInGroup(this.#pid, this.#gitDir);
  }

  /** The process has ended: its number may be another's from now on. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Removes what is left of it; to be called when no process of the group is left. */
  async remove(): Promise<void> {
    if (this.#path === undefined) return;
    await rm(this.#path, { recursive: true, force: true });
  }

  #lookLater(): void {
    const time = lookTimes[this.#looks];
    if (time === undefined || this.#path !== undefined || this.#stopped) return;
    const before = lookTimes[this.#looks - 1] ?? 0;
    this.#looks += 1;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, time - before);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const path = await this.#find(this.#pid, this.#gitDir).catch(() => undefined);
    this.#looking = false;
    // What was read after the end may be about another process of that number.
    if (this.#stopped) return;
    this.#path ??= path;
    this.#lookLater();
  }
}

/** index-pack, unpack-objects and hooks are told by GIT_QUARANTINE_PATH (git-receive-pack(1)). */
async function findQuarantine(pid: number, gitDir: string): Promise<string | undefined> {
  const objects = await realpath(join(gitDir, 'objects'));
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
  for (const child of children.split(' ').filter((number) => number.trim() !== '')) {
    const environment = await readFile(`/proc/${child}/environ`, 'utf8').catch(() => '');
    const value = quarantineIn(environment);
    if (value === undefined) continue;
    const path = await realpath(value);
    if (isQuarantine(path, objects)) return path;
  }
  return undefined;
}

/** The same without waiting, in any process of a group. */
function findInGroup(group: number, gitDir: string): string | undefined {
  try {
    const objects = realpathSync(join(gitDir, 'objects'));
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => environmentIn(pid, group))
      .map(quarantineIn)
      .find((path) => path !== undefined && isQuarantine(realpathSync(path), objects));
  } catch {
    // No /proc here, or what was found is gone by now.
    return undefined;
  }
}

/** @returns the environment of a process; nothing where it is of another group, or gone. */
function environmentIn(pid: string, group: number): string {
  try {
    // proc_pid_stat(5): the name may hold anything, so from its closing parenthesis on.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '');
    const [, , member] = stat.split(' ');
    return Number(member) === group ? readFileSync(`/proc/${pid}/environ`, 'utf8') : '';
  } catch {
    return '';
  }
}

function quarantineIn(environment: string): string | undefined {
  const variable = 'GIT_QUARANTINE_PATH=';
  const entry = environment.split('\0').find((one) => one.startsWith(variable));
  return entry?.slice(variable.length);
}

function isQuarantine(path: string, objects: string): boolean {
  return dirname(path) === objects && /^(tmp_objdir-)?incoming-/.test(basename(path));
}
