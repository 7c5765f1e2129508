/** What `stash` of gitws/git sets aside and brings back, in a table of states, held against native git's. */
import * as fs from 'node:fs';
import { appendFile, chmod, cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import git from '../../src/git/index.js';
import { bindRepository } from '../../src/index.js';
import { gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { mergeStateOf, put } from './merge-ground.js';
import {
  author,
  contents,
  expectSame,
  makeGround,
  run,
  stash,
  stateOf,
  withLines,
  type Act,
  type Own,
} from './stash-ground.js';

const states: [string, Act][] = [
  ['a change that is not staged', (where) => put(where, { 'a.txt': withLines({ 3: 'new' }) })],
  [
    'a change that is staged',
    async (where) => {
      await put(where, { 'a.txt': withLines({ 3: 'new' }) });
      await run(where, 'add', 'a.txt');
    },
  ],
  [
    'a file with one change that is staged, and one that is not',
    async (where) => {
      await put(where, { 'a.txt': withLines({ 3: 'new' }) });
      await run(where, 'add', 'a.txt');
      await put(where, { 'a.txt': withLines({ 3: 'new', 10: 'newer' }) });
    },
  ],
  [
    'a staged change that the working tree has taken back',
    async (where) => {
      await put(where, { 'a.txt': withLines({ 3: 'new' }) });
      await run(where, 'add', 'a.txt');
      await put(where, { 'a.txt': withLines({}) });
    },
  ],
  [
    'a file that was added',
    async (where) => {
      await put(where, { 'new.txt': 'new\n', 'deep/er/new.txt': 'new\n' });
      await run(where, 'add', 'new.txt', 'deep');
    },
  ],
  [
    'a file that was added, and removed again',
    async (where) => {
      await put(where, { 'new.txt': 'new\n', 'b.txt': 'x\n' });
      await run(where, 'add', 'new.txt');
      await rm(join(where, 'new.txt'));
    },
  ],
  ['a file that is gone', (where) => put(where, { 'a.txt': null, folder: null })],
  ['a removal that is staged', (where) => run(where, 'rm', '-q', 'a.txt', 'folder/d.txt')],
  [
    'a file that was renamed',
    async (where) => {
      await rename(join(where, 'a.txt'), join(where, 'folder/moved.txt'));
      await run(where, 'add', '-A');
    },
  ],
  [
    'modes that have changed',
    async (where) => {
      await chmod(join(where, 'a.txt'), 0o755);
      await chmod(join(where, 'run'), 0o644);
      await run(where, 'add', 'run');
    },
  ],
  [
    'a link in the place of a file, a file in that of a link, and a link that leads elsewhere',
    async (where) => {
      await put(where, { 'b.txt': { to: 'c.txt' }, link: 'file\n', 'new link': { to: 'nowhere' } });
      await run(where, 'add', 'new link');
    },
  ],
  [
    'files that git does not know, and ignored ones',
    (where) =>
      put(where, {
        ...{ 'a.txt': 'x\n', 'u.txt': 'u\n', 'new/u.txt': 'u\n', 'new/run': { x: '#!\n' } },
        ...{ 'new/link': { to: 'u.txt' }, 'x.log': 'log\n', 'build/x': 'x\n', 'new/x.log': 'y\n' },
      }),
  ],
  [
    'a folder in the place of a file, staged',
    async (where) => {
      await put(where, { 'b.txt': null, 'b.txt/in.txt': 'in\n' });
      await run(where, 'add', '-A');
    },
  ],
  [
    'a file in the place of a folder, staged',
    async (where) => {
      await put(where, { folder: 'a file\n' });
      await run(where, 'add', '-A');
    },
  ],
  [
    'a branch with a slash',
    async (where) => {
      await run(where, 'checkout', '-q', '-b', 'topic/one');
      await put(where, { 'a.txt': 'x\n' });
    },
  ],
  [
    'no branch',
    async (where) => {
      await run(where, 'checkout', '-q', '--detach');
      await put(where, { 'a.txt': 'x\n' });
    },
  ],
  ['what is no text', (where) => put(where, { 'a.txt': Uint8Array.of(0, 255, 1), empty: 'x' })],
  [
    'a file that was emptied, and bits that do not count',
    async (where) => {
      await run(where, 'config', 'core.filemode', 'false');
      await chmod(join(where, 'run'), 0o644);
      await put(where, { 'a.txt': '' });
      await appendFile(join(where, 'run'), 'more\n');
    },
  ],
];

const ways: [string, Own, string[], typeof it][] = [
  ['as it is', {}, [], long],
  ['with a message', { message: 'Half\n done' }, ['-m', 'Half\n done'], long],
  ['with what git does not know', { includeUntracked: true }, ['-u'], it],
  ['keeping the index', { keepIndex: true }, ['--keep-index'], long],
];

describe.concurrent('a push', () => {
  for (const [how, own, options, test] of ways) {
    test.each(states)(`${how} stashes %s as git does`, async (_, make) => {
      const { dir, expected, both } = await makeGround();
      await both(make);
      const { stdout } = await gitStatus(['stash', 'push', ...options], { cwd: expected });
      if (stdout.startsWith('No local changes')) {
        const before = await stateOf(dir);
        await expect(stash(dir, own)).rejects.toMatchObject({ code: 'NotFoundError' });
        expect(await stateOf(dir)).toEqual(before);
        return;
      }
      expect(await stash(dir, own)).toBe(await run(expected, 'rev-parse', 'stash'));
      await expectSame(dir, expected);
    });
  }
});

describe('a push through bindRepository', () => {
  it('writes the empty tree of no new files, which is nowhere yet', async () => {
    const { dir, expected, both } = await makeGround();
    await both(async (where) => {
      // Without a pack nothing is answered for.
      await run(where, 'repack', '-q', '-a', '-d');
      await put(where, { 'a.txt': withLines({ 3: 'new' }) });
    });
    await run(expected, 'stash', 'push', '-q', '-u');
    const bound = bindRepository({ fs, dir, url: 'ws://127.0.0.1/none.git' });
    await git.stash({ ...bound, author, includeUntracked: true });
    await expectSame(dir, expected);
  });
});

describe.concurrent('what was stashed', () => {
  it.each(states)('comes back as git has it: %s', async (_, make) => {
    const { dir, expected, both } = await makeGround();
    await both(make);
    const before = await mergeStateOf(dir);
    await run(expected, 'stash', 'push', '-q', '-u');
    await stash(dir, { includeUntracked: true });
    const copy = `${dir}-native`;
    await cp(dir, copy, { recursive: true, verbatimSymlinks: true });
    await run(expected, 'stash', 'pop', '-q');
    // Ours of ours, native git of ours, and ours of native git's.
    await stash(dir, { op: 'pop' });
    await expectSame(dir, expected);
    expect(contents((await mergeStateOf(dir)).files)).toMatchObject(contents(before.files));
    await run(copy, 'stash', 'pop', '-q');
    expect(await stateOf(copy)).toEqual(await stateOf(expected));
  });

  long.each(states)('is staged again where that is asked for: %s', async (_, make) => {
    const { dir, expected, both } = await makeGround();
    await both(make);
    const before = await mergeStateOf(dir);
    await both((where) => run(where, 'stash', 'push', '-q', '-u'));
    await stash(dir, { op: 'pop', restoreIndex: true });
    const { code } = await gitStatus(['stash', 'pop', '-q', '--index'], { cwd: expected });
    if (code === 0) await expectSame(dir, expected);
    const { files, index } = await mergeStateOf(dir);
    expect(contents(files)).toMatchObject(contents(before.files));
    expect(index).toBe(before.index);
  });
});
