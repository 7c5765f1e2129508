/**
 * Whether a repository has an object, and where: as a file of its own, or in a pack by that pack's
 * index (gitrepository-layout(5)), its alternates included. No object is read.
 */
import { bytesOfOid } from '../pack/format/oid.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import { isThere } from '../storage/whole-file.js';
import { objectDirectories } from './git-directory.js';
import { RangeFile } from './range-file.js';
import { StoredIndex } from './stored-index.js';

/** Where an object lies in a pack. */
export interface PackedPlace {
  readonly pack: StoredPack;
  /** Of its entry in the pack, in bytes. */
  readonly offset: number;
}

/**
 * Where an object lies; `unknown`: in a pack whose index cannot be read, or nowhere yet; `promised`: not
 * here, in a partial clone, whose server may have promised it.
 */
export type ObjectPlace = { readonly file: string } | PackedPlace | 'unknown' | 'promised';

/** @returns whether an object is here, or may be: what is promised is not. */
export function isHere(place: ObjectPlace | undefined): boolean {
  return place !== undefined && place !== 'promised';
}

/** A pack of a repository. */
export interface StoredPack {
  /** The pack itself. */
  readonly path: string;
  /** Its length in bytes; Infinity where nobody says. */
  readonly bytes: number;
  readonly index: StoredIndex;
  /** Whether a promisor has sent it: what its objects name need not be here (gitformat-pack(5), partial-clone). */
  readonly isPromisor: boolean;
}

/** The objects of one repository, by their oids. */
export class ObjectLookup {
  readonly #fs: PromiseFileSystem;
  readonly #gitdir: string;
  #directories: Promise<readonly string[]> | undefined;
  #packs: Promise<Packs> | undefined;
  /** By their paths: what has been read of a pack's index stays. */
  #known: ReadonlyMap<string, StoredPack> = new Map();

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
   * @returns false where the object is certainly not there. Of a pack whose index cannot be read
   *   nothing is certain; what is promised is not there.
   * @throws what the file system throws.
   */
  async has(oid: string): Promise<boolean> {
    // For a few of them: one look at a file each may spare the reading of all indexes.
    if ((await this.#file(oid)) !== undefined) return true;
    return isHere((await this.locatePacked(oid)) ?? (await this.#elsewhere()));
  }

  /**
   * @param oid in lower case.
   * @returns undefined where it certainly is not there.
   * @throws what the file system throws.
   */
  async locate(oid: string): Promise<ObjectPlace | undefined> {
    // For many of them: most are in packs, whose indexes are in memory then.
    const packed = await this.locatePacked(oid);
    if (packed !== undefined) return packed;
    return (await this.#file(oid)) ?? this.#elsewhere();
  }

  /**
   * @param oid in lower case.
   * @returns undefined for what is in no pack that can be read.
   * @throws what the file system throws.
   */
  async locatePacked(oid: string): Promise<PackedPlace | undefined> {
    const { packs } = await this.#readPacks();
    const bytes = bytesOfOid(oid);
    for (const pack of packs) {
      const offset = await pack.index.find(bytes);
      if (offset !== undefined) return { pack, offset };
    }
    return undefined;
  }

  /**
   * Looks for many of them, most of which may be nowhere: a remote's, for example.
   *
   * @param oids in lower case.
   * @returns those that are there, as far as this can be said.
   * @throws what the file system throws.
   */
  async present(oids: Iterable<string>): Promise<readonly string[]> {
    const found: string[] = [];
    /** By directories: what is in no pack. */
    const left = new Map<string, string[]>();
    for (const oid of oids) {
      if ((await this.locatePacked(oid)) !== undefined) {
        found.push(oid);
        continue;
      }
      const folder = oid.slice(0, 2);
      const others = left.get(folder);
      if (others === undefined) left.set(folder, [oid]);
      else others.push(oid);
    }
    for (const directory of await this.#readDirectories()) {
      for (const [folder, others] of left) {
        const names = await this.#fs.readdir(`${directory}/${folder}`).catch(isMissing);
        const there = new Set(names || []);
        found.push(...others.filter((oid) => there.has(oid.slice(2))));
      }
    }
    return found;
  }

  /**
   * @returns whether a promisor has sent something: then what is not here may be promised.
   * @throws what the file system throws.
   */
  async isPartial(): Promise<boolean> {
    return (await this.#readPacks()).isPartial;
  }

  /** @returns the packs that can be read. @throws what the file system throws. */
  async packs(): Promise<readonly StoredPack[]> {
    return (await this.#readPacks()).packs;
  }

  /**
   * Looks for packs anew: some may have come or gone. Indexes that were read are not read again.
   *
   * @returns whether there are others now.
   * @throws what the file system throws.
   */
  async refresh(): Promise<boolean> {
    const before = this.#packs;
    this.#directories = undefined;
    this.#packs = undefined;
    const [old, now] = await Promise.all([before, this.#readPacks()]);
    return old?.names !== now.names;
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

  /** Where what is neither a file nor in a pack may be all the same. */
  async #elsewhere(): Promise<'unknown' | 'promised' | undefined> {
    const { isCertain, isPartial } = await this.#readPacks();
    if (!isCertain) return 'unknown';
    return isPartial ? 'promised' : undefined;
  }

  #readPacks(): Promise<Packs> {
    return (this.#packs ??= this.#listPacks().then(
      (packs) => {
        this.#known = new Map(packs.packs.map((pack) => [pack.path, pack]));
        return packs;
      },
      (error: unknown) => {
        // Not for ever: the next one who asks looks again.
        this.#packs = undefined;
        throw error;
      },
    ));
  }

  async #listPacks(): Promise<Packs> {
    const packs: StoredPack[] = [];
    const paths: string[] = [];
    let [isCertain, isPartial] = [true, false];
    for (const directory of await this.#readDirectories()) {
      const names = (await this.#fs.readdir(`${directory}/pack`).catch(isMissing)) || [];
      const promisors = new Set(names.filter((name) => name.endsWith('.promisor')));
      for (const name of names.filter((each) => each.endsWith('.idx'))) {
        const path = `${directory}/pack/${name.replace(/idx$/, 'pack')}`;
        const isPromisor = promisors.has(name.replace(/idx$/, 'promisor'));
        isPartial ||= isPromisor;
        paths.push(isPromisor ? `${path} promisor` : path);
        const known = this.#known.get(path);
        const pack =
          known?.isPromisor === isPromisor ? known : await readPack(this.#fs, path, isPromisor);
        if (pack === undefined) isCertain = false;
        else packs.push(pack);
      }
    }
    return { packs, isCertain, isPartial, names: paths.sort().join('\n') };
  }
}

interface Packs {
  readonly packs: readonly StoredPack[];
  /** Whether an object that is in none of them is not there. */
  readonly isCertain: boolean;
  /** Whether one of them is a promisor's. */
  readonly isPartial: boolean;
  /** All of them, also those that cannot be read. */
  readonly names: string;
}

/** @returns undefined for an index of another kind. */
async function readPack(
  fs: PromiseFileSystem,
  path: string,
  isPromisor: boolean,
): Promise<StoredPack | undefined> {
  const index = await StoredIndex.open(new RangeFile(fs, path.replace(/pack$/, 'idx')));
  if (index === undefined) return undefined;
  const stat = (await fs.stat(path).catch(isMissing)) as { readonly size?: number } | false;
  const bytes = stat === false ? undefined : stat.size;
  return { path, bytes: bytes ?? Infinity, index, isPromisor };
}
