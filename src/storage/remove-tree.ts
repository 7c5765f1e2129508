/** Removes a file, or a folder with all that is in it. */
import { isMissing, storeTogether, type PromiseFileSystem } from './file-system.js';

/** @throws what the file system throws, but for what is not there. */
export async function removeTree(fs: PromiseFileSystem, path: string): Promise<void> {
  await storeTogether(fs, (together) => remove(together, path));
}

async function remove(fs: PromiseFileSystem, path: string): Promise<void> {
  const stat = (await fs.lstat(path).catch(isMissing)) as { isDirectory(): boolean } | false;
  if (stat === false) return;
  if (!stat.isDirectory()) {
    await fs.unlink(path).catch(isMissing);
    return;
  }
  for (const name of await fs.readdir(path)) await remove(fs, `${path}/${name}`);
  await fs.rmdir(path).catch(isMissing);
}
