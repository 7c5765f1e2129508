/**
 * The directory that receive-pack unpacks into before its hooks have agreed. receive-pack removes
 * it however it ends, but for SIGKILL: then it would stay in the repository for ever. Which of
 * several is this process's own is learnt from the environment of what it started, while it runs;
 * where that cannot be read (only Linux shows it), nothing is ever removed.
 */
import { readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How often a running receive-pack is looked at until its quarantine is known, in ms. */
const lookInterval = 50;

/** The quarantine of one receive-pack. */
export class Quarantine {
  readonly #pid: number;
  readonly #gitDir: string;
  #path: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  /**
   * @param pid of a receive-pack that runs; {@link stop} must be called when it has ended.
   * @param gitDir absolute real path of the repository.
   */
  constructor(pid: number, gitDir: string) {
    this.#pid = pid;
    this.#gitDir = gitDir;
    this.#lookLater();
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
    this.#timer = setTimeout(() => {
      void this.#look();
    }, lookInterval);
  }

  async #look(): Promise<void> {
    const path = await findQuarantine(this.#pid, this.#gitDir).catch(() => undefined);
    // What was read after the end may be about another process of that number.
    if (this.#stopped) return;
    this.#path = path;
    if (path === undefined) this.#lookLater();
  }
}

/** index-pack, unpack-objects and hooks are told by GIT_QUARANTINE_PATH (git-receive-pack(1)). */
async function findQuarantine(pid: number, gitDir: string): Promise<string | undefined> {
  const objects = await realpath(join(gitDir, 'objects'));
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1');
  for (const child of children.split(' ').filter((number) => number.trim() !== '')) {
    const environment = await readFile(`/proc/${child}/environ`, 'utf8').catch(() => '');
    const variable = 'GIT_QUARANTINE_PATH=';
    const entry = environment.split('\0').find((one) => one.startsWith(variable));
    if (entry === undefined) continue;
    const path = await realpath(entry.slice(variable.length));
    if (dirname(path) === objects && /^(tmp_objdir-)?incoming-/.test(basename(path))) return path;
  }
  return undefined;
}
