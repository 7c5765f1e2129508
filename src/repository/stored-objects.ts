/**
 * Reads the objects of a repository: files of their own, or in packs. What comes, goes or is packed
 * anew while this is in use is seen: where an object is not found, the packs are looked for again.
 */
import { inflateWhole } from '../pack/format/inflate.js';
import type { ObjectType } from '../pack/index/options.js';
import type { Pace } from '../pack/index/pace.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import {
  ObjectLookup,
  type ObjectPlace,
  type PackedPlace,
  type StoredPack,
} from './object-lookup.js';
import { PackedObjects, type StoredObject } from './packed-objects.js';
import { RangeFile } from './range-file.js';

/** Bytes behind the last entry of a pack: its checksum. */
const checksumBytes = 20;

/** What is read of a repository, and how. */
export interface StoredObjectsOptions {
  /** Lets others have their turn between two objects. */
  readonly pace?: Pace | undefined;
  /** Whether blobs are read. Default false: their type alone. */
  readonly blobs?: boolean | undefined;
}

/** The objects of one repository. */
export class StoredObjects {
  readonly #fs: PromiseFileSystem;
  readonly #lookup: ObjectLookup;
  readonly #options: StoredObjectsOptions;
  readonly #packs = new Map<StoredPack, OpenPack>();

  /**
   * @param fs isomorphic-git's. Of one that cannot open files, packs are read whole.
   * @param gitdir the repository, for example `/site/.git`.
   */
  constructor(fs: object, gitdir: string, options: StoredObjectsOptions = {}) {
    this.#fs = promisesOf(fs);
    this.#lookup = new ObjectLookup(fs, gitdir);
    this.#options = options;
  }

  /** @returns false where it certainly is not there. @throws what the file system throws. */
  async has(oid: string): Promise<boolean> {
    return (await this.#locate(oid)) !== undefined;
  }

  /**
   * @param oid in lower case.
   * @returns undefined where it certainly is not there; `unknown` where that cannot be said.
   * @throws RangeError for what is damaged; what the file system throws.
   */
  async read(oid: string): Promise<StoredObject | 'unknown' | undefined> {
    await this.#options.pace?.turn();
    const place = await this.#locate(oid);
    try {
      return await this.#readAt(place);
    } catch (error) {
      isMissing(error);
      // Packed anew, or unpacked, since it was located.
      await this.refresh();
      return this.#readAt(await this.#lookup.locate(oid));
    }
  }

  /**
   * @param oid in lower case.
   * @returns an object that is in a pack which can be read; undefined for any other.
   * @throws as {@link read}.
   */
  async readPacked(oid: string): Promise<StoredObject | undefined> {
    const place = await this.#lookup.locatePacked(oid);
    if (place === undefined) return undefined;
    try {
      return await this.#readPacked(place);
    } catch (error) {
      isMissing(error);
      await this.refresh();
      const again = await this.#lookup.locatePacked(oid);
      return again && this.#readPacked(again);
    }
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
    const place = await this.#lookup.locate(oid);
    if (place !== undefined && place !== 'unknown') return place;
    return (await this.refresh()) ? this.#lookup.locate(oid) : place;
  }

  async #readAt(place: ObjectPlace | undefined): Promise<StoredObject | 'unknown' | undefined> {
    if (place === undefined || place === 'unknown') return place;
    if (!('file' in place)) return (await this.#readPacked(place)) ?? 'unknown';
    const { type, bytes } = parseLoose((await this.#fs.readFile(place.file)) as Uint8Array);
    return { type, bytes: type === 'blob' && this.#options.blobs !== true ? undefined : bytes };
  }

  /** @returns undefined for a delta whose base is in another pack: git leaves none in a repository. */
  async #readPacked({ pack, offset }: PackedPlace): Promise<StoredObject | undefined> {
    let opened = this.#packs.get(pack);
    if (opened === undefined) {
      const file = new RangeFile(this.#fs, pack.path);
      this.#packs.set(pack, (opened = { file, objects: undefined }));
    }
    const { file } = opened;
    const { blobs } = this.#options;
    opened.objects ??= file.length().then((length) => {
      const read = (at: number, bytes: number) => file.read(at, bytes);
      const readable = { index: pack.index, end: length - checksumBytes, read };
      return new PackedObjects(readable, { blobs });
    });
    try {
      return await (await opened.objects).read(offset);
    } catch (error) {
      this.#packs.delete(pack);
      throw error;
    }
  }
}

interface OpenPack {
  readonly file: RangeFile;
  objects: Promise<PackedObjects> | undefined;
}

/** An object as a file of its own: a header, NUL, and the content. */
function parseLoose(file: Uint8Array): { type: ObjectType; bytes: Uint8Array } {
  const bytes = inflateWhole(file);
  const start = bytes.indexOf(0) + 1;
  const [type] = new TextDecoder().decode(bytes.subarray(0, start)).split(' ', 1);
  return { type: type as ObjectType, bytes: bytes.subarray(start) };
}
