/** What LightningFS's promises call: each function as its own backend has it, on a volume. */
import type { Batch } from './batch.js';
import { Contents } from './contents.js';
import { FileError } from './errors.js';
import { copy, type CopyOptions } from './copy.js';
import type { Node } from './node.js';
import type { Tree } from './tree.js';
import type { Volume } from './volume.js';

/** Options of calls, as LightningFS hands them on. */
interface CallOptions {
  readonly encoding?: string;
  readonly mode?: number;
}

/** See the comment above. */
export class Backend {
  readonly volume: Volume;
  readonly contents: Contents;

  constructor(volume: Volume, contents = new Contents(volume)) {
    this.volume = volume;
    this.contents = contents;
  }

  /** Changes the tree; resolves when that is stored. @throws as {@link Volume.change}. */
  change<Result>(change: (tree: Tree, batch: Batch) => Result): Promise<Result> {
    return this.volume.change(change);
  }

  /** The volume opens itself. */
  async init(): Promise<void> {}
  async activate(): Promise<void> {}
  async deactivate(): Promise<void> {}
  /** Everything is stored as it comes. */
  saveSuperblock(): void {}

  async destroy(): Promise<void> {
    await this.volume.close();
  }

  async flush(): Promise<void> {
    await this.volume.flush();
  }

  async readFile(path: string, options?: CallOptions | string): Promise<Uint8Array | string> {
    const encoding = typeof options === 'string' ? options : options?.encoding;
    expectUtf8(encoding, 'readFile');
    const bytes = await this.volume.use(() => this.contents.file(path));
    if (encoding !== undefined && encoding !== '') return decode(bytes);
    // LightningFS's bytes say so, too.
    Object.defineProperty(bytes, 'toString', { value: () => decode(bytes), configurable: true });
    return bytes;
  }

  async writeFile(
    path: string,
    data: Uint8Array | string,
    options?: CallOptions | string,
  ): Promise<void> {
    const given = typeof options === 'string' ? { encoding: options } : options;
    if (typeof data === 'string') expectUtf8(given?.encoding, 'writeFile');
    const bytes = bytesOf(data);
    await this.change((tree, batch) => {
      batch.put(tree.write(path, bytes.length, given?.mode), bytes);
    });
  }

  async unlink(path: string): Promise<void> {
    await this.change((tree, batch) => batch.remove(tree.unlink(path)));
  }

  async readdir(path: string): Promise<string[]> {
    return this.volume.use((tree) => {
      const { children } = tree.lookup(path);
      if (children === undefined) throw new FileError('ENOTDIR', path);
      return [...children.keys()];
    });
  }

  async mkdir(path: string, options?: CallOptions): Promise<void> {
    await this.change((tree) => void tree.mkdir(path, options?.mode));
  }

  async rmdir(path: string): Promise<void> {
    await this.change((tree) => tree.rmdir(path));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.change((tree, batch) => {
      const replaced = tree.rename(from, to);
      if (replaced !== undefined) batch.remove(replaced);
    });
  }

  /** LightningFS makes its own Stat of it. */
  async stat(path: string): Promise<Node> {
    return this.volume.use((tree) => ({ ...tree.lookup(path) }));
  }

  async lstat(path: string): Promise<Node> {
    return this.volume.use((tree) => ({ ...tree.lookup(path, false) }));
  }

  async readlink(path: string): Promise<string> {
    return this.volume.use((tree) => {
      const { target } = tree.lookup(path, false);
      if (target === undefined) throw new FileError('EINVAL', path);
      return target;
    });
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.change((tree, batch) => {
      const { removed } = tree.symlink(target, path);
      if (removed !== undefined) batch.remove(removed);
    });
  }

  async chmod(path: string, mode: number): Promise<void> {
    await this.change((tree) => {
      tree.update(tree.lookup(path), { mode, ctimeMs: Date.now() });
    });
  }

  async chown(path: string, uid: number, gid: number): Promise<void> {
    await this.change((tree) => {
      tree.update(tree.lookup(path), { uid, gid, ctimeMs: Date.now() });
    });
  }

  /** @param atimeMs in ms, as mtimeMs: LightningFS has made them of what it was given. */
  async utimes(path: string, atimeMs: number, mtimeMs: number, follow = true): Promise<void> {
    await this.change((tree) => {
      tree.update(tree.lookup(path, follow), { atimeMs, mtimeMs, ctimeMs: Date.now() });
    });
  }

  async lutimes(path: string, atimeMs: number, mtimeMs: number): Promise<void> {
    await this.utimes(path, atimeMs, mtimeMs, false);
  }

  async cp(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    await copy(this.volume, this.contents, { from, to, options });
  }

  /** There are no files behind HTTP here. */
  async backFile(path: string): Promise<void> {
    throw new FileError('ENOSYS', path);
  }

  /** @returns bytes of all files in it. */
  async du(path: string): Promise<number> {
    return this.volume.use((tree) => {
      let bytes = 0;
      const waiting = [tree.lookup(path)];
      for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
        bytes += node.size;
        for (const child of node.children?.values() ?? []) waiting.push(child);
      }
      return bytes;
    });
  }
}

function expectUtf8(encoding: string | undefined, call: string): void {
  if (encoding === undefined || encoding === '' || encoding === 'utf8') return;
  throw new Error(`Only "utf8" encoding is supported in ${call}`);
}

/** @returns the bytes of what a caller writes. @throws TypeError for what has none. */
export function bytesOf(data: unknown): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError('A file is written as bytes or as a string.');
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
