/** Puts LightningFS and a volume together. */
import { checkedDuration } from '../../base/duration.js';
import { GitWsError } from '../../base/errors.js';
import { Backend } from './backend.js';
import { stores } from './database.js';
import { gathers } from '../file-system.js';
import { FileError } from './errors.js';
import { GatheringBackend } from './gather.js';
import { askForPersistence, estimateRoom } from './failure.js';
import { holdOf } from './held-names.js';
import { defaultLockTimeout } from './lock.js';
import { removeMany, writeMany, type FileToWrite } from './many.js';
import type { Stats } from './node.js';
import { OpenedFile, type OpenFlags } from './open-file.js';
import { normalize } from './path.js';
import { Volume } from './volume.js';

/** A file that was opened, with the functions of Node's file handles. */
export interface LightningFile {
  /**
   * @param buffer is filled.
   * @param offset where in it, in bytes. Default 0.
   * @param length how many bytes at most. Default: to the buffer's end.
   * @param position in the file, in bytes; null, the default, for where the last call ended.
   * @returns `bytesRead`: 0 at the end of the file.
   */
  read(
    buffer: Uint8Array,
    offset?: number,
    length?: number,
    position?: number | null,
  ): Promise<{ bytesRead: number; buffer: Uint8Array }>;
  /**
   * Takes bytes, which are copied. They are stored when `sync` or `close` has resolved.
   *
   * @param buffer has them.
   * @param offset where in it they begin, in bytes. Default 0.
   * @param length how many they are. Default: all to the buffer's end.
   * @param position in the file, in bytes; null, the default, for where the last call ended.
   * @throws what storing earlier ones failed with.
   */
  write(
    buffer: Uint8Array,
    offset?: number,
    length?: number,
    position?: number | null,
  ): Promise<{ bytesWritten: number; buffer: Uint8Array }>;
  /** Resolves when all that was written is stored. */
  sync(): Promise<void>;
  /** @param length in bytes, default 0. */
  truncate(length?: number): Promise<void>;
  /** Its facts, with what is not stored yet. */
  stat(): Promise<Stats>;
  /** Stores what is left, and frees what was kept. */
  close(): Promise<void>;
}

/** What `promises` has besides LightningFS's own functions. */
export interface StoragePromises {
  /**
   * Opens a file, so that it is written and read in parts.
   *
   * @param path absolute.
   * @param flags as Node.js has them: `r`, `r+`, `w`, `w+`, `wx`, `wx+`. Default `r`.
   * @param mode permissions of a file that is made. Default 0o666.
   * @throws an error with Node's `code`: ENOENT, EEXIST, EISDIR, EINVAL for other flags.
   */
  open(path: string, flags?: OpenFlags, mode?: number): Promise<LightningFile>;
  /**
   * Writes files, and the directories they are in, in few transactions of at most some MiB.
   *
   * @returns their facts, in order.
   * @throws an error for the first that cannot be written; those before it are written then.
   */
  writeMany(files: readonly FileToWrite[]): Promise<Stats[]>;
  /**
   * Removes files and symbolic links.
   *
   * @returns those that were not there, in order.
   * @throws an error with `code` EISDIR for a directory.
   */
  removeMany(paths: readonly string[]): Promise<string[]>;
  /**
   * Takes a name for as long as this page or worker lives: a lock file of that name, which one that was
   * closed or killed has left, is nobody's. Only where there are Web Locks, that is in secure contexts.
   *
   * @param path absolute: the lock file's. It need not be there, and nothing is done to it.
   * @param wait where it is given, another one that has the name is waited for until this fires.
   * @returns a function that gives the name back, and resolves when others can have it; undefined where
   *   another one has it, here or in another page or worker.
   * @throws the reason of `wait`.
   */
  hold?(path: string, wait?: AbortSignal): Promise<(() => Promise<void>) | undefined>;
  /**
   * Does several things whose changes are stored together, in order: in one transaction, unless there
   * are many of them, or others come between. Inside, a call resolves when what it changed can be read.
   *
   * @param work gets these functions.
   * @returns what it returns, when all is stored.
   * @throws why it is not; else what `work` throws.
   */
  gather<Result>(work: (promises: this) => Promise<Result>): Promise<Result>;
  /** Resolves when all is stored that was changed until now. @throws why it is not. */
  flush(): Promise<void>;
  /** Stores what is left, lets others in, and closes the database. Nothing can be called after it. */
  close(): Promise<void>;
  /**
   * @returns how many files, directories and links there are, and the bytes of all files; `usage`
   *   and `quota` are the browser's estimate for the whole origin, in bytes, where it tells.
   */
  usage(): Promise<{ nodes: number; bytes: number; usage?: number; quota?: number }>;
}

/** Options of {@link createLightningFS}. */
export interface LightningOptions<FS extends { readonly promises: object }> {
  /** The class of `@isomorphic-git/lightning-fs`, 4.6 or later. */
  readonly LightningFS: new (name: string, options: never) => FS;
  /** Has the browser asked not to remove what is stored when room is short. Default false. */
  readonly persist?: boolean;
  /**
   * How long an operation waits for another page or worker that uses the file system, in ms. Default
   * 10 minutes; Infinity for no end. Then it rejects with STORAGE_LOCKED.
   */
  readonly lockTimeout?: number;
  /** Deletes what is there first. Default false. */
  readonly wipe?: boolean;
  /** Owner of new files. Default 1. */
  readonly uid?: number;
  /** Group of new files. Default 1. */
  readonly gid?: number;
  /** Name of the database. Default: that of the file system. */
  readonly fileDbName?: string;
  /** The store that plain LightningFS has kept the files in. Default: the name and `_files`. */
  readonly fileStoreName?: string;
}

/**
 * Makes a LightningFS that stores what it is given in few transactions, tells "done" when it is
 * stored, keeps large files in pieces, and may be open in several pages and workers at once. A
 * database that LightningFS itself has made is converted; LightningFS itself cannot open it any more.
 *
 * @param name of the file system: as LightningFS has it.
 * @param options see {@link LightningOptions}.
 * @returns an instance of the given class; its `promises` has {@link StoragePromises}, too.
 * @throws GitWsError INVALID_OPTION. Its calls reject with errors that have Node's `code`, and with
 *   GitWsError QUOTA (data: `usage`, `quota`, `needed`, in bytes, where known), STORAGE_LOCKED,
 *   STORAGE_CHANGED and FILE_SYSTEM_FAILED.
 */
export function createLightningFS<FS extends { readonly promises: object }>(
  name: string,
  options: LightningOptions<FS>,
): FS & { readonly promises: FS['promises'] & StoragePromises } {
  const { LightningFS, persist = false, wipe = false, uid = 1, gid = 1 } = options;
  const { fileDbName: database = name, fileStoreName: plainStore = `${name}_files` } = options;
  check('name', name, typeof name === 'string' && name !== '');
  check('LightningFS', LightningFS, typeof LightningFS === 'function');
  const isOwn = Object.values<string>(stores).includes(plainStore);
  check('fileStoreName', plainStore, !isOwn);
  for (const option of ['url', 'urlauto', 'db', 'backend'])
    check(option, (options as unknown as Record<string, unknown>)[option], !(option in options));
  const lockTimeout = checkedDuration('lockTimeout', options.lockTimeout, 0) ?? defaultLockTimeout;
  const owner = { uid, gid };
  const volume = new Volume({ name, database, plainStore, owner, lockTimeout, wipe });
  const backend = new Backend(volume);
  if (persist) void askForPersistence();
  // The first operation opens it: a constructor's failure would be heard by nobody.
  const make = (of: Backend) => new LightningFS(name, { backend: of, defer: true } as never);
  type Promises = FS['promises'] & StoragePromises;
  const fs = make(backend) as FS & { readonly promises: Promises };
  const added: Omit<StoragePromises, 'gather'> = {
    open: (path, flags, mode) => open(backend, normalize(path), flags, mode),
    writeMany: (files) => writeMany(volume, backend.contents, files),
    removeMany: (paths) => removeMany(volume, backend.contents, paths),
    ...holdOf(name),
    flush: () => backend.flush(),
    close: () => volume.close(),
    usage: async () => {
      const used = await volume.use((tree) => {
        let bytes = 0;
        for (const { size } of tree.all()) bytes += size;
        return { nodes: tree.count - 1, bytes };
      });
      return { ...used, ...(await estimateRoom()) };
    },
  };
  const gather = <Result>(work: (promises: Promises) => Promise<Result>): Promise<Result> => {
    const gathering = new GatheringBackend(volume, backend.contents);
    const promises = make(gathering).promises as Promises;
    // What is gathered within is stored with the rest.
    const within = <Within>(more: (same: Promises) => Promise<Within>) => more(promises);
    Object.assign(promises, added, { gather: within });
    return gathering.gather(() => work(promises));
  };
  Object.assign(fs.promises, added, { gather: Object.assign(gather, { [gathers]: fs.promises }) });
  return fs;
}

function check(option: string, value: unknown, isRight: boolean): void {
  if (isRight) return;
  const message = `${option} is missing, or has a value that it cannot have here.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { [option]: value } });
}

async function open(
  { volume, contents }: Backend,
  path: string,
  flags: OpenFlags = 'r',
  mode?: number,
): Promise<LightningFile> {
  if (!/^(r|w|wx)\+?$/.test(flags)) throw new FileError('EINVAL', path);
  if (flags.startsWith('r')) {
    for (;;) {
      const file = await volume.use((tree) => {
        const node = tree.lookup(path);
        if (node.type === 'dir' && flags !== 'r') throw new FileError('EISDIR', path);
        // Not stored yet: if it never is, another file gets its number.
        if (node.ino >= volume.head.next) return undefined;
        return new OpenedFile(volume, contents, path, flags, node);
      });
      if (file !== undefined) return file;
      await volume.commits.flush().catch(() => undefined);
    }
  }
  return volume.change((tree, batch) => {
    if (flags.includes('x') && tree.find(path, false) !== undefined)
      throw new FileError('EEXIST', path);
    const isNew = tree.find(path) === undefined;
    const node = tree.write(path, 0, isNew ? mode : undefined);
    batch.put(node, new Uint8Array(0));
    return new OpenedFile(volume, contents, path, flags, node);
  });
}
