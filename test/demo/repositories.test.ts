/** Which repositories of a folder the page offers. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { listRepositories, searchLimits } from '../../demo/server/repositories.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeSkeleton } from './begin.js';

let root: string;

beforeEach(async () => {
  root = await temporaryDirectory();
});

it('finds them in folders of any depth, and through links, but not in each other', async () => {
  const deep = 'a/b/c/d/e/f/g';
  await makeSkeleton(join(root, deep, 'deep.git'));
  await makeSkeleton(join(root, 'site/.git'));
  await makeSkeleton(join(root, 'site/inner.git'));
  await makeSkeleton(join(root, '.hidden/x.git'));
  await symlink(join(root, deep, 'deep.git'), join(root, 'linked.git'));
  await symlink(root, join(root, 'a/round'));
  await writeFile(join(root, 'HEAD'), 'no repository');
  expect(await listRepositories(root)).toEqual({
    repositories: [`${deep}/deep.git`, 'linked.git', 'site'],
    more: false,
  });
});

it('says that there may be more where a limit was reached, and has the upper ones first', async () => {
  const count = searchLimits.repositories;
  const names = Array.from({ length: count }, (_, index) => `${1000 + index}.git`);
  await Promise.all(names.map((name) => makeSkeleton(join(root, name))));
  expect(await listRepositories(root)).toEqual({ repositories: names, more: false });
  await makeSkeleton(join(root, '0/one-more.git'));
  expect(await listRepositories(root)).toEqual({ repositories: names, more: true });
});

it('says so, too, where there are too many folders to look into', async () => {
  const names = Array.from({ length: searchLimits.folders / 10 }, (_, index) => `${index}`);
  for (const name of names) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        mkdir(join(root, name, `${index}`), { recursive: true }),
      ),
    );
  }
  expect(await listRepositories(root)).toEqual({ repositories: [], more: true });
});
