/**
 * A pack on its way into a repository: written under a temporary name, and under its own when it is
 * whole, `.pack` first and `.idx` last, since a pack is there for git when its index is
 * (builtin/index-pack.c, `final()`). Whatever fails leaves nothing.
 */
import { GitWsError } from '../base/errors.js';
import { randomName } from '../base/random-name.js';
import { useFileSystem } from '../base/failure.js';
import { whenAll } from '../base/when-all.js';
import type { IndexedPack, PackSink } from '../pack/index/index-pack-options.js';
import {
  makeDirectory,
  promisesOf,
  storeTogether,
  type OpenFile,
  type PromiseFileSystem,
} from '../storage/file-system.js';
import {
  expectWhole,
  isThere,
  isWhole,
  moveFile,
  writeAt,
  writeWhole,
} from '../storage/whole-file.js';

/** A pack that is stored while it comes, so that what has come outlives this page or process. */
export interface StoredPack {
  /** The name of its file until it is whole, in `objects/pack`. */
  readonly name: string;
  /** Bytes of it that are there. */
  readonly bytes: number;
  /** Told, before anything else is read, what waits until all is stored that was written. */
  onBegin(sync: () => Promise<void>): void;
}

/** A pack, and what is written of it. */
export class NewPack {
  /** Where the bytes go as they come; undefined where the file system takes whole files alone. */
  readonly sink: PackSink | undefined;
  readonly #fs: PromiseFileSystem;
  readonly #directory: string;
  readonly #temporary: string;
  /** Of its index: not a name that ends in `.idx`, which would be one of a pack to all who look. */
  readonly #temporaryIndex: string;
  readonly #letGo: (() => Promise<void>) | undefined;
  #file: OpenFile | undefined;

  private constructor(
    fs: PromiseFileSystem,
    directory: string,
    name: string,
    file: OpenFile | undefined,
    letGo: (() => Promise<void>) | undefined,
    stored = 0,
  ) {
    this.#fs = fs;
    this.#directory = directory;
    this.#temporary = `${directory}/${name}`;
    this.#temporaryIndex = `${directory}/${name.replace('pack', 'idx')}`;
    this.#file = file;
    this.#letGo = letGo;
    this.sink = file === undefined ? undefined : sinkOf(file, stored);
  }

  /**
   * @param fs isomorphic-git's. One that cannot rename gets the pack under its own name at once.
   * @param gitdir the repository, for example `/site/.git`.
   * @param stored where what has come is to outlive this page or process.
   * @throws what the file system throws, as {@link useFileSystem} has it.
   */
  static begin(fs: object, gitdir: string, stored?: StoredPack): Promise<NewPack> {
    return useFileSystem(() => NewPack.#open(fs, gitdir, stored));
  }

  static async #open(fs: object, gitdir: string, stored: StoredPack | undefined): Promise<NewPack> {
    const promises = promisesOf(fs);
    const directory = `${gitdir}/objects/pack`;
    for (const path of [`${gitdir}/objects`, directory]) await makeDirectory(promises, path);
    const name = stored?.name ?? temporaryName();
    const temporary = `${directory}/${name}`;
    const flags = stored !== undefined && stored.bytes > 0 ? 'r+' : 'wx+';
    const letGo = await promises.hold?.(temporary);
    try {
      await removeLeft(promises, directory);
      const file = promises.rename && (await promises.open?.(temporary, flags));
      if (file !== undefined) stored?.onBegin(() => useFileSystem(() => file.sync()));
      return new NewPack(promises, directory, name, file, letGo, stored?.bytes);
    } catch (error) {
      await letGo?.();
      throw error;
    }
  }

  /**
   * The pack is whole: puts it and its index in place. A pack that is there already stays as it is.
   *
   * @param promisor what is written beside a pack of a promisor (`.promisor`): before the index, without
   *   which nobody sees the pack, so that what it lacks is promised from the first moment on.
   * @throws what the file system throws, as {@link useFileSystem} has it; FILE_SYSTEM_FAILED where it
   *   has written less than it says. Nothing is left then.
   */
  finish(pack: IndexedPack, promisor?: string): Promise<void> {
    return useFileSystem(() => this.#finish(pack, promisor));
  }

  async #finish(pack: IndexedPack, promisor: string | undefined): Promise<void> {
    const name = `${this.#directory}/pack-${pack.checksum}`;
    const [packPath, indexPath] = [`${name}.pack`, `${name}.idx`];
    try {
      const hadPack = await isWhole(this.#fs, packPath, pack.bytes);
      const hadIndex = await isThere(this.#fs, indexPath);
      const isMarked = promisor !== undefined && !(await isThere(this.#fs, `${name}.promisor`));
      try {
        if (isMarked) await this.#mark(name, promisor);
        if (hadPack && (await isWhole(this.#fs, indexPath, pack.idx.length))) return;
        await this.#file?.sync();
        await this.#close();
        await this.#put(name, pack, hadPack);
      } catch (error) {
        // What could be read before stays: an index by another program, for example.
        const isUseless = !(hadPack && hadIndex);
        if (isUseless || this.#fs.rename === undefined) await this.#remove(indexPath);
        if (isUseless) await this.#remove(packPath);
        if (isMarked) await this.#remove(`${name}.promisor`);
        throw error;
      }
    } finally {
      await this.#remove(this.#temporaryIndex);
      await this.discard();
    }
  }

  /** Leaves nothing of it. Never rejects. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#remove(this.#temporary);
    await this.#letGo?.().catch(() => undefined);
  }

  /** Says that a promisor has sent it. */
  async #mark(name: string, promisor: string): Promise<void> {
    const bytes = new TextEncoder().encode(promisor);
    await this.#fs.writeFile(`${name}.promisor`, bytes);
    await expectWhole(this.#fs, `${name}.promisor`, bytes.length);
  }

  /** Writes both, as far as they have not been written as they came, and gives them their names. */
  async #put(name: string, { bytes, idx, pack }: IndexedPack, hadPack: boolean): Promise<void> {
    const fs = this.#fs;
    if (fs.rename === undefined) {
      if (pack !== undefined && !hadPack) await fs.writeFile(`${name}.pack`, pack);
      await expectWhole(fs, `${name}.pack`, bytes);
      await fs.writeFile(`${name}.idx`, idx);
      await expectWhole(fs, `${name}.idx`, idx.length);
      return;
    }
    const index = this.#temporaryIndex;
    await storeTogether(fs, async (together) => {
      // Both are written, at once, before either is in place: room that runs out is found out here.
      await whenAll([
        pack === undefined ? undefined : together.writeFile(this.#temporary, pack),
        writeWhole(together, index, idx),
      ]);
      await moveFile(together, this.#temporary, `${name}.pack`);
      await expectWhole(together, `${name}.pack`, bytes);
      await moveFile(together, index, `${name}.idx`);
      await expectWhole(together, `${name}.idx`, idx.length);
    });
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #remove(path: string): Promise<void> {
    // Not there: then there is nothing to remove.
    await this.#fs.unlink(path).catch(() => undefined);
  }
}

/**
 * Removes packs that nobody finishes: their page was closed or killed. Only where the file system knows
 * who lives; in one that does not, git removes them some day.
 */
async function removeLeft(fs: PromiseFileSystem, directory: string): Promise<void> {
  if (fs.hold === undefined) return;
  const names = await fs.readdir(directory);
  const packs = names.map((name) => /^tmp_(?:pack|idx)_([0-9a-f]+)$/.exec(name)?.[1]);
  for (const pack of new Set(packs)) {
    const letGo = pack && (await fs.hold(`${directory}/tmp_pack_${pack}`));
    if (!letGo) continue;
    for (const kind of ['pack', 'idx']) {
      await fs.unlink(`${directory}/tmp_${kind}_${pack}`).catch(() => undefined);
    }
    await letGo();
  }
}

/**
 * @returns a name for the file of a pack that comes: git's own for such files, of which `git gc` and
 *   `git prune` remove what a crash has left.
 */
export function temporaryName(): string {
  return `tmp_pack_${randomName()}`;
}

/** @param stored bytes that are in the file, and are written first of all. */
function sinkOf(file: OpenFile, stored: number): PackSink {
  let known = 0;
  return {
    write: (bytes, position) => {
      const isKnown = position === known && position + bytes.length <= stored;
      if (!isKnown) return useFileSystem(() => writeAt(file, bytes, position));
      known += bytes.length;
    },
    read: (position, length) => useFileSystem(() => readAt(file, position, length)),
  };
}

/** Bytes of a stored pack that are read at once. */
const readAtOnce = 0x40000;

/** @returns what a sink has, and then what else comes. @throws GitWsError FILE_SYSTEM_FAILED where it has less. */
export async function* afterStored(
  sink: PackSink | undefined,
  stored: number,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < stored;) {
    const bytes = await sink?.read?.(at, Math.min(readAtOnce, stored - at));
    if (bytes === undefined || bytes.length === 0) {
      const message = 'The file system has less of the pack than it said it had stored.';
      throw new GitWsError('FILE_SYSTEM_FAILED', message);
    }
    at += bytes.length;
    yield bytes;
  }
  yield* source;
}

async function readAt(file: OpenFile, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, position + at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}
