/**
 * Temporary directories that are gone after the test file that asked for them.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.js';

const directories: string[] = [];

atEnd(async () => {
  for (const directory of directories.splice(0)) {
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}, 'last');

/**
 * @returns the absolute path, free of symbolic links, of a new empty directory that is removed
 * with all it holds once the test file ends.
 */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'gitws-test-')));
  directories.push(directory);
  return directory;
}
