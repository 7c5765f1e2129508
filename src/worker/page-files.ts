/** The worker's storage, offered to the page. */
import type { LightningFile, StoragePromises } from '../storage/lightning/create.js';
import { holdOf } from '../storage/lightning/held-names.js';
import { Stats } from '../storage/lightning/node.js';
import type { Order } from './protocol.js';

/** @inline */
type Encoding = 'utf8' | { readonly encoding: 'utf8' };
/** @inline */
type Time = string | number | Date;

/** Calls the worker. */
export type Ask = (order: Order) => Promise<unknown>;

/** LightningFS's functions, those of `createLightningFS`, and nothing that closes the storage. */
export interface WorkerFilePromises extends Omit<StoragePromises, 'close' | 'gather' | 'hold'> {
  readFile(path: string, options: Encoding): Promise<string>;
  readFile(path: string, options?: object): Promise<Uint8Array<ArrayBuffer>>;
  writeFile(
    path: string,
    data: Uint8Array | string,
    options?: { readonly mode?: number; readonly encoding?: 'utf8' } | 'utf8',
  ): Promise<void>;
  unlink(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  mkdir(path: string, options?: { readonly mode: number }): Promise<void>;
  rmdir(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<Stats>;
  lstat(path: string): Promise<Stats>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  utimes(path: string, atime: Time, mtime: Time): Promise<void>;
  lutimes(path: string, atime: Time, mtime: Time): Promise<void>;
  cp(from: string, to: string, options?: object): Promise<void>;
  /** @returns the bytes of all that is below a path. */
  du(path: string): Promise<number>;
  /** Takes a name for as long as this page lives, not the worker: see `StoragePromises.hold`. */
  hold?(path: string): Promise<(() => Promise<void>) | undefined>;
}

/** A file system as isomorphic-git takes it, whose files are the worker's. */
export interface WorkerFileSystem {
  /** Its functions; there are no others. */
  readonly promises: WorkerFilePromises;
}

const plain = [
  ...['readFile', 'writeFile', 'unlink', 'readdir', 'mkdir', 'rmdir', 'rename', 'symlink'],
  ...[
    'readlink',
    'chmod',
    'chown',
    'utimes',
    'lutimes',
    'cp',
    'du',
    'removeMany',
    'flush',
    'usage',
  ],
] as const satisfies readonly (keyof WorkerFilePromises)[];

/** @param storage its name. @returns what the page gets as `fs`. */
export function makeFileSystem(ask: Ask, storage: string): WorkerFileSystem {
  const call =
    (name: string) =>
    (...args: readonly unknown[]): Promise<unknown> =>
      ask({ of: 'fs', name, args });
  const stats =
    (name: string) =>
    async (path: string): Promise<Stats> =>
      asStats(await call(name)(path));
  const promises = {
    ...Object.fromEntries(plain.map((name) => [name, call(name)])),
    stat: stats('stat'),
    lstat: stats('lstat'),
    writeMany: async (files: unknown) =>
      ((await call('writeMany')(files)) as object[]).map(asStats),
    // Names are this page's, whose life is not the worker's.
    ...holdOf(storage),
    open: async (...args: unknown[]) => openedFile(ask, (await call('open')(...args)) as number),
  };
  return { promises: promises as unknown as WorkerFilePromises };
}

function openedFile(ask: Ask, target: number): LightningFile {
  const call = (name: string, ...args: readonly unknown[]): Promise<unknown> =>
    ask({ of: 'file', name, args, target });
  return {
    read: async (buffer, offset = 0, length = buffer.byteLength - offset, position = null) => {
      const bytes = (await call('read', length, position)) as Uint8Array;
      buffer.set(bytes, offset);
      return { bytesRead: bytes.length, buffer };
    },
    write: async (buffer, offset = 0, length = buffer.byteLength - offset, position = null) => {
      const bytes = buffer.subarray(offset, offset + length);
      return { bytesWritten: (await call('write', bytes, position)) as number, buffer };
    },
    sync: async () => void (await call('sync')),
    truncate: async (length) => void (await call('truncate', length)),
    stat: async () => asStats(await call('stat')),
    close: async () => void (await call('close')),
  };
}

/** A structured clone has the fields, and no functions. */
function asStats(fields: unknown): Stats {
  return Object.assign(Object.create(Stats.prototype) as Stats, fields);
}
