/** Copies of one repository in which something is stashed: one for us, one for native git. */
import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { mergeStateOf, put, textOf, twice, type Ground } from './merge-ground.js';

export const author = {
  ...{ name: 'Test Author', email: 'author@example.com' },
  ...{ timestamp: 1735689600, timezoneOffset: 0 },
};
export const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });
export const withLines = textOf(20);

export type Act = (where: string) => Promise<unknown>;
export type Own = Omit<Parameters<typeof git.stash>[0], 'fs' | 'dir'>;

/** Two copies of one repository, for us and for native git. */
export function makeGround(): Promise<Ground> {
  return twice(async (dir) => {
    await put(dir, {
      ...{ 'a.txt': withLines({}), 'b.txt': 'b\n', 'c.txt': 'c\n', 'folder/d.txt': 'd\n' },
      ...{ 'folder/é.txt': 'é\n', run: { x: '#!\n' }, link: { to: 'a.txt' }, empty: '' },
      '.gitignore': '*.log\nbuild/\n',
    });
    await run(dir, 'add', '-A');
    await run(dir, 'commit', '-q', '-m', 'First');
    await put(dir, { 'b.txt': 'b2\n' });
    await run(dir, 'commit', '-q', '-a', '-m', 'Add a line\nthat goes on  \n\nand a body');
  });
}

export const stash = (dir: string, own: Own = {}) => git.stash({ fs, dir, author, ...own });

/** All that a stash is about. */
export async function stateOf(where: string) {
  const log = await readFile(join(where, '.git/logs/refs/stash'), 'utf8').catch(() => undefined);
  const ref = (await gitStatus(['rev-parse', '-q', '--verify', 'refs/stash'], { cwd: where }))
    .stdout;
  const list = await run(where, 'stash', 'list');
  return { ...(await mergeStateOf(where)), original: undefined, log, ref, list };
}

export async function expectSame(dir: string, expected: string): Promise<void> {
  expect(await stateOf(dir)).toEqual(await stateOf(expected));
  const list = await run(expected, 'stash', 'list');
  expect(await stash(dir, { op: 'list' })).toEqual(list === '' ? [] : list.split('\n'));
  await expectSoundRepository(dir);
}

/** What is in the files that are there. */
export function contents(files: Record<string, string>): Record<string, string> {
  const all = Object.entries(files).filter(([, content]) => content !== '0 none');
  return Object.fromEntries(all.map(([path, content]) => [path, content.replace(/^\d+ /, '')]));
}
