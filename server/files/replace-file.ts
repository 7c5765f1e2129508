/**
 * Changing a file that others read meanwhile, as git changes its own: the new content is written to
 * FILE.lock, which only one can create, and renamed over FILE. A reader sees the old or the new
 * content, a crash leaves the old, and two writers never undo each other's work.
 */
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { GitWsError } from '../../src/base/errors.js';

/**
 * @param path of the file, which need not exist; followed where it is a symbolic link.
 * @param edit from the present text, undefined where there is no file, to the new one.
 * @throws GitWsError INVALID_OPTION where another process is changing the file, or it cannot be
 *   written; what `edit` throws, with the file as it was.
 */
export async function replaceFile(
  path: string,
  edit: (text: string | undefined) => string,
): Promise<void> {
  const target = await realpath(path).catch(orUndefined('ENOENT', path));
  const lock = `${target}.lock`;
  const file = await open(lock, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const sentence =
      error.code === 'EEXIST'
        ? `${lock} exists: another process is changing ${path}, or one that did was killed; then remove it.`
        : `${path} cannot be written: ${reasons[error.code ?? ''] ?? error.message}.`;
    throw new GitWsError('INVALID_OPTION', sentence, { cause: error });
  });
  try {
    try {
      const text = await readFile(target, 'utf8').catch(orUndefined('ENOENT', undefined));
      await file.writeFile(edit(text));
      if (text !== undefined) await keepOwnership(file, target);
      // On the disk before it takes the name: a crash must not leave an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(lock, target);
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

const reasons: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'there is no such directory',
  EACCES: 'this user may not write in its directory',
};

/** As before, so that the server's own user can still read it; but never for everybody. */
async function keepOwnership(file: FileHandle, target: string): Promise<void> {
  const { uid, gid, mode } = await stat(target);
  const mine = await file.stat();
  if (mine.uid !== uid || mine.gid !== gid) await file.chown(uid, gid);
  await file.chmod(mode & 0o660);
}

function orUndefined<R>(code: string, otherwise: R): (error: NodeJS.ErrnoException) => R {
  return (error) => {
    if (error.code === code) return otherwise;
    throw error;
  };
}
