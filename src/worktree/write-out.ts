/** Writes files of a tree into a working tree, in batches, and says what the index has to keep of them. */
import { GitWsError } from '../base/errors.js';
import { whenAll } from '../base/when-all.js';
import type { IndexEntry } from '../repository/index-file.js';
import { makeDirectory, type PromiseFileSystem } from '../storage/file-system.js';
import type { Write } from './losses.js';
import { removeFile } from './removals.js';
import { modes, type TreeFile } from './tree-files.js';
import { indexStatOf, notThere, type FileStat, type WorkTree } from './work-tree.js';

/** Files, and bytes of files, that are written at the same time. */
const batchFiles = 256;
const batchBytes = 0x400000;

/** File systems that know no symbolic links say one of these, or have no such function. */
const noSymlinks: ReadonlySet<unknown> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Of what is not there. */
export const noStat = { size: 0, mtimeMs: 0 } as const;

/** A file with its content; of a submodule, which has its own repository, none. */
export interface Content extends Write {
  readonly bytes: Uint8Array;
}

/** Writes files, and keeps their entries. */
export class WriteOut {
  /** Of what has been written so far. */
  readonly entries: IndexEntry[] = [];
  /** Paths of links that are files here, since the file system has no links. */
  readonly linksAsFiles: string[] = [];
  /** Paths that were left out, since the file system takes them for another one that was written. */
  readonly folded: string[] = [];

  readonly #fs: PromiseFileSystem;
  readonly #tree: WorkTree;
  readonly #folders = new Set<string>();
  readonly #foldable: ReadonlySet<string>;
  /** What was written, by folded paths. */
  readonly #written = new Map<string, FileStat>();
  #waiting: Content[] = [];
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;

  /** @param foldable paths that a file system may take for another one: they differ in case or form alone. */
  constructor(fs: PromiseFileSystem, tree: WorkTree, foldable: ReadonlySet<string>) {
    this.#fs = fs;
    this.#tree = tree;
    this.#foldable = foldable;
  }

  /**
   * Takes a file. It is written with others, while the next ones are read.
   *
   * @throws as {@link flush}, also for files that were taken before.
   */
  async add(file: Content): Promise<void> {
    this.#waiting.push(file);
    this.#bytes += file.bytes.length;
    if (this.#waiting.length < batchFiles && this.#bytes < batchBytes) return;
    await this.#writing;
    this.#begin();
  }

  /**
   * Writes what waits.
   *
   * @throws what the file system throws; GitWsError FILE_SYSTEM_FAILED where it has written less than
   *   it was given.
   */
  async flush(): Promise<void> {
    await this.#writing;
    this.#begin();
    await this.#writing;
  }

  /** Waits for what is being written, whatever comes of it. Never rejects. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  #begin(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#writing = this.#writeBatch(batch);
    // It is waited for later, and may fail before.
    this.#writing.catch(() => undefined);
  }

  async #writeBatch(batch: readonly Content[]): Promise<void> {
    const alone = batch.filter(({ file }) => this.#foldable.has(foldedPath(file.path)));
    const together = batch.filter(({ file }) => !this.#foldable.has(foldedPath(file.path)));
    const { writeMany } = this.#fs;
    const isForMany = ({ file, found }: Content) => found !== 'done' && file.mode !== modes.gitlink;
    const many = writeMany === undefined ? [] : together.filter(isForMany);
    const single = writeMany === undefined ? together : together.filter((each) => !isForMany(each));
    if (writeMany !== undefined && many.length > 0) await this.#writeMany(many, writeMany);
    for (const { file } of [...single, ...alone]) await this.#makeFolders(file.path);
    await whenAll(single.map((each) => this.#write(each)));
    // In a row: what was written before is seen.
    for (const each of alone) await this.#writeFoldable(each);
  }

  async #writeMany(
    batch: readonly Content[],
    writeMany: NonNullable<PromiseFileSystem['writeMany']>,
  ): Promise<void> {
    const replaced = batch.filter(({ found }) => found === 'other');
    await whenAll(
      replaced.map(async ({ file }) => {
        await this.#fs.unlink(this.#tree.at(file.path)).catch(notThere);
      }),
    );
    const stats = await writeMany(
      batch.map(({ file: { path, mode }, bytes }) => ({
        path: this.#tree.at(path),
        bytes,
        ...(mode === modes.executable ? { mode: 0o777 } : {}),
        ...(mode === modes.symlink ? { type: 'symlink' as const } : {}),
      })),
    );
    for (const [at, each] of batch.entries()) this.#keep(each, stats[at] as FileStat | undefined);
  }

  async #writeFoldable(each: Content): Promise<void> {
    const { path } = each.file;
    const folded = foldedPath(path);
    const other = this.#written.get(folded);
    const found = other && (await this.#tree.stat(path));
    // Another one of these was written, and this is that one.
    if (other !== undefined && found !== undefined && isSameFile(found, other)) {
      this.folded.push(path);
      this.entries.push(entryOf(each.file, noStat));
      return;
    }
    await this.#write(each);
    this.#written.set(folded, (await this.#fs.lstat(this.#tree.at(path))) as FileStat);
  }

  async #write({ file, bytes, found }: Content): Promise<void> {
    const at = this.#tree.at(file.path);
    // Not through it: what is there may be a link, or a file with another mode.
    if (found === 'other') await removeFile(this.#fs, this.#tree, file.path);
    if (found !== 'done') await this.#put(file, bytes, at);
    this.#keep({ file, bytes }, (await this.#fs.lstat(at)) as FileStat);
  }

  /** @throws GitWsError FILE_SYSTEM_FAILED unless all of it is there. */
  #keep({ file, bytes }: Pick<Content, 'file' | 'bytes'>, stat: FileStat | undefined): void {
    if (stat === undefined || (stat.isFile() && stat.size !== bytes.length)) {
      const message = `The file system says that it wrote ${file.path}, and has not all of it.`;
      throw new GitWsError('FILE_SYSTEM_FAILED', message);
    }
    this.entries.push(entryOf(file, stat));
  }

  async #put(file: TreeFile, bytes: Uint8Array, at: string): Promise<void> {
    if (file.mode === modes.gitlink) await makeDirectory(this.#fs, at);
    else if (file.mode === modes.symlink) await this.#writeLink(file, bytes, at);
    else if (file.mode === modes.executable) await this.#fs.writeFile(at, bytes, { mode: 0o777 });
    else await this.#fs.writeFile(at, bytes);
  }

  async #writeLink(file: TreeFile, bytes: Uint8Array, at: string): Promise<void> {
    try {
      await this.#fs.symlink(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), at);
    } catch (error) {
      const { code } = (error ?? {}) as { code?: unknown };
      if (!(error instanceof TypeError || noSymlinks.has(code))) throw error;
      // As git does with core.symlinks=false.
      await this.#fs.writeFile(at, bytes);
      this.linksAsFiles.push(file.path);
    }
  }

  async #makeFolders(path: string): Promise<void> {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      if (this.#folders.has(folder)) continue;
      await makeDirectory(this.#fs, this.#tree.at(folder));
      this.#folders.add(folder);
    }
  }
}

/** @returns the same for paths that a file system may take for one: by case, or by Unicode's forms. */
function foldedPath(path: string): string {
  return path.normalize('NFC').toLowerCase();
}

/** @returns what folded paths more than one path have. */
export function foldablePaths(paths: Iterable<string>): ReadonlySet<string> {
  const seen = new Set<string>();
  const double = new Set<string>();
  for (const path of paths) {
    const folded = foldedPath(path);
    if (seen.has(folded)) double.add(folded);
    seen.add(folded);
  }
  return double;
}

/** @returns the entry of a file, with nothing said of it but what the file system says. */
export function entryOf(file: TreeFile, stat: Pick<FileStat, 'size' | 'mtimeMs'>): IndexEntry {
  const flags = { stage: 0, assumeValid: false, skipWorktree: false, intentToAdd: false };
  const { name, mode, oid } = file;
  return { name, mode, oid, stat: indexStatOf(stat as FileStat), ...flags };
}

/** Where a file system numbers no files, two that differ by case alone are taken for one. */
function isSameFile(one: FileStat, other: FileStat): boolean {
  const [ino, dev] = [one.ino ?? 0, one.dev ?? 0];
  return ino === 0 || other.ino === undefined || (ino === other.ino && dev === (other.dev ?? 0));
}
