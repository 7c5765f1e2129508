/**
 * Reads the objects of a repository: files of their own, or in packs. What comes, goes or is packed
 * anew while this is in use is seen: where an object is not found, the packs are looked for again.
 */
import { GitWsError } from '../base/errors.js';
import { inflateWhole, inputEnded } from '../pack/format/inflate.js';
import type { ObjectType } from '../pack/index/index-pack-options.js';
import type { Pace } from '../pack/index/pace.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import {
  isHere,
  ObjectLookup,
  type ObjectPlace,
  type PackedPlace,
  type StoredPack,
} from './object-lookup.js';
import { PackedObjects, type StoredObject } from './packed-objects.js';
import type { Promisor } from './promisor.js';
import { RangeFile } from './range-file.js';
import type { Siblings } from './siblings.js';
import { hasZlib, inflate } from './zlib.js';

/** The tree without entries, which is in every repository, also where nobody has written it. */
export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Bytes behind the last entry of a pack: its checksum. */
const checksumBytes = 20;

/** Bytes of an object's file up to which it is inflated on the caller's thread. */
const mostInflatedHere = 0x4000;

/** An object, or why there is none: see `ObjectPlace`. */
export type ReadObject = StoredObject | 'unknown' | 'promised' | undefined;

/** What is read of a repository, and how. */
export interface StoredObjectsOptions {
  /** Lets others have their turn between two objects. */
  readonly pace?: Pace | undefined;
  /** Whether blobs are read. Default false: their type alone. */
  readonly blobs?: boolean | undefined;
  /** Gets what a partial clone lacks; without it such objects are told to be `promised`. */
  readonly promisor?: Pick<Promisor, 'get'> | undefined;
  /** What comes along with that. */
  readonly siblings?: Siblings | undefined;
  /** Ends the wait for it. */
  readonly signal?: AbortSignal | undefined;
}

/** The objects of one repository. */
export class StoredObjects {
  readonly #fs: PromiseFileSystem;
  readonly #lookup: ObjectLookup;
  readonly #options: StoredObjectsOptions;
  readonly #packs = new Map<StoredPack, OpenPack>();
  #fetches = 0;

  /**
   * @param fs isomorphic-git's. Of one that cannot open files, packs are read whole.
   * @param gitdir the repository, for example `/site/.git`.
   */
  constructor(fs: object, gitdir: string, options: StoredObjectsOptions = {}) {
    this.#fs = promisesOf(fs);
    this.#lookup = new ObjectLookup(fs, gitdir);
    this.#options = options;
  }

  /** How often a promisor was waited for. */
  get fetches(): number {
    return this.#fetches;
  }

  /** @returns false where it certainly is not here. @throws what the file system throws. */
  async has(oid: string): Promise<boolean> {
    return isHere(await this.#locate(oid));
  }

  /**
   * @param oids in lower case.
   * @returns those of them that are there, as far as this can be said.
   * @throws what the file system throws.
   */
  present(oids: Iterable<string>): Promise<readonly string[]> {
    return this.#lookup.present(oids);
  }

  /**
   * @param oid in lower case.
   * @returns where it is; undefined where it certainly is nowhere.
   * @throws what the file system throws.
   */
  locate(oid: string): Promise<ObjectPlace | undefined> {
    return this.#locate(oid);
  }

  /**
   * @param pack of this repository.
   * @returns its entries as they lie.
   * @throws what the file system throws.
   */
  async entries(pack: StoredPack): Promise<PackedObjects> {
    const opened = this.#open(pack);
    try {
      return await opened.objects;
    } catch (error) {
      this.#packs.delete(pack);
      throw error;
    }
  }

  /**
   * @param oid in lower case.
   * @returns undefined where it certainly is not there; `unknown` where that cannot be said, `promised`
   *   where its server may have it, and there is no promisor to get it, or it has not got it.
   * @throws GitWsError CORRUPT_PACK and OBJECT_UNAVAILABLE for what is damaged; as `Promisor.get`; what
   *   the file system throws.
   */
  async read(oid: string): Promise<ReadObject> {
    const { promisor, siblings } = this.#options;
    let object = await this.readHere(oid);
    if (object === 'promised' && promisor !== undefined) {
      const get = (along: readonly string[] = []) => this.#get([oid], along);
      const isMissing = async (one: string) => (await this.#promisedOf([one])).length > 0;
      await (siblings?.along(oid, isMissing, get) ?? get());
      object = await this.readHere(oid);
    }
    if (typeof object === 'object') siblings?.saw(oid, object);
    return object;
  }

  /** As {@link read}, of what is here: nothing is fetched. */
  async readHere(oid: string): Promise<ReadObject> {
    await this.#options.pace?.turn();
    return this.#readFrom(await this.#locate(oid), oid);
  }

  /**
   * Has all of these fetched at once, of a partial clone, that are not here.
   *
   * @param oids in lower case.
   * @param below whether trees are fetched with all trees below them.
   * @throws as `Promisor.get`; what the file system throws.
   */
  ready(oids: Iterable<string>, below = false): Promise<void> {
    return this.#get(oids, [], below);
  }

  /** @param along what may come with them. */
  async #get(oids: Iterable<string>, along: readonly string[], below = false): Promise<void> {
    const { promisor, signal } = this.#options;
    if (promisor === undefined || !(await this.#lookup.isPartial())) return;
    let lacking = await this.#promisedOf(oids);
    // Somebody else may have fetched them meanwhile.
    if (lacking.length > 0 && (await this.refresh())) lacking = await this.#promisedOf(lacking);
    if (lacking.length === 0) return;
    this.#fetches += 1;
    await promisor.get(lacking, signal, along, below);
    await this.refresh();
  }

  async #promisedOf(oids: Iterable<string>): Promise<readonly string[]> {
    const lacking: string[] = [];
    for (const oid of oids) {
      if (oid !== emptyTree && (await this.#lookup.locate(oid)) === 'promised') lacking.push(oid);
    }
    return lacking;
  }

  /**
   * Reads many objects: those of packs in the order of their packs, which is by far the fastest.
   *
   * @param oids in lower case, each once.
   * @returns each of them, with its oid; undefined where it is not there, or nobody can say.
   * @throws as {@link read}.
   */
  async *readMany(
    oids: readonly string[],
  ): AsyncGenerator<readonly [oid: string, object: StoredObject | undefined]> {
    await this.ready(oids);
    const places = new Map<string, ObjectPlace | undefined>();
    for (const oid of oids) places.set(oid, await this.#locate(oid));
    const order = [...places].sort(([, one], [, other]) => orderOf(one) - orderOf(other));
    for (const [oid, place] of order) {
      await this.#options.pace?.turn();
      const object = await this.#readFrom(place, oid);
      yield [oid, typeof object === 'object' ? object : undefined];
    }
  }

  /**
   * @param oid in lower case.
   * @returns the pack that an object is in; undefined for what is in none that can be read.
   * @throws what the file system throws.
   */
  async packOf(oid: string): Promise<StoredPack | undefined> {
    return (await this.#lookup.locatePacked(oid))?.pack;
  }

  /** @returns whether a promisor has sent something. @throws what the file system throws. */
  isPartial(): Promise<boolean> {
    return this.#lookup.isPartial();
  }

  /** @returns the packs that can be read. @throws what the file system throws. */
  packs(): Promise<readonly StoredPack[]> {
    return this.#lookup.packs();
  }

  /**
   * Looks for packs anew.
   *
   * @returns whether there are others now.
   * @throws what the file system throws.
   */
  async refresh(): Promise<boolean> {
    const isOther = await this.#lookup.refresh();
    const left = new Set(await this.#lookup.packs());
    // Somebody may be reading one of the others: they close themselves.
    for (const pack of this.#packs.keys()) if (!left.has(pack)) this.#packs.delete(pack);
    return isOther;
  }

  /** Closes what was opened. Never rejects. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#packs.values(), ({ file }) => file.close()));
  }

  async #locate(oid: string): Promise<ObjectPlace | undefined> {
    if (oid === emptyTree) return 'unknown';
    const place = await this.#lookup.locate(oid);
    if (typeof place === 'object') return place;
    return (await this.refresh()) ? this.#lookup.locate(oid) : place;
  }

  async #readFrom(place: ObjectPlace | undefined, oid: string): Promise<ReadObject> {
    if (oid === emptyTree) return { type: 'tree', bytes: new Uint8Array(0) };
    try {
      return await this.#readAt(place).catch(async (error: unknown) => {
        isMissing(error);
        // Packed anew, or unpacked, since it was located.
        await this.refresh();
        return this.#readAt(await this.#lookup.locate(oid));
      });
    } catch (cause) {
      if (!(cause instanceof RangeError || cause === inputEnded)) throw cause;
      const isPacked = typeof place === 'object' && 'pack' in place;
      const message = `${isPacked ? 'A pack of this repository' : 'An object'} is damaged: ${oid} cannot be read.`;
      const code = isPacked ? 'CORRUPT_PACK' : 'OBJECT_UNAVAILABLE';
      throw new GitWsError(code, message, { data: { oid }, cause });
    }
  }

  async #readAt(place: ObjectPlace | undefined): Promise<ReadObject> {
    if (typeof place !== 'object') return place;
    if (!('file' in place)) return (await this.#readPacked(place)) ?? 'unknown';
    const file = (await this.#fs.readFile(place.file)) as Uint8Array;
    const { type, bytes } = parseLoose(await inflateFile(file));
    return { type, bytes: type === 'blob' && this.#options.blobs !== true ? undefined : bytes };
  }

  /** @returns undefined for a delta whose base is in another pack: git leaves none in a repository. */
  async #readPacked({ pack, offset }: PackedPlace): Promise<StoredObject | undefined> {
    const { objects } = this.#open(pack);
    try {
      return await (await objects).read(offset);
    } catch (error) {
      this.#packs.delete(pack);
      throw error;
    }
  }

  #open(pack: StoredPack): OpenPack {
    const before = this.#packs.get(pack);
    if (before !== undefined) return before;
    const file = new RangeFile(this.#fs, pack.path);
    const { blobs } = this.#options;
    const objects = file.length().then((length) => {
      const read = (at: number, bytes: number) => file.read(at, bytes);
      const readable = { index: pack.index, end: length - checksumBytes, read };
      return new PackedObjects(readable, { blobs });
    });
    // Whoever reads hears of it.
    objects.catch(() => undefined);
    const opened = { file, objects };
    this.#packs.set(pack, opened);
    return opened;
  }
}

interface OpenPack {
  readonly file: RangeFile;
  readonly objects: Promise<PackedObjects>;
}

/** What lies in a pack comes in the order of offsets; packs are few. */
function orderOf(place: ObjectPlace | undefined): number {
  return typeof place === 'object' && 'offset' in place ? place.offset : -1;
}

/** What is small costs less here than a stream of the platform's. */
function inflateFile(file: Uint8Array): Uint8Array | Promise<Uint8Array> {
  return file.length > mostInflatedHere && hasZlib() ? inflate(file) : inflateWhole(file);
}

/** An object as a file of its own: a header, NUL, and the content. */
function parseLoose(bytes: Uint8Array): { type: ObjectType; bytes: Uint8Array } {
  const start = bytes.indexOf(0) + 1;
  const [type] = new TextDecoder().decode(bytes.subarray(0, start)).split(' ', 1);
  return { type: type as ObjectType, bytes: bytes.subarray(start) };
}
