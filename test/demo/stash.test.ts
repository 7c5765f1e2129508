/** Setting changes aside in the demo's worker, with native git to say what is in its list. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  bringBack,
  bringBackOnBranch,
  dropStashed,
  readStashed,
  stashChanges,
} from '../../demo/worker/stash.js';
import { it, long } from '../helpers/long.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

const author = { name: 'Ada', email: 'ada@example.com' };

/** A repository with two files, and native git in it. */
async function makeGround() {
  const dir = await temporaryDirectory();
  const run = (...args: string[]) => git(args, { cwd: dir });
  const write = (path: string, text: string) => writeFile(join(dir, path), text);
  const commit = async (message: string) => {
    await run('add', '-A');
    await run('commit', '-q', '-m', message);
  };
  await run('init', '-q', '--initial-branch=main');
  await write('a.txt', 'one\ntwo\nthree\n');
  await write('b.txt', 'b\n');
  await commit('First');
  const repository = onDisk(dir);
  const state = async () => [
    await run('status', '--porcelain'),
    await run('stash', 'list', '--format=%H %gd %gs'),
    await run('rev-parse', '--symbolic-full-name', 'HEAD', 'main'),
    await run('diff'),
  ];
  return { dir, run, write, commit, repository, state };
}

/** The same with changes set aside: of a file, staged and not, and a new one. */
async function makeStashed() {
  const ground = await makeGround();
  const { run, write, repository } = ground;
  await write('b.txt', 'staged\n');
  await run('add', 'b.txt');
  await write('a.txt', 'one\ntwo\nmine\n');
  await write('new.txt', 'new\n');
  const before = await run('status', '--porcelain');
  const oid = (await stashChanges({ ...repository, words: 'Half done', author })) ?? '';
  return { ...ground, before, oid };
}

describe('changes that are set aside', () => {
  it('are a stash of git, with new files, and come back as they were', async () => {
    const { dir, run, repository, before, oid } = await makeStashed();
    expect(await run('status', '--porcelain')).toBe('');
    expect(await run('stash', 'list', '--format=%H %gs')).toBe(`${oid} On main: Half done`);
    expect(await run('stash', 'show', '--include-untracked', '--name-only')).toBe(
      'a.txt\nb.txt\nnew.txt',
    );
    const time = 1000 * Number(await run('log', '-1', '--format=%ct', oid));
    expect(await readStashed(repository)).toEqual([
      { oid, words: 'Half done', branch: 'main', time },
    ]);
    expect(await stashChanges({ ...repository, words: '', author })).toBeUndefined();
    expect(await bringBack({ ...repository, oid })).toEqual({ kind: 'back' });
    expect(await run('status', '--porcelain')).toBe(before);
    expect(await run('stash', 'list')).toBe('');
    expect(await bringBack({ ...repository, oid })).toEqual({ kind: 'gone' });
    await expectSoundRepository(dir);
  });

  it('stay in the list, and nothing changes, where they clash, and come back on a branch', async () => {
    const { dir, run, write, commit, repository, before, oid, state } = await makeStashed();
    await write('a.txt', 'one\ntwo\ntheirs\n');
    await commit('Second');
    await write('c.txt', 'of no matter\n');
    const seen = await state();
    expect(await bringBack({ ...repository, oid })).toEqual({ kind: 'clash', paths: ['a.txt'] });
    expect(await state()).toEqual(seen);
    await bringBackOnBranch({ ...repository, oid, name: 'aside' });
    expect(await run('status', '--porcelain')).toBe(before.replace('?? new', '?? c.txt\n?? new'));
    expect(await run('rev-parse', '--abbrev-ref', 'HEAD')).toBe('aside');
    expect(await run('rev-parse', 'aside')).toBe(await run('rev-parse', 'main~1'));
    expect(await run('stash', 'list')).toBe('');
    await expectSoundRepository(dir);
  });

  long('stay in the list, and nothing changes, where files are changed', async () => {
    const { write, repository, oid, state } = await makeStashed();
    await write('a.txt', 'other\ntwo\nthree\n');
    await write('new.txt', 'another\n');
    const seen = await state();
    expect(await bringBack({ ...repository, oid })).toMatchObject({ kind: 'in-the-way' });
    expect(await state()).toEqual(seen);
    await expect(bringBackOnBranch({ ...repository, oid, name: 'aside' })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
    });
    expect(await state()).toEqual(seen);
  });

  long('come back unstaged where what was staged does not fit', async () => {
    const { dir, run, write, commit, repository } = await makeGround();
    await write('b.txt', 'staged\n');
    await run('add', 'b.txt');
    await write('b.txt', 'b\n');
    await write('a.txt', 'mine\ntwo\nthree\n');
    const oid = (await stashChanges({ ...repository, words: '', author })) ?? '';
    await write('b.txt', 'committed\n');
    await commit('Second');
    expect(await bringBack({ ...repository, oid })).toEqual({ kind: 'back' });
    expect(await run('status', '--porcelain')).toBe('M a.txt');
    expect(await readFile(join(dir, 'b.txt'), 'utf8')).toBe('committed\n');
  });

  long('are told apart by what they are, and not by their places', async () => {
    const { run, write, repository, oid } = await makeStashed();
    await write('b.txt', 'later\n');
    await run('stash', 'push', '-q');
    await run('checkout', '-q', '--detach');
    await write('b.txt', 'latest\n');
    await run('stash', 'push', '-q', '-m', 'a: b');
    const listed = await readStashed(repository);
    expect(listed.map(({ words, branch }) => ({ words, branch }))).toEqual([
      { words: 'a: b', branch: undefined },
      { words: undefined, branch: 'main' },
      { words: 'Half done', branch: 'main' },
    ]);
    await dropStashed({ ...repository, oid });
    await dropStashed({ ...repository, oid });
    expect(await run('stash', 'list', '--format=%gs')).toMatch(
      /^On \(no branch\): a: b\nWIP on main: /,
    );
  });

  long('are none where a repository has no commit', async () => {
    const dir = await temporaryDirectory();
    await git(['init', '-q'], { cwd: dir });
    expect(await readStashed(onDisk(dir))).toEqual([]);
    await rm(join(dir, '.git/logs'), { recursive: true, force: true });
    expect(await readStashed(onDisk(dir))).toEqual([]);
  });
});
