/**
 * A pack on its way into a repository: written under a temporary name, and under its own when it is
 * whole, `.pack` first and `.idx` last, since a pack is there for git when its index is
 * (builtin/index-pack.c, `final()`). Whatever fails leaves nothing.
 */
import type { IndexedPack, PackSink } from '../pack/options.js';
import {
  isMissing,
  makeDirectory,
  promisesOf,
  randomName,
  type OpenFile,
  type PromiseFileSystem,
} from './file-system.js';

/** See the head of this file. */
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
   * @throws what the file system throws.
   */
  static async begin(fs: object, gitdir: string): Promise<NewPack> {
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
   * @throws what the file system throws; nothing is left then.
   */
  async finish({ checksum, idx, pack }: IndexedPack): Promise<void> {
    const name = `${this.#directory}/pack-${checksum}`;
    try {
      if ((await this.#isThere(`${name}.pack`)) && (await this.#isThere(`${name}.idx`))) return;
      await this.#file?.sync();
      await this.#close();
      try {
        await this.#put(name, pack, idx);
      } catch (error) {
        if (this.#fs.rename === undefined) await this.#remove(`${name}.idx`);
        // Without its index it is of no use, and nothing else would ever remove it.
        if (!(await this.#isThere(`${name}.idx`))) await this.#remove(`${name}.pack`);
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

  /** Writes both, as far as they have not been written as they came, and gives them their names. */
  async #put(name: string, pack: Uint8Array | undefined, idx: Uint8Array): Promise<void> {
    const fs = this.#fs;
    if (fs.rename === undefined) {
      if (pack !== undefined) await fs.writeFile(`${name}.pack`, pack);
      await fs.writeFile(`${name}.idx`, idx);
      return;
    }
    const index = `${this.#temporary}.idx`;
    // Both are written, at once, before either is in place: room that runs out is found out here.
    const written = await Promise.allSettled([
      pack === undefined ? undefined : fs.writeFile(this.#temporary, pack),
      write(fs, index, idx),
    ]);
    for (const each of written) if (each.status === 'rejected') throw each.reason;
    await fs.rename(this.#temporary, `${name}.pack`);
    await fs.rename(index, `${name}.idx`);
  }

  async #isThere(path: string): Promise<boolean> {
    return this.#fs.stat(path).then(() => true, isMissing);
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

/** Writes a file, and waits until it is safe where the file system can say so. */
async function write(fs: PromiseFileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open?.(path, 'wx+');
  if (file === undefined) {
    await fs.writeFile(path, bytes);
    return;
  }
  try {
    await sinkOf(file).write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

function sinkOf(file: OpenFile): PackSink {
  return {
    async write(bytes, position) {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
        at += bytesWritten;
      }
    },
    async read(position, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const { bytesRead } = await file.read(bytes, at, length - at, position + at);
        if (bytesRead === 0) return bytes.subarray(0, at);
        at += bytesRead;
      }
      return bytes;
    },
  };
}
