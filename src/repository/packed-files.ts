/**
 * The files of a repository's `objects`, with those in packs among them: each object of a pack is
 * there as a file of its own, too, made of what a few ranges of the pack say when it is read.
 */
import { isGitWsError, type GitWsError } from '../base/errors.js';
import { storeZlib } from '../pack/format/stored-zlib.js';
import { isMissing, promisesOf, type FileSystemCall } from '../storage/file-system.js';
import { findGitDirectory, resolvePath } from './git-directory.js';
import { headerOf } from './object-hash.js';
import type { StoredPack } from './object-lookup.js';
import type { StoredObject } from './packed-objects.js';
import type { Promisor } from './promisor.js';
import { Siblings } from './siblings.js';
import { StoredObjects, type ReadObject } from './stored-objects.js';

/**
 * Bytes below which a pack is left to isomorphic-git. To load it takes 17 ms for each megabyte (measured
 * in Node), once; each object that it reads as a file costs it 0.3 ms more than one of a pack, since it
 * makes a DecompressionStream for it.
 */
const smallestPack = 0x200000;

/** What a file system says about files of `objects`, where packs have something to say, too. */
export class PackedFiles {
  readonly #calls: Readonly<Record<string, FileSystemCall>>;
  readonly #fs: object;
  readonly #gitdir: string;
  readonly #promisor: Pick<Promisor, 'get'> | undefined;
  readonly #siblings: Siblings;
  #repository: Promise<Repository | undefined> | undefined;
  /** Whether packs were looked for. */
  #isLoaded = false;
  #isStale = false;

  /**
   * @param fs isomorphic-git's.
   * @param gitdir the repository, for example `/site/.git`.
   * @param calls the functions of `fs` by their names, giving promises.
   * @param promisor gets what a partial clone lacks when it is read.
   * @param prefetch objects of a folder that come along with one, at most.
   */
  constructor(
    fs: object,
    gitdir: string,
    calls: Readonly<Record<string, FileSystemCall>>,
    promisor?: Pick<Promisor, 'get'>,
    prefetch?: number,
  ) {
    this.#calls = calls;
    this.#fs = fs;
    this.#gitdir = gitdir;
    this.#promisor = promisor;
    this.#siblings = new Siblings(promisor === undefined ? 0 : prefetch);
  }

  /** Packs were written, renamed or removed. */
  changed(): void {
    this.#isStale = true;
  }

  /** What `readFile` says. @throws GitWsError CORRUPT_PACK; what the file system throws. */
  async readFile(path: string, rest: readonly unknown[]): Promise<unknown> {
    const ask = () => this.#call('readFile', path, rest);
    const named = await this.#find(path);
    if (named?.oid === undefined) return ask();
    const { objects } = named;
    return this.#answer(named, named.oid, ask, asFile, (oid) => objects.read(oid));
  }

  /** What `stat` or `lstat` says. @throws as {@link readFile}. */
  async stat(name: 'stat' | 'lstat', path: string, rest: readonly unknown[]): Promise<unknown> {
    const ask = () => this.#call(name, path, rest);
    const named = await this.#find(path);
    if (named?.oid === undefined) return ask();
    const { objects } = named;
    return this.#answer(
      named,
      named.oid,
      ask,
      async (object) => {
        // As the pack's, but for the size.
        const [pack] = await objects.packs();
        const stat = (await this.#call('stat', pack?.path ?? path, [])) as object;
        const size = { value: asFile(object).length, enumerable: true };
        return Object.create(stat, { size }) as unknown;
      },
      (oid) => objects.readHere(oid),
    );
  }

  /** What `readdir` says: all objects, and no index of a pack. @throws as {@link readFile}. */
  async readdir(path: string, rest: readonly unknown[]): Promise<unknown> {
    const named = await this.#find(path);
    if (named?.folder === undefined || rest.some((options) => typeof options === 'object')) {
      return this.#call('readdir', path, rest);
    }
    const { directory, folder } = named;
    if (folder === 'pack') {
      const names = (await this.#call('readdir', path, rest)) as string[];
      const packs = await this.#packs(named);
      const hidden = new Set(packs.map((pack) => pack.path.replace(/pack$/, 'idx')));
      return names.filter((name) => !hidden.has(`${directory}/pack/${name}`));
    }
    const first = parseInt(folder, 16);
    const listed = (await this.#packs(named)).map(({ index }) => index.oidsUnder(first));
    const packed = (await Promise.all(listed)).flat();
    const names = await this.#call('readdir', path, rest).catch((error: unknown) => {
      if (packed.length === 0) throw error;
      return isMissing(error) || [];
    });
    return [...new Set([...(names as string[]), ...packed.map((oid) => oid.slice(2))])];
  }

  /** @param ask looks for the file itself. */
  async #answer(
    named: Named,
    oid: string,
    ask: () => Promise<unknown>,
    make: (object: StoredObject) => unknown,
    readAgain: (oid: string) => Promise<ReadObject>,
  ): Promise<unknown> {
    const { objects } = named;
    // To read an index for the first object, which is mostly a file, would take long.
    if (!this.#isLoaded) {
      const found = await ask().catch(isMissing);
      if (found !== false) return found;
    }
    await this.#look(objects);
    const pack = await objects.packOf(oid);
    if (pack !== undefined && (await this.#isLeft(pack, named))) return ask();
    let damage: GitWsError | undefined;
    const packed =
      pack &&
      (await objects.read(oid).catch((error: unknown) => {
        if (!isGitWsError(error, 'CORRUPT_PACK')) throw error;
        // git, too, takes another copy where there is one.
        damage = error;
        return undefined;
      }));
    if (typeof packed === 'object') return make(packed);
    try {
      return await ask();
    } catch (error) {
      isMissing(error);
      if (damage !== undefined) throw damage;
      // In a pack that has come since, borrowed from another repository, or promised.
      const object = await readAgain(oid);
      if (typeof object !== 'object') throw error;
      return make(object);
    }
  }

  /** @returns the packs whose objects are answered for. */
  async #packs(named: Named): Promise<readonly StoredPack[]> {
    await this.#look(named.objects);
    const packs = await named.objects.packs();
    const left = await Promise.all(packs.map((pack) => this.#isLeft(pack, named)));
    return packs.filter((_, at) => left[at] === false);
  }

  /** Knows from here on which packs there are. */
  async #look(objects: StoredObjects): Promise<void> {
    if (this.#isStale) {
      this.#isStale = false;
      await objects.refresh();
    }
    await objects.packs();
    this.#isLoaded = true;
  }

  /** @returns what a path names in `objects` of the repository: an object, or a folder. */
  async #find(path: string): Promise<Named | undefined> {
    const whole = resolvePath('.', path.replace(/[\\/]+/g, '/').replace(/\/$/, ''));
    const [, directory, folder, rest] =
      /^(.*\/objects)\/([0-9a-f]{2}|pack)(?:\/([0-9a-f]{38}))?$/.exec(whole) ?? [];
    if (directory === undefined || folder === undefined) return undefined;
    const repository = await this.#open();
    if (repository?.directories.includes(directory) !== true) return undefined;
    const { objects } = repository;
    const own = repository.directories.at(-1) ?? directory;
    if (rest === undefined) return { objects, directory: own, folder, oid: undefined };
    return { objects, directory: own, folder: undefined, oid: `${folder}${rest}` };
  }

  #open(): Promise<Repository | undefined> {
    return (this.#repository ??= findGitDirectory(promisesOf(this.#fs), this.#gitdir).then(
      (found) => ({
        objects: new StoredObjects(this.#fs, found, {
          ...{ blobs: true, promisor: this.#promisor, siblings: this.#siblings },
        }),
        directories: [this.#gitdir, found].map((one) => `${resolvePath('.', one)}/objects`),
      }),
      (error: unknown) => {
        // Of a linked worktree nothing is answered; what cannot be read may be read later.
        if (!isGitWsError(error, 'INVALID_OPTION')) this.#repository = undefined;
        return undefined;
      },
    ));
  }

  /**
   * Whether isomorphic-git reads a pack itself: a small one that it finds, which one that is borrowed is
   * not. Of a partial clone they are many, and isomorphic-git would look into each for what is not here.
   */
  async #isLeft({ path, bytes }: StoredPack, { directory, objects }: Named): Promise<boolean> {
    if (bytes >= smallestPack || !path.startsWith(`${directory}/pack/`)) return false;
    return !(this.#promisor !== undefined && (await objects.isPartial()));
  }

  #call(name: string, path: string, rest: readonly unknown[]): Promise<unknown> {
    return this.#calls[name]?.(path, ...rest) ?? Promise.reject(new TypeError(`No ${name}.`));
  }
}

interface Repository {
  readonly objects: StoredObjects;
  /** Its `objects`, as isomorphic-git may name it: by what was given, and by where that leads. */
  readonly directories: readonly string[];
}

interface Named {
  readonly objects: StoredObjects;
  /** `objects` of the repository itself. */
  readonly directory: string;
  /** `pack`, or the first two digits of oids; undefined for an object. */
  readonly folder: string | undefined;
  readonly oid: string | undefined;
}

/** An object as a file of its own, as far as who reads it can tell. */
function asFile({ type, bytes = new Uint8Array(0) }: StoredObject): Uint8Array {
  return storeZlib([headerOf(type, bytes), bytes]);
}
