/** Repositories while the process has no descriptor left: what is in them is not known then. */
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { findOwnHooks } from '../../server/hooks/own-hooks.js';
import { ownWords } from '../../server/text/own-paths.js';
import { listRepositories } from '../../server/git/repository-list.js';
import { findRepository } from '../../server/git/repository.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** The code of the system's error for each call that opens or asks for a file. */
let fault: string | undefined;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const faulty = (['open', 'opendir', 'readFile', 'access'] as const).map((name) => {
    const call = real[name] as (...given: unknown[]) => Promise<unknown>;
    return [
      name,
      (...given: unknown[]) =>
        fault === undefined
          ? call(...given)
          : Promise.reject(Object.assign(new Error(fault), { code: fault })),
    ] as const;
  });
  return { ...real, ...Object.fromEntries(faulty) };
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

it.each(['EMFILE', 'ENFILE', 'ENOMEM'])(
  'what cannot be looked at for the moment (%s) is not taken for nothing',
  async (code) => {
    const repository = { gitDir: join(root, 'site.git'), root };
    const askGit = () => Promise.resolve(new TextEncoder().encode('hooks\n'));
    fault = code;
    await expect(ownWords({ repository, name: 'site.git', root })).rejects.toMatchObject({ code });
    await expect(findOwnHooks(repository.gitDir, askGit)).rejects.toMatchObject({ code });
    const list = listRepositories(root, { maxListed: 10, maxListScan: 100 });
    await expect(list).rejects.toMatchObject({ code });
    fault = undefined;
  },
);
