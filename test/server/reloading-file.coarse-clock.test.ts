/** On a file system whose clock ticks once a second, as some do. */
import type { BigIntStats } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openReloadingFile } from '../../server/files/reloading-file.js';
import { temporaryDirectory } from '../helpers/temp.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const coarse = async (stats: Promise<BigIntStats>): Promise<BigIntStats> => {
    const found = await stats;
    const second = 1_000_000_000n;
    found.mtimeNs = (found.mtimeNs / second) * second;
    found.ctimeNs = (found.ctimeNs / second) * second;
    return found;
  };
  return {
    ...real,
    stat: (path: string, options?: { bigint: true }) =>
      options === undefined ? real.stat(path) : coarse(real.stat(path, options)),
    open: async (path: string) => {
      const file = await real.open(path);
      const times = file.stat.bind(file) as (options: object) => Promise<BigIntStats>;
      return Object.assign(file, { stat: (options: object) => coarse(times(options)) });
    },
  };
});

it('a change right after the last one is seen, though no time of the file tells', async () => {
  const path = join(await temporaryDirectory(), 'settings');
  await writeFile(path, '00');
  const file = await openReloadingFile(path, (text) => text);
  for (let version = 1; version < 50; version += 1) {
    const text = String(version).padStart(2, '0');
    await writeFile(path, text);
    expect(await file.current()).toBe(text);
  }
});
