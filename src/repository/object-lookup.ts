/**
 * Whether a repository has an object: as a file of its own, or in a pack by that pack's index
 * (gitrepository-layout(5)), its alternates included. No object is read.
 */
import { isMissing, promisesOf, type PromiseFileSystem } from './file-system.js';
import { objectDirectories } from './git-directory.js';
import { PackIndex } from './pack-index.js';
import { isThere } from './whole-file.js';

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
    const directories = await (this.#directories ??= objectDirectories(this.#fs, this.#gitdir));
    for (const directory of directories) {
      const path = `${directory}/${oid.slice(0, 2)}/${oid.slice(2)}`;
      if (await isThere(this.#fs, path)) return true;
    }
    this.#packs ??= readPacks(this.#fs, directories);
    const { indexes, isCertain } = await this.#packs;
    return !isCertain || indexes.some((index) => index.has(oid));
  }
}

interface Packs {
  readonly indexes: readonly PackIndex[];
  /** Whether an object that is in none of them is not there. */
  readonly isCertain: boolean;
}

async function readPacks(fs: PromiseFileSystem, directories: readonly string[]): Promise<Packs> {
  const indexes: PackIndex[] = [];
  let isCertain = true;
  for (const directory of directories) {
    const names = (await fs.readdir(`${directory}/pack`).catch(isMissing)) || [];
    // What a partial clone lacks, its server has promised.
    if (names.some((name) => name.endsWith('.promisor'))) isCertain = false;
    for (const name of names.filter((each) => each.endsWith('.idx'))) {
      const bytes = (await fs.readFile(`${directory}/pack/${name}`)) as Uint8Array;
      if (PackIndex.isOne(bytes)) indexes.push(new PackIndex(bytes));
      else isCertain = false;
    }
  }
  return { indexes, isCertain };
}
