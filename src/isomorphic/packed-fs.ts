/**
 * A file system for isomorphic-git that answers reads of loose objects out of packs.
 * isomorphic-git looks for each object as a file of its own first, and only then in packs, of which it
 * reads the whole index and the whole pack at once. Here the file is there, so isomorphic-git reads no
 * pack, and needs neither the time nor the memory.
 */
import type { Script } from '../pack/index/script.js';
import type { PackedFiles } from '../repository/packed-files.js';
import type { Promisor } from '../repository/promisor.js';
import {
  callsOf,
  fileSystemCommands,
  ownPromises,
  plainFileSystem,
  type FileSystemCall,
} from '../storage/file-system.js';

/** Paths that may be an object's, or a folder's of objects; which repository's is looked at later. */
const objectPath =
  /[\\/]objects[\\/]+([0-9a-f]{2}[\\/]+[0-9a-f]{38}|[0-9a-f]{2}[\\/]*|pack[\\/]*)$/;
const packPath = /[\\/]objects[\\/]+pack[\\/]/;

/** How long it is left alone, in ms, that what reads packs could not be loaded. */
const retryTime = 30_000;

/** What is loaded late, as far as it is used here. */
export interface ReadsPacks {
  readonly PackedFiles: typeof PackedFiles;
}

/**
 * @param fs isomorphic-git's, of any of its shapes. It stays usable beside the result.
 * @param gitdir the repository, for example `/site/.git`.
 * @param promisorOf gives what gets what a partial clone lacks when it is read.
 * @param prefetch objects of a folder that come along with one that is missed, at most.
 * @param script loaded when an object is asked for; where that fails, isomorphic-git reads packs.
 * @returns the same file system, in whose `promises` the objects of packs, but for small ones, are
 *   there as files of their own, to be read. The indexes of the packs that can be read so are left out of listings of
 *   `objects/pack`: isomorphic-git reads all of an index that it finds, for each object that is
 *   nowhere. What is written or removed through it is seen at once; what others do, when an object is
 *   not found. Reading rejects with CORRUPT_PACK for a damaged pack, and with OBJECT_UNAVAILABLE for
 *   what a promisor could not get.
 */
export function withPackedFiles<Fs extends object, Late extends ReadsPacks>(
  fs: Fs,
  gitdir: string,
  script: Pick<Script<Late>, 'load'>,
  promisorOf?: (late: Late) => Pick<Promisor, 'get'> | undefined,
  prefetch?: number,
): Fs {
  const calls = callsOf(fs, fileSystemCommands);
  let files: PackedFiles | undefined;
  let failed = -Infinity;
  const load = async (): Promise<PackedFiles | undefined> => {
    if (files !== undefined || Date.now() - failed < retryTime) return files;
    try {
      const loaded = await script.load();
      files ??= new loaded.PackedFiles(fs, gitdir, calls, promisorOf?.(loaded), prefetch);
    } catch {
      // It reads packs itself then, as it does without this.
      failed = Date.now();
    }
    return files;
  };
  const answered =
    (
      name: string,
      answer: (from: PackedFiles, path: string, rest: unknown[]) => Promise<unknown>,
    ) =>
    async (path: unknown, ...rest: unknown[]): Promise<unknown> => {
      const isObject = typeof path === 'string' && objectPath.test(path);
      const from = isObject ? await load() : undefined;
      return from === undefined ? calls[name]?.(path, ...rest) : answer(from, String(path), rest);
    };
  const changing =
    (name: string): FileSystemCall =>
    async (...args) => {
      const result = await calls[name]?.(...args);
      if (args.some((path) => typeof path === 'string' && packPath.test(path))) files?.changed();
      return result;
    };
  const answering = over(ownPromises(fs) ?? calls, {
    readFile: answered('readFile', (from, path, rest) => from.readFile(path, rest)),
    stat: answered('stat', (from, path, rest) => from.stat('stat', path, rest)),
    lstat: answered('lstat', (from, path, rest) => from.stat('lstat', path, rest)),
    readdir: answered('readdir', (from, path, rest) => from.readdir(path, rest)),
    writeFile: changing('writeFile'),
    unlink: changing('unlink'),
    rename: changing('rename'),
  });
  return over(fs, { promises: answering, [plainFileSystem]: fs });
}

/** @returns an object in which some properties are its own, and all others those of `target`. */
function over<Target extends object>(
  target: Target,
  own: Record<string | symbol, unknown>,
): Target {
  // No proxy of the target itself: one may not say otherwise of what cannot be changed there.
  return new Proxy(own, {
    get: (_, key) => (Object.hasOwn(own, key) ? own[key] : Reflect.get(target, key, target)),
    has: (_, key) => Object.hasOwn(own, key) || key in target,
    getPrototypeOf: () => Object.getPrototypeOf(target) as object | null,
  }) as Target;
}
