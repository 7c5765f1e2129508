/**
 * A file of a repository that is read here and there: opened when something is read, and closed a
 * while after the last of it, since nobody says when that was.
 */
import { useFileSystem } from '../base/failure.js';
import type { OpenFile, PromiseFileSystem } from '../storage/file-system.js';

/** How long it stays open, in ms: what a command reads comes in a row. */
const idleTime = 1_000;

/** The same where all of it had to be read, which may be a pack of 100 MB: a person's next click. */
const wholeIdleTime = 60_000;

/** The bytes of one file, of a file system that opens files or reads them whole. */
export class RangeFile {
  readonly path: string;
  readonly #fs: PromiseFileSystem;
  #source: Promise<Source> | undefined;
  #reads = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #idleTime = idleTime;

  constructor(fs: PromiseFileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  /** @returns its length in bytes. @throws what the file system throws. */
  length(): Promise<number> {
    return this.#use(({ length }) => Promise.resolve(length));
  }

  /** @returns up to so many bytes, fewer at its end. @throws what the file system throws. */
  read(position: number, length: number): Promise<Uint8Array> {
    return this.#use((source) => source.read(position, length));
  }

  /** @returns so many bytes. @throws RangeError where there are fewer; as {@link read}. */
  async readFully(position: number, length: number): Promise<Uint8Array> {
    const first = await this.read(position, length);
    if (first.length === length) return first;
    const bytes = new Uint8Array(length);
    bytes.set(first);
    for (let filled = first.length; filled < length;) {
      const piece = await this.read(position + filled, length - filled);
      if (piece.length === 0) throw new RangeError(`${this.path} is shorter than it should be.`);
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return bytes;
  }

  /** Closes it, until something is read again. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const source = this.#source;
    this.#source = undefined;
    await source?.then(({ file }) => file?.close()).catch(() => undefined);
  }

  async #use<Result>(use: (source: Source) => Promise<Result>): Promise<Result> {
    clearTimeout(this.#timer);
    this.#reads += 1;
    try {
      const source = (this.#source ??= useFileSystem(() => open(this.#fs, this.path)));
      const opened = await source;
      this.#idleTime = opened.file === undefined ? wholeIdleTime : idleTime;
      return await use(opened);
    } catch (error) {
      // It may have been removed, and be there again.
      if (this.#reads === 1) await this.close();
      throw error;
    } finally {
      this.#reads -= 1;
      if (this.#reads === 0) this.#closeLater();
    }
  }

  #closeLater(): void {
    if (this.#source === undefined) return;
    this.#timer = setTimeout(() => void this.close(), this.#idleTime);
    // Node: what is only waiting to be closed keeps no program alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}

interface Source {
  readonly length: number;
  readonly file: OpenFile | undefined;
  read(position: number, length: number): Promise<Uint8Array>;
}

async function open(fs: PromiseFileSystem, path: string): Promise<Source> {
  const file = await fs.open?.(path, 'r');
  if (file === undefined) {
    const bytes = (await fs.readFile(path)) as Uint8Array;
    const read = (at: number, length: number) => Promise.resolve(bytes.subarray(at, at + length));
    return { length: bytes.length, file, read };
  }
  try {
    const { size } = (await fs.stat(path)) as { readonly size: number };
    const read = async (at: number, length: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await file.read(bytes, 0, length, at);
      return bytes.subarray(0, bytesRead);
    };
    return { length: size, file, read };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}
