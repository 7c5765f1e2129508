/** Writes what was stored in a page to a disk, for native git to look at. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../helpers/temp.js';
import type { Exported } from './export-storage.js';

/** @returns the directory of the repository, which is `/site` there. */
export async function copyStorage(stored: readonly Exported[]): Promise<string> {
  const root = await temporaryDirectory();
  for (const { path, type, mode, base64 } of stored) {
    const target = join(root, path);
    const bytes = Buffer.from(base64, 'base64');
    if (type === 'dir') await mkdir(target);
    else if (type === 'symlink') await symlink(bytes.toString(), target);
    else {
      await writeFile(target, bytes);
      await chmod(target, mode & 0o777);
    }
  }
  const dir = join(root, 'site');
  await mkdir(dir, { recursive: true });
  return dir;
}
