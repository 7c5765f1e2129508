/** Repositories while the process has no descriptor left: whether they are there is not known. */
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { findRepository } from '../../server/repository.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let fault: string | undefined;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    open: (...given: Parameters<typeof real.open>) =>
      fault === undefined
        ? real.open(...given)
        : Promise.reject(Object.assign(new Error(fault), { code: fault })),
  };
});

let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  await git(['init', '-q', '--bare', join(root, 'site.git')]);
  await git(['init', '-q', '--bare', join(root, 'site.git/modules/sub')]);
});

it.each(['EMFILE', 'ENFILE', 'EACCES', 'EIO', 'ENOMEM'])(
  'a repository whose HEAD cannot be read (%s) is not taken for none',
  async (code) => {
    fault = code;
    await expect(findRepository(root, ['site.git'])).rejects.toMatchObject({ code });
    // Nor for one inside of which there may be others.
    const inside = findRepository(root, ['site.git', 'modules', 'sub']);
    await expect(inside).rejects.toMatchObject({ code });
    fault = undefined;
    expect((await findRepository(root, ['site.git']))?.gitDir).toBe(join(root, 'site.git'));
    expect(await findRepository(root, ['site.git', 'modules', 'sub'])).toBeUndefined();
  },
);

it.each(['ENOENT', 'ELOOP'])('one whose HEAD has just gone (%s) is none', async (code) => {
  fault = code;
  expect(await findRepository(root, ['site.git'])).toBeUndefined();
  fault = undefined;
});
