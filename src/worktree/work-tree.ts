/** What lies in a working tree, held against the index and against what is to be there. */
import { blobOid } from '../repository/object-hash.js';
import type { IndexEntry, IndexStat } from '../repository/index-file.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import { modes, type TreeFile } from './tree-files.js';

/** The blob without content. */
const emptyBlob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';

/** What `lstat` says, as far as it is used. */
export interface FileStat {
  readonly mode?: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs?: number;
  readonly dev?: number;
  readonly ino?: number;
  readonly uid?: number;
  readonly gid?: number;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

/** What is at a path, seen from what is known about it. */
export type Found =
  /** Nothing. */
  | 'absent'
  /** What the index says: nobody has changed it. */
  | 'clean'
  /** What is to be there, already. */
  | 'done'
  /** Something else, which would be lost. */
  | 'changed'
  | 'directory';

/** What a repository's configuration says that its file system can be believed. */
export interface FileTrust {
  /** Whether it keeps executable bits (`core.filemode`). If not, a file has that which the index has. */
  readonly bits: boolean;
  /** Whether it has symbolic links (`core.symlinks`). If not, they are files with the target in them. */
  readonly links: boolean;
}

const fullTrust: FileTrust = { bits: true, links: true };

/** A working tree, looked at. Nothing is written here. */
export class WorkTree {
  readonly #fs: PromiseFileSystem;
  readonly #dir: string;
  readonly #indexTime: number;
  readonly #trust: FileTrust;
  readonly #folders = new Map<string, Promise<FileStat | undefined>>();

  /**
   * @param dir its directory.
   * @param indexTime when the index was written, in ms: what changed later, or at the same time, may
   *   have changed unseen ("racy git").
   */
  constructor(fs: PromiseFileSystem, dir: string, indexTime: number, trust = fullTrust) {
    this.#fs = fs;
    this.#trust = trust;
    this.#dir = dir;
    this.#indexTime = indexTime;
  }

  /** @returns undefined where nothing is. @throws what the file system throws. */
  async stat(path: string): Promise<FileStat | undefined> {
    return (await this.#fs.lstat(this.at(path)).catch(notThere)) as FileStat | undefined;
  }

  /**
   * @param paths that are to change: one that is there all the same is not lost for what a folder says of itself.
   * @returns whether nothing but a repository is there. @throws what the file system throws.
   */
  async isEmpty(paths: readonly string[]): Promise<boolean> {
    const names = (await this.#fs.readdir(this.#dir).catch(notThere)) ?? [];
    if (!names.every((name) => name === '.git')) return false;
    for (const name of new Set(paths.map((path) => path.replace(/\/.*/s, '')))) {
      if ((await this.stat(name)) !== undefined) return false;
    }
    return true;
  }

  /** @returns where a path is in the file system. */
  at(path: string): string {
    return `${this.#dir}/${path}`;
  }

  /**
   * @param before what the index says of the path.
   * @param wanted what is to be there.
   * @returns what is there. @throws what the file system throws.
   */
  async look(
    path: string,
    before: IndexEntry | undefined,
    wanted: TreeFile | undefined,
  ): Promise<Found> {
    const stat = await this.stat(path);
    if (stat === undefined) return 'absent';
    if (stat.isDirectory()) return wanted?.mode === modes.gitlink ? 'done' : 'directory';
    if (before !== undefined && this.#isAsBefore(before, stat)) return 'clean';
    const mayBe = (known: { readonly mode: number } | undefined): boolean =>
      known?.mode === modeSeen(stat, known?.mode, this.#trust);
    if (!mayBe(before) && !mayBe(wanted)) return 'changed';
    const oid = await blobOid(await this.contentOf(path, stat));
    if (wanted?.oid === oid && mayBe(wanted)) return 'done';
    return before?.oid === oid && mayBe(before) ? 'clean' : 'changed';
  }

  /**
   * @returns the shortest folder of a path that is something else than a folder, for example a symbolic
   *   link that would lead out of the working tree. @throws what the file system throws.
   */
  async obstacleTo(path: string): Promise<string | undefined> {
    const [folder, stat] = await this.#wayTo(path);
    return stat === undefined || stat.isDirectory() ? undefined : folder;
  }

  /** @returns whether there is anything at a path, in folders alone. @throws what the file system throws. */
  async has(path: string): Promise<boolean> {
    const [, stat] = await this.#wayTo(path);
    if (path.includes('/') && stat?.isDirectory() !== true) return false;
    return (await this.stat(path)) !== undefined;
  }

  /** @returns the first folder of a path that is none, else the last one, with what is there. */
  async #wayTo(path: string): Promise<[folder: string, stat: FileStat | undefined]> {
    let way: [string, FileStat | undefined] = ['', undefined];
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      let found = this.#folders.get(folder);
      if (found === undefined) this.#folders.set(folder, (found = this.stat(folder)));
      way = [folder, await found];
      if (way[1]?.isDirectory() !== true) return way;
    }
    return way;
  }

  /** @returns all files below a folder. @throws what the file system throws. */
  async filesIn(folder: string): Promise<string[]> {
    const files: string[] = [];
    for (const name of await this.#fs.readdir(this.at(folder))) {
      const path = `${folder}/${name}`;
      const stat = await this.stat(path);
      if (stat?.isDirectory() === true) files.push(...(await this.filesIn(path)));
      else files.push(path);
    }
    return files;
  }

  /** Whether the file system says what it said when the entry was made. */
  #isAsBefore(entry: IndexEntry, stat: FileStat): boolean {
    const { size, mtimeSeconds, mtimeNanoseconds } = indexStatOf(stat);
    if (entry.mode !== modeSeen(stat, entry.mode, this.#trust)) return false;
    if (entry.stat.size !== size) return false;
    // Nothing is known of it: see racy-entries.ts.
    if (size === 0 && entry.oid !== emptyBlob) return false;
    if (entry.stat.mtimeSeconds !== mtimeSeconds) return false;
    if (entry.stat.mtimeNanoseconds !== mtimeNanoseconds) return false;
    return Math.floor(stat.mtimeMs) < Math.floor(this.#indexTime);
  }

  /** @returns what a file has in it, or where a link leads. @throws what the file system throws. */
  async contentOf(path: string, stat: FileStat): Promise<Uint8Array> {
    if (!stat.isSymbolicLink()) return (await this.#fs.readFile(this.at(path))) as Uint8Array;
    return new TextEncoder().encode(String(await this.#fs.readlink(this.at(path))));
  }
}

/** @returns undefined for the error of a path that is not there. @throws any other. */
export function notThere(error: unknown): undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  // A file stands where a folder of the path would be.
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  throw error;
}

/**
 * @param known what the index, or a tree, says of the path.
 * @returns how git calls what is there (read-cache.c, `ce_mode_from_stat`).
 */
export function modeSeen(
  stat: Pick<FileStat, 'mode' | 'isSymbolicLink'>,
  known: number | undefined,
  trust: FileTrust,
): number {
  if (stat.isSymbolicLink()) return modes.symlink;
  if (!trust.links && known === modes.symlink) return known;
  if (!trust.bits) return known === modes.executable ? known : modes.file;
  return ((stat.mode ?? 0) & 0o100) !== 0 ? modes.executable : modes.file;
}

/** @returns what the index keeps of what the file system says, as git and isomorphic-git do. */
export function indexStatOf(stat: FileStat): IndexStat {
  const { mtimeMs, ctimeMs = mtimeMs } = stat;
  const word = (value: number | undefined): number => (Math.floor(value ?? 0) % 0x100000000) >>> 0;
  const seconds = (ms: number): number => word(ms / 1_000);
  const nanoseconds = (ms: number): number => word((ms - Math.floor(ms / 1_000) * 1_000) * 1e6);
  return {
    ctimeSeconds: seconds(ctimeMs),
    ctimeNanoseconds: nanoseconds(ctimeMs),
    mtimeSeconds: seconds(mtimeMs),
    mtimeNanoseconds: nanoseconds(mtimeMs),
    dev: word(stat.dev),
    ino: word(stat.ino),
    uid: word(stat.uid),
    gid: word(stat.gid),
    size: word(stat.size),
  };
}
