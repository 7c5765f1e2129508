/** All mirrors of a cache, and how much of the disk they may take: those used longest ago go first. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheDirectory } from './directory.js';
import { Mirror } from './mirror.js';

/** What {@link MirrorStore} works with. */
export interface StoreOptions {
  readonly directory: CacheDirectory;
  /** Most that all of them may take, in bytes. */
  readonly size: number;
  /** Most that there may be. */
  readonly count: number;
  /** Told of what could not be removed. */
  readonly onError: (error: unknown) => void;
}

/** Those of one cache. */
export class MirrorStore {
  readonly #options: StoreOptions;
  /** By their keys, the one used longest ago first. */
  readonly #mirrors = new Map<string, Mirror>();
  /** Those that are dropped, and not removed yet. */
  readonly #leaving = new Set<Mirror>();
  readonly #removals = new Set<Promise<void>>();
  /** What fetches have received that are under way, in bytes. */
  #arriving = 0;

  private constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Finds what a process before this one has left; what it was changing when it ended is removed. */
  static async open(options: StoreOptions): Promise<MirrorStore> {
    const store = new MirrorStore(options);
    const { mirrors } = options.directory;
    const found: Mirror[] = [];
    for (const name of await readdir(mirrors)) {
      const [key = ''] = name.split('.');
      const mirror = new Mirror(join(mirrors, name), key);
      // What cannot be looked at is of no use, either.
      if (await mirror.load().catch(() => false)) found.push(mirror);
      else store.#remove(mirror);
    }
    found.sort((one, other) => one.seen - other.seen);
    for (const mirror of found) {
      const older = store.#mirrors.get(mirror.key);
      if (older !== undefined) store.drop(older);
      store.#mirrors.set(mirror.key, mirror);
    }
    store.makeRoom();
    return store;
  }

  /** @returns the mirror; used a moment ago from now on. */
  find(key: string): Mirror | undefined {
    const mirror = this.#mirrors.get(key);
    if (mirror === undefined) return undefined;
    this.#mirrors.delete(key);
    this.#mirrors.set(key, mirror);
    return mirror;
  }

  /** @returns the mirror in this directory, whether it is to be used or not. */
  at(gitDir: string): Mirror | undefined {
    return [...this.#mirrors.values()].find((mirror) => mirror.gitDir === gitDir);
  }

  /** @returns a new directory to make a mirror in. */
  directoryToMakeIn(): Promise<string> {
    // Defence: a mirror is where it is looked for only when it is whole.
    return mkdtemp(join(this.#options.directory.making, 'new-'));
  }

  /** @param made absolute path of a repository that is whole. */
  async add(key: string, made: string): Promise<Mirror> {
    // One that was here before may be read still.
    const name = `${key}.${randomBytes(4).toString('hex')}`;
    await new Mirror(made, key).see();
    const gitDir = join(this.#options.directory.mirrors, name);
    await rename(made, gitDir);
    const mirror = new Mirror(gitDir, key);
    if (!(await mirror.load())) throw new Error(`${gitDir} is not what was made.`);
    this.#mirrors.set(key, mirror);
    return mirror;
  }

  /** It is to be used no more; it goes when nobody reads from it and nothing changes it. */
  drop(mirror: Mirror): void {
    if (mirror.dropped) return;
    mirror.dropped = true;
    this.#mirrors.delete(mirror.key);
    this.#leaving.add(mirror);
    if (!isFree(mirror)) this.#track(mirror.forget());
    this.release(mirror);
  }

  /**
   * Keeps a mirror where it is, for whoever uses it.
   *
   * @returns to be called when that is over; undefined where it is not to be used any more.
   */
  hold(mirror: Mirror): (() => void) | undefined {
    if (mirror.dropped) return undefined;
    mirror.uses += 1;
    return () => {
      mirror.uses -= 1;
      this.release(mirror);
    };
  }

  /** To be called when somebody has left a mirror alone: it may have waited for that. */
  release(mirror: Mirror): void {
    if (mirror.dropped && this.#leaving.has(mirror) && isFree(mirror)) {
      this.#leaving.delete(mirror);
      this.#remove(mirror);
    }
  }

  /** @param bytes more, or less, that fetches under way have received. */
  arrive(bytes: number): void {
    this.#arriving += bytes;
  }

  /** Removes what is too much. @returns whether there is room then. */
  makeRoom(): boolean {
    const { size, count } = this.#options;
    const isTooMuch = (): boolean => this.size > size || this.#mirrors.size > count;
    for (const mirror of this.#mirrors.values()) {
      if (!isTooMuch()) return true;
      // Defence: a cache has a largest size.
      if (isFree(mirror)) this.drop(mirror);
    }
    return !isTooMuch();
  }

  /** What all of it takes, in bytes: what is being removed is counted as gone. */
  get size(): number {
    return [...this.#mirrors.values(), ...this.#leaving].reduce(
      (sum, { size }) => sum + size,
      this.#arriving,
    );
  }

  /** Resolves when what was to be removed is. */
  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  #remove({ gitDir, key }: Mirror): void {
    this.#track(removeAside(gitDir, join(this.#options.directory.making, `old-${key}`)));
  }

  #track(work: Promise<void>): void {
    const removal = work.catch(this.#options.onError).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}

/** Whether nobody reads from it, and nothing changes it. */
function isFree({ uses, changing }: Mirror): boolean {
  return uses === 0 && !changing;
}

/** Whoever looks for it in between finds nothing, rather than a part. */
async function removeAside(path: string, aside: string): Promise<void> {
  const place = await mkdtemp(aside);
  await rename(path, join(place, 'repository'));
  await rm(place, { recursive: true, force: true });
}
