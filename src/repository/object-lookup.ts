/**
 * Whether a repository has an object, and where: as a file of its own, or in a pack by that pack's
 * index (gitrepository-layout(5)), its alternates included. No object is read.
 */
import { bytesOfOid } from '../pack/format/oid.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import { objectDirectories } from './git-directory.js';
import { PackIndex } from '../pack/format/pack-index.js';
import { isThere } from '../storage/whole-file.js';

/** Where an object lies; `unknown`: in a pack whose index cannot be read, or nowhere yet. */
export type ObjectPlace =
  { readonly file: string } | { readonly pack: StoredPack; readonly offset: number } | 'unknown';

/** A pack of a repository. */
export interface StoredPack {
  /** The pack itself. */
  readonly path: string;
  readonly index: PackIndex;
}

/** See the head of this file. */
export class ObjectLookup {
  readonly #fs: PromiseFileSystem;
  readonly #gitdir: string;
  #directories: Promise<readonly string[]> | undefined;
  #packs: Promise<Packs> | undefined;

  /**
   * @param fs isomorphic-git's.
   * @param gitdir the repository, for example `/site/.git`.
   */
  constructor(fs: object, gitdir: string) {
    this.#fs = promisesOf(fs);
    this.#gitdir = gitdir;
  }

  /**
   * @param oid in lower case.
   * @returns false where the object is certainly not there. Of a pack whose index cannot be read, and
   *   of a partial clone, nothing is certain.
   * @throws what the file system throws.
   */
  async has(oid: string): Promise<boolean> {
    // For a few of them: one look at a file each may spare the reading of all indexes.
    return (await this.#file(oid)) !== undefined || (await this.#packed(oid)) !== undefined;
  }

  /**
   * @param oid in lower case.
   * @returns undefined where it certainly is not there.
   * @throws what the file system throws.
   */
  async locate(oid: string): Promise<ObjectPlace | undefined> {
    // For many of them: most are in packs, whose indexes are in memory then.
    const packed = await this.#packed(oid);
    if (packed !== undefined && packed !== 'unknown') return packed;
    return (await this.#file(oid)) ?? packed;
  }

  #readDirectories(): Promise<readonly string[]> {
    return (this.#directories ??= objectDirectories(this.#fs, this.#gitdir));
  }

  async #file(oid: string): Promise<ObjectPlace | undefined> {
    for (const directory of await this.#readDirectories()) {
      const file = `${directory}/${oid.slice(0, 2)}/${oid.slice(2)}`;
      if (await isThere(this.#fs, file)) return { file };
    }
    return undefined;
  }

  async #packed(oid: string): Promise<ObjectPlace | undefined> {
    this.#packs ??= readPacks(this.#fs, await this.#readDirectories());
    const { packs, isCertain } = await this.#packs;
    const bytes = bytesOfOid(oid);
    for (const pack of packs) {
      const offset = pack.index.find(bytes);
      if (offset !== undefined) return { pack, offset };
    }
    return isCertain ? undefined : 'unknown';
  }
}

interface Packs {
  readonly packs: readonly StoredPack[];
  /** Whether an object that is in none of them is not there. */
  readonly isCertain: boolean;
}

async function readPacks(fs: PromiseFileSystem, directories: readonly string[]): Promise<Packs> {
  const packs: StoredPack[] = [];
  let isCertain = true;
  for (const directory of directories) {
    const names = (await fs.readdir(`${directory}/pack`).catch(isMissing)) || [];
    // What a partial clone lacks, its server has promised.
    if (names.some((name) => name.endsWith('.promisor'))) isCertain = false;
    for (const name of names.filter((each) => each.endsWith('.idx'))) {
      const bytes = (await fs.readFile(`${directory}/pack/${name}`)) as Uint8Array;
      const path = `${directory}/pack/${name.replace(/idx$/, 'pack')}`;
      if (PackIndex.isOne(bytes)) packs.push({ path, index: new PackIndex(bytes) });
      else isCertain = false;
    }
  }
  return { packs, isCertain };
}
