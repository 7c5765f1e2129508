/** Makes directories, with all that they are in. */
import { foldersOf } from '../base/folders.js';
import { makeDirectory, storeTogether, type PromiseFileSystem } from './file-system.js';
import { isThere } from './whole-file.js';

/** Makes those on the way as well; those that are there stay. @throws what the file system throws. */
export async function makeDirectories(fs: PromiseFileSystem, path: string): Promise<void> {
  await storeTogether(fs, async (together) => {
    for (const folder of [...foldersOf(path), path]) {
      if (folder !== '' && !(await isThere(together, folder)))
        await makeDirectory(together, folder);
    }
  });
}
