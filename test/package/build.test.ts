/** What a build leaves that fails, for example since a bundle is over its budget: nothing but the reason. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { together, withFolder } from '../../scripts/together.mjs';
import { temporaryDirectory } from '../helpers/temp.js';

/** Writes for a while, as the other parts of a build do. */
async function writeOn(out: string, written: string[]): Promise<void> {
  for (let at = 0; at < 20; at++) {
    await setImmediate();
    const folder = join(out, `part-${at}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'file'), '');
    written.push(folder);
  }
}

it('a build that fails while others write says why, and leaves no folder', async () => {
  const parent = await temporaryDirectory();
  const out = join(parent, 'dist-1');
  const written: string[] = [];
  const built = withFolder(out, async () => {
    await together([
      writeOn(out, written),
      setImmediate().then(() => Promise.reject(new Error('over its budget'))),
      writeOn(out, written).then(() => Promise.reject(new Error('later'))),
    ]);
  });
  await expect(built).rejects.toThrow('over its budget');
  expect(written).toHaveLength(40);
  expect(await readdir(parent)).toEqual([]);
});

it('what cannot be removed does not hide why a build failed', async () => {
  const parent = await temporaryDirectory();
  await writeFile(join(parent, 'file'), '');
  // Below a file nothing is made, and nothing can be taken away.
  const built = withFolder(join(parent, 'file/dist-1'), () => Promise.resolve());
  await expect(built).rejects.toThrow(/mkdir/);
});

it('a build that succeeds has all of its parts', async () => {
  expect(await together([1, Promise.resolve(2), false])).toEqual([1, 2, false]);
});
