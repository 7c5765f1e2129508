/** Reads the commits, trees and tags of a repository: files of their own, or in packs. */
import { inflateWhole } from '../pack/format/inflate.js';
import type { ObjectType } from '../pack/index/options.js';
import type { Pace } from '../pack/index/pace.js';
import { promisesOf, type OpenFile, type PromiseFileSystem } from '../storage/file-system.js';
import { ObjectLookup, type StoredPack } from './object-lookup.js';
import { PackedObjects, type StoredObject } from './packed-objects.js';

/** Bytes behind the last entry of a pack: its checksum. */
const checksumBytes = 20;

/** See the head of this file. */
export class StoredObjects {
  readonly #fs: PromiseFileSystem;
  readonly #lookup: ObjectLookup;
  readonly #pace: Pace;
  readonly #packs = new Map<StoredPack, Promise<PackedObjects>>();
  readonly #files: OpenFile[] = [];

  /**
   * @param fs isomorphic-git's. Of one that cannot open files, packs are read whole.
   * @param gitdir the repository, for example `/site/.git`.
   * @param pace lets others have their turn between two objects.
   */
  constructor(fs: object, gitdir: string, pace: Pace) {
    this.#fs = promisesOf(fs);
    this.#lookup = new ObjectLookup(fs, gitdir);
    this.#pace = pace;
  }

  /** @returns false where it certainly is not there. @throws what the file system throws. */
  async has(oid: string): Promise<boolean> {
    return (await this.#lookup.locate(oid)) !== undefined;
  }

  /**
   * @param oid in lower case.
   * @returns undefined where it certainly is not there; `unknown` where that cannot be said.
   * @throws RangeError for what is damaged; what the file system throws.
   */
  async read(oid: string): Promise<StoredObject | 'unknown' | undefined> {
    await this.#pace.turn();
    const place = await this.#lookup.locate(oid);
    if (place === undefined || place === 'unknown') return place;
    if ('file' in place) return parseLoose((await this.#fs.readFile(place.file)) as Uint8Array);
    let pack = this.#packs.get(place.pack);
    if (pack === undefined) this.#packs.set(place.pack, (pack = this.#open(place.pack)));
    // A delta whose base is in another pack is none that git leaves in a repository.
    return (await (await pack).read(place.offset)) ?? 'unknown';
  }

  /** Closes what was opened. Never rejects. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#files.splice(0).map((file) => file.close()));
  }

  async #open({ path, index }: StoredPack): Promise<PackedObjects> {
    const file = await this.#fs.open?.(path, 'r');
    if (file === undefined) {
      const bytes = (await this.#fs.readFile(path)) as Uint8Array;
      const read = (at: number, length: number) => bytes.subarray(at, at + length);
      return new PackedObjects({ index, end: bytes.length - checksumBytes, read });
    }
    this.#files.push(file);
    const { size } = (await this.#fs.stat(path)) as { readonly size: number };
    const read = async (at: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, at);
      return bytes.subarray(0, bytesRead);
    };
    return new PackedObjects({ index, end: size - checksumBytes, read });
  }
}

/** An object as a file of its own: a header, NUL, and the content. */
function parseLoose(file: Uint8Array): StoredObject {
  const bytes = inflateWhole(file);
  const start = bytes.indexOf(0) + 1;
  const [type] = new TextDecoder().decode(bytes.subarray(0, start)).split(' ', 1);
  return { type: type as ObjectType, bytes: type === 'blob' ? undefined : bytes.subarray(start) };
}
