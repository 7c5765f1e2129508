/** What is stored in a page, for native git to look at: run in the page. */
import type LightningFS from '@isomorphic-git/lightning-fs';
import type { createLightningFS } from '../../src/storage.js';

/** A file or directory of the storage, for whoever writes it to a disk. */
export interface Exported {
  readonly path: string;
  readonly type: 'file' | 'dir' | 'symlink';
  readonly mode: number;
  /** Of a link its target. */
  readonly base64: string;
}

/** @returns all that is stored. */
export async function exportStorage(
  fs: ReturnType<typeof createLightningFS<LightningFS>>,
): Promise<Exported[]> {
  const found: Exported[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const name of await fs.promises.readdir(folder)) {
      const path = `${folder === '/' ? '' : folder}/${name}`;
      const stat = await fs.promises.lstat(path);
      if (stat.isDirectory()) {
        found.push({ path, type: 'dir', mode: stat.mode, base64: '' });
        await walk(path);
        continue;
      }
      const isLink = stat.isSymbolicLink();
      const bytes = isLink
        ? new TextEncoder().encode(await fs.promises.readlink(path))
        : await fs.promises.readFile(path);
      // LightningFS has no size of links.
      if (!isLink && stat.size !== bytes.length)
        throw new Error(`${path} has another size than it says`);
      const base64 = Buffer.from(bytes).toString('base64');
      found.push({ path, type: isLink ? 'symlink' : 'file', mode: stat.mode, base64 });
    }
  };
  await walk('/');
  return found;
}
