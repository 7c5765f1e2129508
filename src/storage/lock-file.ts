/** A lock as git holds it: a file beside the one that is changed, which nobody else can make meanwhile. */
import type { PromiseFileSystem } from './file-system.js';
import { isThere } from './whole-file.js';

/**
 * Makes the file, empty. Where the file system opens no files, two may make it at once; of those,
 * LightningFS lets one page at a time write.
 *
 * @returns false where it is there already. @throws what the file system throws.
 */
export async function takeLock(fs: PromiseFileSystem, path: string): Promise<boolean> {
  try {
    if (fs.open !== undefined) {
      await (await fs.open(path, 'wx')).close();
      return true;
    }
    if (await isThere(fs, path)) return false;
    await fs.writeFile(path, new Uint8Array(0));
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'EEXIST') return false;
    throw error;
  }
}
