/**
 * Temporary directories that are gone after the test file that asked for them. Import it at the
 * top of a test file (not dynamically inside a test): the clean-up is registered by the import.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const directories: string[] = [];

// Hooks run last-registered first, so whatever a test file closes in its own afterAll (servers,
// children with a cwd in here) is closed by the time this runs.
afterAll(async () => {
  for (const directory of directories.splice(0)) {
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
});

/**
 * @returns the absolute path, free of symbolic links, of a new empty directory that is removed
 * with all it holds once the test file ends.
 */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'gitws-test-')));
  directories.push(directory);
  return directory;
}
