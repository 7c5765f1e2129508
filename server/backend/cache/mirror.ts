/** One repository of an upstream, as it lies here. */
import { createHash } from 'node:crypto';
import { lstat, opendir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Capabilities } from '../../../src/wire/capabilities.js';
import { orAbsent } from '../../base/system-errors.js';
import { nameOf, type Location } from '../upstream/smart-http.js';
import type { RefState } from './ref-state.js';

/** Beside git's files: there while something changes it, so that a crash shows. */
const busyMark = 'gitws-busy';

/** And whose time says when it was last known to be as the upstream is. */
const seenMark = 'gitws-seen';

/** What no other repository has. It becomes a name in the cache, and says nothing. */
export function keyOf(location: Location): string {
  const { origin } = location.upstream;
  return createHash('sha256')
    .update(`${origin}\0${nameOf(location)}`)
    .digest('hex');
}

/** A mirror that is whole. */
export class Mirror {
  /** Absolute real path. */
  readonly gitDir: string;
  readonly key: string;
  /** What its refs are; undefined where that was not looked at yet. */
  state: RefState | undefined;
  /** What its upstream can do in protocol version 2; undefined where it does not, or nobody knows. */
  capabilities: Capabilities | undefined;
  /** When it was last as its upstream is, in ms since 1970. */
  seen = 0;
  /** On the disk, in bytes. */
  size = 0;
  packs = 0;
  /** Services that read from it. */
  uses = 0;
  /** Whether it is not to be used any more. */
  dropped = false;
  #changes = 0;

  constructor(gitDir: string, key: string) {
    this.gitDir = gitDir;
    this.key = key;
  }

  /** Whether something changes it. */
  get changing(): boolean {
    return this.#changes > 0;
  }

  /** Something begins to change it. @returns what is to be called when that is over. */
  async change(): Promise<() => Promise<void>> {
    this.#changes += 1;
    try {
      await writeFile(join(this.gitDir, busyMark), '');
    } catch (error) {
      this.#changes -= 1;
      throw error;
    }
    return async () => {
      if (this.#changes > 1) this.#changes -= 1;
      else {
        try {
          await this.#sweep();
          await this.measure();
          await rm(join(this.gitDir, busyMark), { force: true });
        } finally {
          this.#changes -= 1;
        }
      }
    };
  }

  /** It is as its upstream is. */
  async see(): Promise<void> {
    this.seen = Date.now();
    const time = new Date(this.seen);
    await writeFile(join(this.gitDir, seenMark), '');
    await utimes(join(this.gitDir, seenMark), time, time);
    // Meanwhile it may have become nobody's.
    if (this.dropped) await this.forget();
  }

  /** @returns whether it can be used: nothing was changing it when a process before this one ended. */
  async load(): Promise<boolean> {
    // Defence: what was being changed when a process ended is not used.
    if ((await orAbsent(lstat(join(this.gitDir, busyMark)))) !== undefined) return false;
    const seen = await orAbsent(stat(join(this.gitDir, seenMark)));
    if (seen === undefined) return false;
    this.seen = seen.mtimeMs;
    await this.measure();
    return true;
  }

  async measure(): Promise<void> {
    this.size = await sizeOf(this.gitDir);
    const names = await readdir(join(this.gitDir, 'objects/pack'));
    this.packs = names.filter((name) => name.endsWith('.pack')).length;
  }

  /** It is not known any more when it was as its upstream is: no process after this one uses it. */
  async forget(): Promise<void> {
    await rm(join(this.gitDir, seenMark), { force: true });
  }

  /** Removes what a git has left that did not come to its end. */
  async #sweep(): Promise<void> {
    const packs = join(this.gitDir, 'objects/pack');
    const names = await readdir(packs);
    const left = names.filter((name) => /^\.?tmp[-_]/.test(name));
    await Promise.all(left.map((name) => rm(join(packs, name), { force: true })));
  }
}

/** @returns what a directory takes of the disk, in bytes; what goes away meanwhile counts or not. */
async function sizeOf(directory: string): Promise<number> {
  let size = 0;
  for await (const entry of await opendir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) size += (await orAbsent(sizeOf(path))) ?? 0;
    else size += ((await orAbsent(lstat(path)))?.blocks ?? 0) * 512;
  }
  return size + 4096;
}
