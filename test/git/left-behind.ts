/** What a command leaves that was not let end: locks and files of its own, and nothing that is not sound. */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { expectSoundRepository } from '../helpers/git.js';

/**
 * @param dir a repository in which a lock may have stayed, or a file that became nothing.
 * @param left what else than these may not be there.
 */
export async function expectSoundButLocks(dir: string, left = /\.lock|tmp_\w+/): Promise<void> {
  await expectSoundRepository(dir).catch((error: unknown) => {
    const lines = String((error as Error).message)
      .split('\n')
      .slice(1);
    const faults = lines.filter((line) => !(line.startsWith('left behind: ') && left.test(line)));
    expect(faults).toEqual([]);
  });
}

/** As a person does it, whom git tells of them. */
export async function removeLocks(dir: string): Promise<void> {
  const names = await readdir(dir, { recursive: true });
  for (const name of names) if (name.endsWith('.lock')) await unlink(join(dir, name));
}
