/**
 * A pack on its way into a repository: written under a temporary name, and under its own when it is
 * whole, `.pack` first and `.idx` last, since a pack is there for git when its index is
 * (builtin/index-pack.c, `final()`). Whatever fails leaves nothing.
 */
import { randomName } from '../base/random-name.js';
import { useFileSystem } from '../base/failure.js';
import type { IndexedPack, PackSink } from '../pack/index/options.js';
import {
  makeDirectory,
  promisesOf,
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

/** A pack, and what is written of it. */
export class NewPack {
  /** Where the bytes go as they come; undefined where the file system takes whole files alone. */
  readonly sink: PackSink | undefined;
  readonly #fs: PromiseFileSystem;
  readonly #directory: string;
  readonly #temporary: string;
  #file: OpenFile | undefined;

  private constructor(
    fs: PromiseFileSystem,
    directory: string,
    temporary: string,
    file: OpenFile | undefined,
  ) {
    this.#fs = fs;
    this.#directory = directory;
    this.#temporary = temporary;
    this.#file = file;
    this.sink = file === undefined ? undefined : sinkOf(file);
  }

  /**
   * @param fs isomorphic-git's. One that cannot rename gets the pack under its own name at once.
   * @param gitdir the repository, for example `/site/.git`.
   * @throws what the file system throws, as {@link useFileSystem} has it.
   */
  static begin(fs: object, gitdir: string): Promise<NewPack> {
    return useFileSystem(() => NewPack.#open(fs, gitdir));
  }

  static async #open(fs: object, gitdir: string): Promise<NewPack> {
    const promises = promisesOf(fs);
    const directory = `${gitdir}/objects/pack`;
    for (const path of [`${gitdir}/objects`, directory]) await makeDirectory(promises, path);
    // git's own name for such files: `git gc` and `git prune` remove what a crash has left.
    const temporary = `${directory}/tmp_pack_${randomName()}`;
    const file = promises.rename && (await promises.open?.(temporary, 'wx+'));
    return new NewPack(promises, directory, temporary, file);
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
      await this.#remove(`${this.#temporary}.idx`);
      await this.discard();
    }
  }

  /** Leaves nothing of it. Never rejects. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#remove(this.#temporary);
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
    const index = `${this.#temporary}.idx`;
    // Both are written, at once, before either is in place: room that runs out is found out here.
    const written = await Promise.allSettled([
      pack === undefined ? undefined : fs.writeFile(this.#temporary, pack),
      writeWhole(fs, index, idx),
    ]);
    for (const each of written) if (each.status === 'rejected') throw each.reason;
    await moveFile(fs, this.#temporary, `${name}.pack`);
    await expectWhole(fs, `${name}.pack`, bytes);
    await moveFile(fs, index, `${name}.idx`);
    await expectWhole(fs, `${name}.idx`, idx.length);
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

function sinkOf(file: OpenFile): PackSink {
  return {
    write: (bytes, position) => useFileSystem(() => writeAt(file, bytes, position)),
    read: (position, length) => useFileSystem(() => readAt(file, position, length)),
  };
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
