/**
 * Files that are written whole, or else fail: some file systems resolve and have written less, a
 * browser's among them, and what is not there must not be taken for a pack.
 */
import { compareBytes } from '../base/compare-bytes.js';
import { GitWsError } from '../base/errors.js';
import { isMissing, type OpenFile, type PromiseFileSystem } from './file-system.js';

/** Bytes of a file that is written in one step where that is as safe: as many as a value of IndexedDB has. */
const smallFile = 256 * 1024;

/**
 * Writes a file, waits until it is safe where the file system can say so, and looks whether it is
 * whole.
 *
 * @throws what the file system throws; GitWsError FILE_SYSTEM_FAILED where less is there.
 */
export async function writeWhole(
  fs: PromiseFileSystem,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  // Where changes can be stored together, a small file is safe when writing it resolves.
  const isSmall = fs.gather !== undefined && bytes.length <= smallFile;
  const file = isSmall ? undefined : await fs.open?.(path, 'wx+');
  if (file === undefined) {
    await fs.writeFile(path, bytes);
  } else {
    try {
      await writeAt(file, bytes, 0);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await expectWhole(fs, path, bytes.length);
}

/** Writes all of these bytes. @throws as {@link writeWhole}. */
export async function writeAt(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (!(bytesWritten > 0)) throw notWhole(`none of ${bytes.length - at} bytes`);
    at += bytesWritten;
  }
}

/** @throws GitWsError FILE_SYSTEM_FAILED unless a file has as many bytes; what `stat` throws. */
export async function expectWhole(
  fs: PromiseFileSystem,
  path: string,
  bytes: number,
): Promise<void> {
  if (await isWhole(fs, path, bytes)) return;
  throw notWhole(`not all of ${bytes} bytes`);
}

/**
 * Gives a file another name, in the place of what has it.
 *
 * @param bytes what is in it, where it is a lock: somebody else may have taken that at once.
 * @throws what the file system throws; GitWsError FILE_SYSTEM_FAILED where it says so and has not done it.
 */
export async function moveFile(
  fs: PromiseFileSystem,
  from: string,
  to: string,
  bytes?: Uint8Array,
): Promise<void> {
  await fs.rename?.(from, to);
  if (!(await isThere(fs, from))) return;
  if (bytes !== undefined) {
    const found = (await fs.readFile(to).catch(isMissing)) as Uint8Array | false | undefined;
    if (found && compareBytes(found, bytes) === 0) return;
  }
  const message = 'The file system says that it renamed a file, and did not.';
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}

/** @returns whether a file is there, and has as many bytes. @throws what `stat` throws. */
export async function isWhole(
  fs: PromiseFileSystem,
  path: string,
  bytes: number,
): Promise<boolean> {
  const found = await fs.stat(path).catch(isMissing);
  if (found === false) return false;
  const { size } = found as { readonly size?: unknown };
  // One that tells no sizes has to be believed.
  return size === undefined || Number(size) === bytes;
}

/** @returns whether a file is there, of any size. @throws what `stat` throws. */
export async function isThere(fs: PromiseFileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then(() => true, isMissing);
}

function notWhole(what: string): GitWsError {
  const message = `The file system says that it wrote a file, and wrote ${what}.`;
  return new GitWsError('FILE_SYSTEM_FAILED', message);
}
