/** Folders that tests need again and again: made once in a run, and copied. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Names the directory in which they are kept for as long as the tests run (global-setup.ts). */
export const keptVariable = 'GITWS_TEST_KEPT';

/**
 * Copies what was made before, by whichever test: to make a repository takes many processes.
 *
 * @param name of what is made, which is the same each time.
 * @param directory where the copy is to be.
 * @param make makes it in the directory that it is given, which does not exist yet.
 */
export async function copyOfKept(
  name: string,
  directory: string,
  make: (directory: string) => Promise<void>,
): Promise<void> {
  const place = process.env[keptVariable];
  if (place === undefined) return make(directory);
  const kept = join(place, name);
  if (!existsSync(kept)) {
    const unfinished = join(await mkdtemp(`${kept}-`), 'unfinished');
    await make(unfinished);
    // Where another test was faster, its one is as good.
    await rename(unfinished, kept).catch(() => undefined);
  }
  await cp(kept, directory, { recursive: true, verbatimSymlinks: true });
}
