/**
 * A pack on its way into a repository: written under a temporary name, and under its own when it is
 * whole, `.pack` first and `.idx` last, since a pack is there for git when its index is
 * (builtin/index-pack.c, `final()`). Whatever fails leaves nothing.
 */
import type { IndexedPack, PackSink } from '../pack/options.js';
import {
  isExisting,
  isMissing,
  promisesOf,
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
   * @param fs isomorphic-git's.
   * @param gitdir the repository, for example `/work/.git`.
   * @throws what the file system throws.
   */
  static async begin(fs: object, gitdir: string): Promise<NewPack> {
    const promises = promisesOf(fs);
    const directory = `${gitdir}/objects/pack`;
    for (const path of [`${gitdir}/objects`, directory]) {
      await promises.mkdir(path).catch((error: unknown) => {
        if (!isExisting(error)) throw error;
      });
    }
    // git's own name for such files: `git gc` and `git prune` remove what a crash has left.
    const temporary = `${directory}/tmp_pack_${crypto.randomUUID()}`;
    const file = await promises.open?.(temporary, 'wx+');
    return new NewPack(promises, directory, temporary, file);
  }

  /**
   * The pack is whole: puts it and its index in place.
   *
   * @throws what the file system throws; nothing is left then.
   */
  async finish({ checksum, idx, pack }: IndexedPack): Promise<void> {
    const name = `${this.#directory}/pack-${checksum}`;
    const index = `${this.#temporary}.idx`;
    try {
      if (this.#file !== undefined) {
        await this.#file.sync();
        await this.#close();
      } else if (pack !== undefined) {
        await this.#fs.writeFile(this.#temporary, pack);
      }
      // Both are written before either is in place: room that runs out is found out here.
      await this.#fs.writeFile(index, idx);
      // The same pack may be there from before, with an index that needs it.
      const wasThere = await this.#fs.stat(`${name}.idx`).then(() => true, isMissing);
      await this.#fs.rename(this.#temporary, `${name}.pack`);
      try {
        await this.#fs.rename(index, `${name}.idx`);
      } catch (error) {
        // Without its index it is of no use, and nothing else would ever remove it.
        if (!wasThere) await this.#remove(`${name}.pack`);
        throw error;
      }
    } catch (error) {
      await this.#remove(index);
      await this.discard();
      throw error;
    }
  }

  /** Leaves nothing of it. Never rejects. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#remove(this.#temporary);
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
