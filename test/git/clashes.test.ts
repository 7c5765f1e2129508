/** Merges in which a path would be two things, and those of commits with several bases: held against native git's. */
import * as fs from 'node:fs';
import { describe, expect } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import {
  diverged,
  mergeStateOf,
  put,
  textOf,
  twice,
  type Changes,
  type Ground,
} from './merge-ground.js';

const author = { name: 'Test Author', email: 'author@example.com', timestamp: 1735689600 };
const withLines = textOf(20);
const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });

const merge = (dir: string, own: object = {}) =>
  git.merge({ fs, dir, ours: 'main', theirs: 'theirs', author, abortOnConflict: false, ...own });

const nativeMerge = (where: string, ...args: string[]) =>
  gitStatus(['merge', '-q', '--no-edit', ...args, 'theirs'], { cwd: where });

/** Merges in both, which leaves the same, and gives it up, after which nothing is left of it. */
async function expectSameConflicts({ dir, expected }: Ground): Promise<void> {
  const before = await mergeStateOf(dir);
  await expect(merge(dir, { abortOnConflict: true })).rejects.toMatchObject({
    code: 'MergeConflictError',
  });
  expect(await mergeStateOf(dir)).toEqual(before);
  await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
  expect(await nativeMerge(expected)).toMatchObject({ code: 1 });
  expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
  await expectSoundRepository(dir);
  await git.abortMerge({ fs, dir });
  expect(await mergeStateOf(dir)).toMatchObject({ files: before.files, index: before.index });
}

const one = { 'a.txt': withLines({}), 'other.txt': 'other\n' };
describe.concurrent('a path that would be two things is left as git leaves it', () => {
  it.each<[string, Changes, Changes, Changes]>([
    [
      'a file that has changed, and a folder',
      one,
      { 'a.txt': 'ours\n' },
      { 'a.txt': null, 'a.txt/b': 'theirs\n', 'a.txt/c/d': 'theirs\n' },
    ],
    [
      'a file, and a link',
      one,
      { 'a.txt': withLines({ 3: 'ours' }) },
      { 'a.txt': { to: 'elsewhere' } },
    ],
  ])('%s', async (_, base, ours, theirs) => {
    await expectSameConflicts(await diverged(base, ours, theirs));
  });

  long.each<[string, Changes, Changes, Changes]>([
    [
      'a folder, and a file that has changed',
      one,
      { 'a.txt': null, 'a.txt/b': 'ours\n' },
      { 'a.txt': 'theirs\n' },
    ],
    [
      'a new file, and a new folder',
      { 'other.txt': 'other\n' },
      { a: 'ours\n', 'other.txt': 'ours\n' },
      { 'a/b': 'theirs\n', 'other.txt': 'theirs\n' },
    ],
    [
      'a new folder, and a new link',
      { 'other.txt': 'other\n' },
      { 'a/b/c': 'ours\n' },
      { 'a/b': { to: 'elsewhere' } },
    ],
    [
      'a folder of which some has changed, and a file',
      { 'a/b': withLines({}), 'a/c': 'c\n' },
      { 'a/b': withLines({ 3: 'ours' }) },
      { 'a/b': null, 'a/c': null, a: 'theirs\n' },
    ],
    [
      'a file and a folder, where the other names are taken',
      { ...one, 'a.txt~theirs': 'x\n', 'a.txt~theirs_0/y': 'x\n' },
      { 'a.txt': null, 'a.txt/b': 'ours\n' },
      { 'a.txt': 'theirs\n', 'a.txt~theirs': null },
    ],
    [
      'links and files, both new',
      { 'other.txt': 'other\n' },
      { a: { to: 'ours' }, b: { x: 'ours\n' } },
      { a: 'theirs\n', b: { to: 'theirs' } },
    ],
    [
      'a link that leads elsewhere, and a file in its place',
      { a: { to: 'x' } },
      { a: { to: 'ours' } },
      { a: 'theirs\n' },
    ],
    [
      'a file with another mode, and a link',
      one,
      { 'a.txt': { x: withLines({}) } },
      { 'a.txt': { to: 'x' } },
    ],
    [
      'letters that are no ASCII',
      { 'é.txt': 'x\n' },
      { 'é.txt': 'ours\n' },
      { 'é.txt': null, 'é.txt/ü': 'theirs\n' },
    ],
  ])('%s', async (_, base, ours, theirs) => {
    await expectSameConflicts(await diverged(base, ours, theirs));
  });

  it('by the other side’s name, of a branch with a slash in it', async () => {
    const ground = await diverged(
      one,
      { 'a.txt': null, 'a.txt/b': 'ours\n' },
      { 'a.txt': 'theirs\n' },
    );
    await ground.both((where) => run(where, 'branch', 'feature/x', 'theirs'));
    await expect(merge(ground.dir, { theirs: 'feature/x' })).rejects.toMatchObject({
      code: 'MergeConflictError',
      data: { filepaths: ['a.txt~feature_x'], bothModified: [], deleteByUs: ['a.txt~feature_x'] },
    });
    await gitStatus(['merge', '-q', '--no-edit', 'feature/x'], { cwd: ground.expected });
    expect(await mergeStateOf(ground.dir)).toEqual(await mergeStateOf(ground.expected));
  });

  it('and is concluded by a commit', async () => {
    const ground = await diverged(
      one,
      { 'a.txt': 'ours\n' },
      { 'a.txt': null, 'a.txt/b': 'theirs\n' },
    );
    const { dir } = ground;
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    expect((await git.mergeStatus({ fs, dir }))?.unmerged).toMatchObject([
      { path: 'a.txt~HEAD', ours: { mode: '100644' }, theirs: undefined },
    ]);
    await git.add({ fs, dir, filepath: 'a.txt~HEAD' });
    await git.commit({ fs, dir, author });
    expect(await run(dir, 'ls-tree', '-r', '--name-only', 'HEAD')).toBe(
      'a.txt/b\na.txt~HEAD\nother.txt',
    );
    expect(await run(dir, 'status', '--porcelain')).toBe('');
  });

  it('submodules, in the place of files and of links', async () => {
    const ground = await twice(async (dir) => {
      const blob = await realGit(['hash-object', '-w', '--stdin'], { cwd: dir, input: 'x' });
      const [file, link] = [`100644,${blob}`, `120000,${blob}`];
      const [first, second] = ['1', '2'].map((digit) => `160000,${digit.repeat(40)}`);
      const commit = async (message: string, ...entries: string[]) => {
        await run(dir, 'read-tree', '--empty');
        for (const entry of [`${file},x`, ...entries]) {
          await run(dir, 'update-index', '--add', '--cacheinfo', entry);
        }
        await run(dir, 'commit', '-q', '-m', message);
      };
      await commit('Base');
      await run(dir, 'branch', 'base');
      await commit('Ours', `${file},a`, `${link},b`, `${first},c`);
      await run(dir, 'checkout', '-q', '-f', '-b', 'theirs', 'base');
      await commit('Theirs', `${first},a`, `${second},b`, `${file},c`);
      await run(dir, 'checkout', '-q', '-f', 'main');
      await run(dir, 'reset', '-q', '--hard');
    });
    await expectSameConflicts(ground);
  });
});

describe.concurrent('a path that is two things in time is merged as git merges it', () => {
  it.each<[string, Changes, Changes, Changes]>([
    [
      'where one side has replaced a file, and a folder, which the other one left alone',
      { ...one, 'folder/x': 'x\n', link: { to: 'x' } },
      { 'other.txt': 'ours\n' },
      { 'a.txt': null, 'a.txt/b': 'b\n', 'folder/x': null, folder: 'now a file\n', link: 'file\n' },
    ],
  ])('%s', async (_, base, ours, theirs) => {
    const { dir, expected } = await diverged(base, ours, theirs);
    await merge(dir, { abortOnConflict: true });
    expect(await nativeMerge(expected)).toMatchObject({ code: 0 });
    expect(await run(dir, 'rev-parse', 'main^{tree}')).toBe(
      await run(expected, 'rev-parse', 'main^{tree}'),
    );
  });
});

describe.concurrent('nothing is lost where something goes aside', () => {
  it.each<[string, Changes]>([
    ['a file that git does not know has the other name', { 'a.txt~HEAD': 'mine\n' }],
    ['the file itself has changed', { 'a.txt': 'mine\n' }],
  ])('where %s: nothing changes', async (_, changes) => {
    const { dir } = await diverged(
      one,
      { 'a.txt': 'ours\n' },
      { 'a.txt': null, 'a.txt/b': 'theirs\n' },
    );
    await put(dir, changes);
    const before = await mergeStateOf(dir);
    await expect(merge(dir)).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: Object.keys(changes) },
    });
    expect(await mergeStateOf(dir)).toEqual(before);
  });
});

/** What both sides have of each other, and what they have made of it. */
interface CrissCross {
  readonly base: Changes;
  /** What each had before the other one merged it. */
  readonly ours: Changes;
  readonly theirs: Changes;
  /** What each made of both. */
  readonly oursMerged: Changes;
  readonly theirsMerged: Changes;
}

/** Merges what a branch was, and says what is to come of it. */
async function mergeAs(dir: string, branch: string, other: string, merged: Changes) {
  await run(dir, 'checkout', '-q', '-f', branch);
  await run(dir, 'merge', '-q', '-s', 'ours', '--no-edit', other);
  await run(dir, 'checkout', '-q', other, '--', '.');
  await put(dir, merged);
  await run(dir, 'add', '-A');
  await run(dir, 'commit', '-q', '--amend', '--allow-empty', '-m', `${branch} and ${other}`);
}

/** Two that have merged what the other one had, as many times as there are merged files. */
const crissCross = async (first: CrissCross, ...more: readonly [Changes, Changes][]) => {
  const { base, ours, theirs, oursMerged, theirsMerged } = first;
  const ground = await diverged(base, ours, theirs);
  await ground.both(async (dir) => {
    let count = 0;
    for (const [one, other] of [[oursMerged, theirsMerged], ...more] as const) {
      const [mine, their] = [`mine-${count}`, `their-${count}`];
      await run(dir, 'branch', mine, 'main');
      await run(dir, 'branch', their, 'theirs');
      await mergeAs(dir, 'main', their, one);
      await mergeAs(dir, 'theirs', mine, other);
      count += 1;
    }
    await run(dir, 'checkout', '-q', '-f', 'main');
    const bases = await run(dir, 'merge-base', '--all', 'main', 'theirs');
    expect(bases.split('\n')).toHaveLength(2);
  });
  return ground;
};

const objectsOf = (dir: string) =>
  run(dir, 'cat-file', '--batch-all-objects', '--batch-check=%(objectname)');

const both = { 5: 'of both' };

describe.concurrent('commits with several merge bases are merged as git merges them', () => {
  const lines = {
    base: { ...one, 'b.txt': withLines({}) },
    ours: { 'a.txt': withLines({ 5: 'ours' }) },
    theirs: { 'a.txt': withLines({ 5: 'theirs' }), 'b.txt': withLines({ 1: 'theirs' }) },
  };

  it('without a conflict, and of the bases nothing is written', async () => {
    const { dir, expected } = await crissCross({
      ...lines,
      oursMerged: { 'a.txt': withLines(both), 'b.txt': withLines({ 1: 'theirs', 9: 'ours' }) },
      theirsMerged: { 'a.txt': withLines(both), 'b.txt': withLines({ 1: 'theirs', 15: 'theirs' }) },
    });
    const before = await objectsOf(dir);
    await merge(dir, { abortOnConflict: true });
    expect(await nativeMerge(expected)).toMatchObject({ code: 0 });
    const look = (where: string) => run(where, 'log', '-1', '--format=%T %P');
    expect(await look(dir)).toBe(await look(expected));
    // The commit, its tree and the file that was merged.
    const { length } = before.split('\n');
    expect((await objectsOf(dir)).split('\n')).toHaveLength(length + 3);
  });

  it('with a conflict, of which the index has what the bases came to', async () => {
    await expectSameConflicts(
      await crissCross({
        ...lines,
        oursMerged: { 'a.txt': withLines({ 5: 'ours and theirs' }) },
        theirsMerged: { 'a.txt': withLines({ 5: 'theirs and ours' }) },
      }),
    );
  });

  long('again and again, with longer marks in the bases', async () => {
    const ground = await crissCross(
      {
        ...lines,
        oursMerged: { 'a.txt': withLines({ 5: 'ours, 1' }) },
        theirsMerged: { 'a.txt': withLines({ 5: 'theirs, 1' }) },
      },
      [{ 'a.txt': withLines({ 5: 'ours, 2' }) }, { 'a.txt': withLines({ 5: 'theirs, 2' }) }],
      [{ 'a.txt': withLines({ 5: 'ours, 3' }) }, { 'a.txt': withLines({ 5: 'theirs, 3' }) }],
    );
    await expectSameConflicts(ground);
    await expect(merge(ground.dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    expect(await run(ground.dir, 'show', ':1:a.txt')).toContain('\n<<<<<<<<< Temporary');
  });

  long.each<[string, CrissCross]>([
    [
      'no text, links, and what one has removed',
      {
        base: { 'p.bin': 'a\0', link: { to: 'a' }, 'gone.txt': withLines({}), run: 'x\n' },
        ours: { 'p.bin': 'b\0', link: { to: 'b' }, 'gone.txt': null, run: { x: 'y\n' } },
        theirs: { 'p.bin': 'c\0', link: { to: 'c' }, 'gone.txt': withLines({ 1: 'theirs' }) },
        oursMerged: { 'p.bin': 'd\0', link: { to: 'd' }, 'gone.txt': 'ours\n' },
        theirsMerged: { 'p.bin': 'e\0', link: { to: 'e' }, 'gone.txt': 'theirs\n', run: 'z\n' },
      },
    ],
    [
      'what both have added, of one kind and of two',
      {
        base: { 'x.txt': 'x\n' },
        ours: { 'p.bin': 'b\0', a: 'ours\n', link: { to: 'b' }, two: { to: 'b' } },
        theirs: { 'p.bin': 'c\0', a: 'theirs\n', link: { to: 'c' }, two: 'c\n' },
        oursMerged: { 'p.bin': 'd\0', a: 'ours, 1\n', link: { to: 'd' }, two: 'd\n' },
        theirsMerged: { 'p.bin': 'e\0', a: 'theirs, 1\n', link: { to: 'e' }, two: 'e\n' },
      },
    ],
  ])('with %s', async (_, sides) => {
    await expectSameConflicts(await crissCross(sides));
  });
});
