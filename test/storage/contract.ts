/**
 * What a file system has to do, as cases that run in Node and in a page: over Node's own, which is the
 * judge, and over those of pages.
 */

/** The functions that the cases call, of Node's `fs.promises` or LightningFS's. */
export interface CaseFileSystem {
  readFile(path: string, options?: 'utf8'): Promise<unknown>;
  writeFile(path: string, data: Uint8Array | string): Promise<unknown>;
  mkdir(path: string): Promise<unknown>;
  rmdir(path: string): Promise<unknown>;
  readdir(path: string): Promise<readonly string[]>;
  unlink(path: string): Promise<unknown>;
  rename(from: string, to: string): Promise<unknown>;
  stat(path: string): Promise<CaseStats>;
  lstat(path: string): Promise<CaseStats>;
  symlink(target: string, path: string): Promise<unknown>;
  readlink(path: string): Promise<unknown>;
  chmod(path: string, mode: number): Promise<unknown>;
  utimes(path: string, atime: number, mtime: number): Promise<unknown>;
  open?(path: string, flags: string): Promise<CaseFile>;
}

/** The facts that the cases look at. */
export interface CaseStats {
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  readonly ino: unknown;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** A file that was opened. */
export interface CaseFile {
  read(
    buffer: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>;
  write(buffer: Uint8Array, at: number, length: number, position: number): Promise<unknown>;
  sync(): Promise<unknown>;
  truncate(length: number): Promise<unknown>;
  stat(): Promise<{ readonly size: number }>;
  close(): Promise<unknown>;
}

/** One case. It works in an empty directory, and returns what the judge has to return as well. */
export interface FileSystemCase {
  readonly name: string;
  /** Whether plain LightningFS does otherwise. */
  readonly notPlain?: true;
  run(fs: CaseFileSystem, directory: string): Promise<unknown>;
}

/** The code that a call rejects with, or `none`. */
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => String((error as { code?: unknown }).code),
  );

const text = (fs: CaseFileSystem, path: string): Promise<unknown> => fs.readFile(path, 'utf8');

/** Bytes that say where they are. */
export function pattern(length: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed) & 0xff;
  return bytes;
}

/** A short name for bytes. */
function sum(bytes: Uint8Array): string {
  let [one, other] = [1, 0];
  for (const byte of bytes) {
    one = (one + byte) % 65_521;
    other = (other + one) % 65_521;
  }
  return `${bytes.length}:${other.toString(16)}${one.toString(16)}`;
}

const bytesAt = async (fs: CaseFileSystem, path: string): Promise<string> =>
  sum(new Uint8Array((await fs.readFile(path)) as Uint8Array));

/** All cases. */
export const fileSystemCases: readonly FileSystemCase[] = [
  {
    name: 'a file has the bytes that were written last',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, 'first, and longer');
      await fs.writeFile(`${dir}/a`, new Uint8Array([1, 2, 3]));
      const { size } = await fs.stat(`${dir}/a`);
      return [await bytesAt(fs, `${dir}/a`), size];
    },
  },
  {
    name: 'a view of a larger buffer is written as the view alone',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, pattern(1000).subarray(10, 20));
      return bytesAt(fs, `${dir}/a`);
    },
  },
  {
    name: 'an empty file is a file',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, '');
      return [await text(fs, `${dir}/a`), (await fs.stat(`${dir}/a`)).isFile()];
    },
  },
  {
    name: 'text is UTF-8',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/ä`, 'Grüße 😀');
      return [await text(fs, `${dir}/ä`), (await fs.stat(`${dir}/ä`)).size, await fs.readdir(dir)];
    },
  },
  {
    name: 'large files are whole, become small, and large again',
    async run(fs, dir) {
      const seen: unknown[] = [];
      for (const length of [
        3_000_000, 1_048_576, 1_048_577, 10, 2_500_000, 262_144, 0, 2_000_000,
      ]) {
        await fs.writeFile(`${dir}/a`, pattern(length, length));
        seen.push(await bytesAt(fs, `${dir}/a`), (await fs.stat(`${dir}/a`)).size);
      }
      return seen;
    },
  },
  {
    name: 'bytes that were read belong to the reader',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, pattern(100));
      ((await fs.readFile(`${dir}/a`)) as Uint8Array).fill(0);
      return bytesAt(fs, `${dir}/a`);
    },
  },
  {
    name: 'what is not there is ENOENT',
    notPlain: true,
    async run(fs, dir) {
      const missing = `${dir}/missing`;
      return Promise.all([
        codeOf(fs.readFile(missing)),
        codeOf(fs.stat(missing)),
        codeOf(fs.lstat(missing)),
        codeOf(fs.readdir(missing)),
        codeOf(fs.unlink(missing)),
        codeOf(fs.rmdir(missing)),
        codeOf(fs.rename(missing, `${dir}/other`)),
        codeOf(fs.readlink(missing)),
        codeOf(fs.writeFile(`${missing}/a`, 'a')),
        codeOf(fs.mkdir(`${missing}/a`)),
        codeOf(fs.chmod(missing, 0o644)),
      ]);
    },
  },
  {
    name: 'a file in the place of a directory is ENOTDIR',
    notPlain: true,
    async run(fs, dir) {
      await fs.writeFile(`${dir}/file`, 'a');
      const below = `${dir}/file/below`;
      return Promise.all([
        codeOf(fs.readFile(below)),
        codeOf(fs.stat(below)),
        codeOf(fs.writeFile(below, 'a')),
        codeOf(fs.mkdir(below)),
        codeOf(fs.unlink(below)),
        codeOf(fs.readdir(`${dir}/file`)),
        codeOf(fs.rmdir(`${dir}/file`)),
      ]);
    },
  },
  {
    name: 'a directory in the place of a file is EISDIR',
    notPlain: true,
    async run(fs, dir) {
      await fs.mkdir(`${dir}/inner`);
      await fs.writeFile(`${dir}/file`, 'a');
      return [
        await codeOf(fs.readFile(`${dir}/inner`)),
        await codeOf(fs.writeFile(`${dir}/inner`, 'a')),
        await codeOf(fs.rename(`${dir}/file`, `${dir}/inner`)),
        await codeOf(fs.rename(`${dir}/inner`, `${dir}/file`)),
        await text(fs, `${dir}/file`),
      ];
    },
  },
  {
    name: 'directories are made once, and removed when they are empty',
    async run(fs, dir) {
      await fs.mkdir(`${dir}/one`);
      await fs.writeFile(`${dir}/one/a`, 'a');
      const codes = [await codeOf(fs.mkdir(`${dir}/one`)), await codeOf(fs.rmdir(`${dir}/one`))];
      await fs.unlink(`${dir}/one/a`);
      await fs.rmdir(`${dir}/one`);
      return [codes, await fs.readdir(dir)];
    },
  },
  {
    name: 'a rename takes the place of a file, and moves all of a directory',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, 'a');
      await fs.writeFile(`${dir}/b`, 'b');
      await fs.rename(`${dir}/a`, `${dir}/b`);
      await fs.mkdir(`${dir}/one`);
      await fs.mkdir(`${dir}/one/inner`);
      await fs.writeFile(`${dir}/one/inner/c`, pattern(2_000_000));
      await fs.rename(`${dir}/one`, `${dir}/two`);
      return [
        [...(await fs.readdir(dir))].sort(),
        await text(fs, `${dir}/b`),
        await bytesAt(fs, `${dir}/two/inner/c`),
        await codeOf(fs.stat(`${dir}/one/inner/c`)),
      ];
    },
  },
  {
    name: 'a rename onto itself leaves a file, and none goes into itself',
    notPlain: true,
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, 'a');
      await fs.rename(`${dir}/a`, `${dir}/a`);
      await fs.mkdir(`${dir}/one`);
      await fs.mkdir(`${dir}/one/inner`);
      await fs.mkdir(`${dir}/empty`);
      return [
        await text(fs, `${dir}/a`),
        await codeOf(fs.rename(`${dir}/one`, `${dir}/one/inner/one`)),
        await codeOf(fs.rename(`${dir}/empty`, `${dir}/one`)),
        await codeOf(fs.rename(`${dir}/one`, `${dir}/empty`)),
        [...(await fs.readdir(dir))].sort(),
      ];
    },
  },
  {
    name: 'symbolic links are followed, where the call follows them',
    notPlain: true,
    async run(fs, dir) {
      await fs.mkdir(`${dir}/one`);
      await fs.writeFile(`${dir}/one/a`, 'a');
      await fs.symlink('one', `${dir}/link`);
      await fs.symlink('../one/a', `${dir}/one/back`);
      await fs.symlink('nowhere', `${dir}/dangling`);
      await fs.symlink('ring', `${dir}/ring`);
      await fs.writeFile(`${dir}/one/back`, 'written through');
      await fs.writeFile(`${dir}/dangling`, 'made through');
      return [
        await text(fs, `${dir}/link/a`),
        await text(fs, `${dir}/nowhere`),
        await fs.readlink(`${dir}/link`),
        (await fs.lstat(`${dir}/link`)).isSymbolicLink(),
        (await fs.stat(`${dir}/link`)).isDirectory(),
        await codeOf(fs.readFile(`${dir}/ring`)),
        await codeOf(fs.readlink(`${dir}/one/a`)),
        [...(await fs.readdir(`${dir}/link`))].sort(),
        await fs.unlink(`${dir}/link`).then(async () => text(fs, `${dir}/one/a`)),
      ];
    },
  },
  {
    name: 'permissions and times are what they were set to',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, 'a');
      await fs.chmod(`${dir}/a`, 0o755);
      await fs.utimes(`${dir}/a`, 1_000_000_000, 1_234_567_890);
      const { mode, mtimeMs } = await fs.stat(`${dir}/a`);
      return [mode & 0o777, mtimeMs];
    },
  },
  {
    name: 'a file keeps its inode when it is written and renamed, and no two have one',
    async run(fs, dir) {
      await fs.writeFile(`${dir}/a`, 'a');
      await fs.writeFile(`${dir}/b`, 'b');
      const [a, b] = [await fs.stat(`${dir}/a`), await fs.stat(`${dir}/b`)];
      await fs.writeFile(`${dir}/a`, 'again');
      await fs.rename(`${dir}/a`, `${dir}/c`);
      return [a.ino === (await fs.stat(`${dir}/c`)).ino, a.ino === b.ino];
    },
  },
  {
    name: 'many calls at once all have their effect',
    async run(fs, dir) {
      const names = Array.from({ length: 300 }, (_, at) => `file-${at}`);
      await Promise.all(names.map((name) => fs.writeFile(`${dir}/${name}`, name)));
      const read = await Promise.all(names.map((name) => text(fs, `${dir}/${name}`)));
      await Promise.all(names.slice(50).map((name) => fs.unlink(`${dir}/${name}`)));
      return [read.every((found, at) => found === names[at]), (await fs.readdir(dir)).length];
    },
  },
  {
    name: 'a file that was opened is written and read at positions',
    notPlain: true,
    async run(fs, dir) {
      if (fs.open === undefined) throw new Error('It has no open.');
      const file = await fs.open(`${dir}/pack`, 'wx+');
      const all = pattern(1_900_003);
      for (let at = 0; at < all.length; at += 65_536)
        await file.write(all, at, Math.min(65_536, all.length - at), at);
      // As the completion of a thin pack does.
      await file.write(pattern(12, 5), 0, 12, 0);
      await file.write(pattern(20, 9), 0, 20, all.length - 20);
      const part = new Uint8Array(600_000);
      const { bytesRead } = await file.read(part, 100, 500_000, 250_000);
      const { size } = await file.stat();
      await file.sync();
      const seen: unknown[] = [bytesRead, sum(part), size];
      await file.close();
      seen.push(await bytesAt(fs, `${dir}/pack`), await codeOf(fs.open(`${dir}/pack`, 'wx+')));
      const again = await fs.open(`${dir}/pack`, 'r+');
      await again.truncate(300_000);
      await again.write(pattern(10), 0, 10, 600_000);
      seen.push((await again.read(part, 0, 20, 599_995)).bytesRead, sum(part.subarray(0, 15)));
      await again.close();
      return [...seen, await bytesAt(fs, `${dir}/pack`), await codeOf(again.sync())];
    },
  },
  {
    name: 'a small file is written on when it is opened, and emptied by w',
    notPlain: true,
    async run(fs, dir) {
      if (fs.open === undefined) throw new Error('It has no open.');
      await fs.writeFile(`${dir}/a`, pattern(400_000));
      const file = await fs.open(`${dir}/a`, 'r+');
      await file.write(pattern(7, 3), 0, 7, 400_001);
      await file.close();
      const grown = await bytesAt(fs, `${dir}/a`);
      await (await fs.open(`${dir}/a`, 'w')).close();
      return [grown, await bytesAt(fs, `${dir}/a`), await codeOf(fs.open(`${dir}/b`, 'r'))];
    },
  },
];
