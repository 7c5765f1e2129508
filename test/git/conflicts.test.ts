/** Conflicts of a merge, left to be resolved, concluded and given up: held against native git's. */
import * as fs from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { diverged, mergeStateOf, put, textOf, type Changes, type Ground } from './merge-ground.js';

const author = { name: 'Test Author', email: 'author@example.com', timestamp: 1735689600 };
const withLines = textOf(30);
const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });
const picture = (seed: number) => Uint8Array.from({ length: 500 }, (_, n) => (n * seed) % 256);

const merge = (dir: string, own: object = {}) =>
  git.merge({ fs, dir, ours: 'main', theirs: 'theirs', author, abortOnConflict: false, ...own });

/** Merges in both, which comes to conflicts in both. */
async function mergeBoth({ dir, expected }: Ground): Promise<void> {
  await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
  const { code } = await gitStatus(['merge', '-q', '--no-edit', 'theirs'], { cwd: expected });
  expect(code).toBe(1);
}

const expectSame = async ({ dir, expected }: Ground) => {
  expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
  await expectSoundRepository(dir);
};

const one = { 'a.txt': withLines({}) };
const oneConflict = () =>
  diverged(
    { ...one, 'b.txt': 'b\n', 'd.txt': 'd\n' },
    { 'a.txt': withLines({ 5: 'ours' }), 'b.txt': 'ours\n' },
    { 'a.txt': withLines({ 5: 'theirs' }), 'c.txt': 'new\n', 'd.txt': null },
  );

describe.concurrent('the status of a merge', () => {
  it('says what is to be resolved, as `git ls-files --unmerged` and MERGE_MSG have it', async () => {
    const { dir } = await diverged(
      { ...one, 'b.txt': 'b\n', 'é/c.txt': 'c\n' },
      { 'a.txt': withLines({ 5: 'ours' }), 'b.txt': null, 'é/c.txt': 'ours\n' },
      { 'a.txt': { x: withLines({ 5: 'theirs' }) }, 'b.txt': 'theirs\n', 'é/c.txt': 'theirs\n' },
    );
    expect(await git.mergeStatus({ fs, dir })).toBeUndefined();
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    const told = await git.mergeStatus({ fs, dir });
    const paths = ['a.txt', 'b.txt', 'é/c.txt'];
    expect(told).toMatchObject({
      heads: [await run(dir, 'rev-parse', 'theirs')],
      ...{ message: "Merge branch 'theirs'\n", conflicts: paths },
    });
    const listed = told?.unmerged.flatMap(({ path, base, ours, theirs }) =>
      [base, ours, theirs].flatMap((side, at) =>
        side === undefined ? [] : [`${side.mode} ${side.oid} ${at + 1}\t${path}`],
      ),
    );
    const expected = await run(dir, '-c', 'core.quotePath=false', 'ls-files', '--unmerged');
    expect(listed).toEqual(expected.split('\n'));
    await git.add({ fs, dir, filepath: 'é/c.txt' });
    const after = await git.mergeStatus({ fs, dir });
    expect(after?.unmerged.map(({ path }) => path)).toEqual(paths.slice(0, 2));
    expect(after?.conflicts).toEqual(paths);
    await git.abortMerge({ fs, dir });
    expect(await git.mergeStatus({ fs, dir })).toBeUndefined();
  });

  it('is told of one that native git began, and names nothing where one was interrupted', async () => {
    const { dir } = await oneConflict();
    await gitStatus(['merge', '-q', '--no-edit', 'theirs'], { cwd: dir });
    expect(await git.mergeStatus({ fs, dir })).toMatchObject({
      ...{ conflicts: ['a.txt'], unmerged: [{ path: 'a.txt' }] },
      message: "Merge branch 'theirs'\n",
    });
    await rm(join(dir, '.git/MERGE_HEAD'));
    expect(await git.mergeStatus({ fs, dir })).toMatchObject({ heads: [] });
  });
});

describe.concurrent('looking at a merge that waits resolves nothing', () => {
  type Look = (dir: string) => Promise<unknown>;
  const walked = (dir: string, trees: ReturnType<typeof git.WORKDIR>[]) =>
    git.walk({ fs, dir, trees, map: async (_, [file]) => (await file?.oid()) ?? '' });
  it.each<[string, Look]>([
    ['status', (dir) => git.status({ fs, dir, filepath: 'new.bin' })],
    ['status of a text', (dir) => git.status({ fs, dir, filepath: 'a.txt' })],
    ['statusMatrix', (dir) => git.statusMatrix({ fs, dir })],
    ['walk', (dir) => walked(dir, [git.WORKDIR()])],
  ])('by %s, though a file is as one side has it', async (_, look) => {
    const { dir } = await diverged(
      { ...one, 'picture.bin': picture(1) },
      { 'a.txt': withLines({ 5: 'ours' }), 'new.bin': picture(3), link: { to: 'a' } },
      { 'a.txt': withLines({ 5: 'theirs' }), 'new.bin': picture(5), link: { to: 'b' } },
    );
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    // As both began with it.
    await writeFile(join(dir, 'a.txt'), withLines({}));
    const before = await run(dir, 'ls-files', '--stage');
    await look(dir);
    expect(await run(dir, 'ls-files', '--stage')).toBe(before);
  });
});

describe.concurrent('a merge leaves as git does', () => {
  it.each<[string, Changes, Changes, Changes]>([
    [
      'lines that both have changed, and takes what one has',
      { ...one, 'b.txt': 'b\n', 'gone.txt': 'x\n', 'folder/é.txt': withLines({}) },
      { 'a.txt': withLines({ 3: 'ours', 20: 'ours alone' }), 'b.txt': 'ours\n' },
      {
        'a.txt': withLines({ 3: 'theirs', 28: 'theirs alone' }),
        ...{ 'new/c.txt': 'new\n', 'gone.txt': null, 'folder/é.txt': withLines({ 1: 'theirs' }) },
      },
    ],
    [
      'several places, of which those that are near are one',
      one,
      { 'a.txt': withLines({ 2: 'ours', 5: 'ours', 15: 'ours', 29: 'ours' }) },
      { 'a.txt': withLines({ 2: 'theirs', 5: 'theirs', 15: 'theirs', 29: 'theirs' }) },
    ],
    [
      'places that are near, but for what one side has changed between them',
      one,
      { 'a.txt': withLines({ 5: 'ours', 7: 'ours', 9: 'ours' }) },
      { 'a.txt': withLines({ 5: 'theirs', 9: 'theirs', 20: 'theirs', 22: 'same' }) },
    ],
    [
      'places that are near, and between them what both have made the same',
      one,
      { 'a.txt': withLines({ 5: 'ours', 7: 'same', 9: 'ours' }) },
      { 'a.txt': withLines({ 5: 'theirs', 7: 'same', 9: 'theirs' }) },
    ],
    [
      'what both have added, but for the lines that both have',
      { 'other.txt': 'x\n' },
      { 'a.txt': withLines({ 10: 'ours', 25: 'ours' }) },
      { 'a.txt': withLines({ 10: 'theirs', 25: 'theirs' }), 'other.txt': 'y\n' },
    ],
    [
      'a file that was changed here and removed there',
      one,
      { 'a.txt': 'ours\n' },
      { 'a.txt': null },
    ],
    [
      'a file that was removed here and changed there',
      one,
      { 'a.txt': null },
      { 'a.txt': 'theirs\n' },
    ],
    [
      'no text',
      { 'picture.bin': picture(3) },
      { 'picture.bin': picture(5) },
      { 'picture.bin': picture(7) },
    ],
    [
      'lines that end with CRLF',
      { 'a.txt': withLines({}, '\r\n') },
      { 'a.txt': withLines({ 5: 'ours' }, '\r\n') },
      { 'a.txt': withLines({ 5: 'theirs' }, '\r\n') },
    ],
    [
      'an end without a newline, and a beginning with a mark',
      { 'a.txt': '\ufeffone\ntwo\nthree' },
      { 'a.txt': '\ufeffone\ntwo\nours' },
      { 'a.txt': '\ufeffone\ntwo\ntheirs' },
    ],
    [
      'links that lead elsewhere',
      { link: { to: 'a' } },
      { link: { to: 'b' } },
      { link: { to: 'c' } },
    ],
    [
      'a file that is executable on one side',
      one,
      { 'a.txt': { x: withLines({ 5: 'ours' }) } },
      { 'a.txt': withLines({ 5: 'theirs' }) },
    ],
    [
      'what both have added, with another mode',
      { 'other.txt': 'x\n' },
      { 'a.txt': { x: 'same\n' } },
      { 'a.txt': 'same\n' },
    ],
    [
      'letters that are no UTF-8',
      { 'a.txt': Uint8Array.of(0xe9, 10, 0x31, 10) },
      { 'a.txt': Uint8Array.of(0xe8, 10, 0x31, 10) },
      { 'a.txt': Uint8Array.of(0x92, 10, 0x31, 10) },
    ],
    [
      'files in folders, in the order of the index',
      { 'b/a.txt': 'x\n', 'b.txt': 'x\n', 'ä.txt': 'x\n', 'Z.txt': 'x\n' },
      { 'b/a.txt': '1\n', 'b.txt': '1\n', 'ä.txt': '1\n', 'Z.txt': '1\n' },
      { 'b/a.txt': '2\n', 'b.txt': null, 'ä.txt': '2\n', 'Z.txt': '2\n' },
    ],
  ])('%s', async (_, base, ours, theirs) => {
    const ground = await diverged(base, ours, theirs);
    await mergeBoth(ground);
    await expectSame(ground);
  });
});

describe.concurrent('a merge that waits', () => {
  it('is concluded by a commit, with both parents and its message', async () => {
    const ground = await oneConflict();
    const { dir, expected } = ground;
    await mergeBoth(ground);
    await expect(git.commit({ fs, dir, author })).rejects.toMatchObject({
      code: 'UnmergedPathsError',
    });
    await ground.both((where) => put(where, { 'a.txt': withLines({ 5: 'both' }) }));
    await git.add({ fs, dir, filepath: 'a.txt' });
    await run(expected, 'add', 'a.txt');
    const oid = await git.commit({ fs, dir, author });
    // As where somebody looks at the message, and leaves it.
    await run(expected, '-c', 'core.editor=true', 'commit', '-q');
    const made = (where: string) => run(where, 'log', '-1', '--format=%P%n%T%n%B');
    expect(await made(dir)).toBe(await made(expected));
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(oid);
    const next = await git.commit({ fs, dir, author, message: 'Next' });
    expect(await run(dir, 'log', '-1', '--format=%P', next)).toBe(oid);
    await run(expected, 'commit', '-q', '--allow-empty', '-m', 'Next');
    const state = async (where: string) => ({ ...(await mergeStateOf(where)), status: '' });
    expect(await state(dir)).toEqual(await state(expected));
    await expectSoundRepository(dir);
  });

  it('is concluded where native git began it, and by native git where we did', async () => {
    const ground = await oneConflict();
    const { dir, expected } = ground;
    await mergeBoth(ground);
    await ground.both(async (where) => {
      await put(where, { 'a.txt': withLines({ 5: 'both' }) });
      await run(where, 'add', 'a.txt');
    });
    await git.commit({ fs, dir: expected, author, message: 'Merged\n' });
    await run(dir, 'commit', '-q', '-m', 'Merged');
    const made = (where: string) => run(where, 'log', '-1', '--format=%P%n%T%n%B');
    expect(await made(dir)).toBe(await made(expected));
    expect(
      await gitStatus(['rev-parse', '-q', '--verify', 'MERGE_HEAD'], { cwd: expected }),
    ).toMatchObject({ code: 1 });
    expect(await run(expected, 'status', '--porcelain')).toBe('');
  });

  it('takes a removal, and parents that the caller names', async () => {
    const { dir } = await diverged(one, { 'a.txt': 'ours\n' }, { 'a.txt': null });
    await expect(merge(dir)).rejects.toMatchObject({
      data: { filepaths: ['a.txt'], bothModified: [], deleteByUs: [], deleteByTheirs: ['a.txt'] },
    });
    await git.remove({ fs, dir, filepath: 'a.txt' });
    const parent = [await run(dir, 'rev-parse', 'main'), await run(dir, 'rev-parse', 'theirs')];
    await git.commit({ fs, dir, author, message: 'Away', ref: 'refs/heads/aside', parent });
    expect(await mergeStateOf(dir)).toHaveProperty('head', `${parent[1] ?? ''}\n`);
    await git.commit({ fs, dir, author, message: 'Away', parent: ['main', 'theirs'] });
    expect(await run(dir, 'log', '-1', '--format=%P')).toBe(parent.join(' '));
    expect(await mergeStateOf(dir)).toHaveProperty('head', undefined);
    expect(await run(dir, 'ls-tree', '-r', 'HEAD')).toBe('');
  });

  it('is given up as git gives it up: changes of other files stay', async () => {
    const ground = await oneConflict();
    const { dir, expected } = ground;
    await ground.both((where) => put(where, { 'b.txt': 'mine\n', 'loose.txt': 'mine\n' }));
    await mergeBoth(ground);
    await expectSame(ground);
    await ground.both((where) => put(where, { 'a.txt': 'half\n' }));
    await git.abortMerge({ fs, dir });
    await run(expected, 'merge', '--abort');
    await expectSame(ground);
    expect(await run(dir, 'status', '--porcelain')).toBe('M b.txt\n?? loose.txt');
  });

  it('is given up with pictures and links as they were', async () => {
    const ground = await diverged(
      { 'picture.bin': picture(3), link: { to: 'a' }, run: { x: 'base\n' } },
      { 'picture.bin': picture(5), link: { to: 'b' }, run: { x: 'ours\n' } },
      {
        'picture.bin': picture(7),
        link: { to: 'c' },
        run: { x: 'theirs\n' },
        'new.bin': picture(9),
      },
    );
    await mergeBoth(ground);
    await git.abortMerge({ fs, dir: ground.dir });
    await run(ground.expected, 'merge', '--abort');
    await expectSame(ground);
    expect(await run(ground.dir, 'status', '--porcelain')).toBe('');
  });

  it('is not given up where a file has changed since it was added', async () => {
    const ground = await oneConflict();
    const { dir, expected } = ground;
    await mergeBoth(ground);
    await ground.both(async (where) => {
      await put(where, { 'a.txt': 'added\n' });
      await run(where, 'add', 'a.txt');
      await put(where, { 'a.txt': 'changed\n' });
    });
    await expect(git.abortMerge({ fs, dir })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['a.txt'] },
    });
    expect((await gitStatus(['merge', '--abort'], { cwd: expected })).code).not.toBe(0);
    await expectSame(ground);
  });

  it('is not forgotten by another merge, a pull, a checkout or an amended commit', async () => {
    const ground = await oneConflict();
    const { dir } = ground;
    await mergeBoth(ground);
    await run(dir, 'branch', 'other', 'main~1');
    const before = await mergeStateOf(dir);
    const url = 'ws://127.0.0.1:9/site.git';
    const refused: [string, () => Promise<unknown>][] = [
      ['merge', () => merge(dir)],
      ['pull', () => git.pull({ fs, dir, url, author })],
      ['fastForward', () => git.fastForward({ fs, dir, url })],
      ['checkout', () => git.checkout({ fs, dir, ref: 'other' })],
      ['checkout', () => git.checkout({ fs, dir, ref: 'other', noCheckout: true, force: true })],
      ['commit with amend', () => git.commit({ fs, dir, amend: true, author, message: 'x' })],
    ];
    for (const [command, call] of refused) {
      await expect(call()).rejects.toMatchObject({
        code: 'MERGE_NOT_CONCLUDED',
        data: { command },
      });
    }
    expect(await mergeStateOf(dir)).toEqual(before);
    await git.checkout({ fs, dir, ref: 'other', force: true });
    expect(await mergeStateOf(dir)).toMatchObject({ head: undefined, message: undefined });
    expect(await run(dir, 'status', '--porcelain', '--branch')).toBe('## other');
  });
});

describe.concurrent('a merge changes nothing', () => {
  it.each<[string, (where: string) => Promise<unknown>, string]>([
    ['a change in the file', (where) => put(where, { 'a.txt': 'mine\n' }), 'a.txt'],
    ['a change in a file that is taken', (where) => put(where, { 'd.txt': 'mine\n' }), 'd.txt'],
    ['a file that git does not know', (where) => put(where, { 'c.txt': 'mine\n' }), 'c.txt'],
    [
      'something staged',
      async (where) => {
        await put(where, { 'mine.txt': 'mine\n' });
        await run(where, 'add', 'mine.txt');
      },
      'mine.txt',
    ],
  ])('where %s is in the way', async (_, change, path) => {
    const ground = await oneConflict();
    await ground.both(change);
    const before = await mergeStateOf(ground.dir);
    await expect(merge(ground.dir)).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: [path] },
    });
    const native = await gitStatus(['merge', '-q', 'theirs'], { cwd: ground.expected });
    expect(native.code).not.toBe(0);
    expect(await mergeStateOf(ground.dir)).toEqual(before);
  });

  it('where a file that was removed there has changes that giving it up would lose', async () => {
    const { dir } = await diverged(one, { 'a.txt': 'ours\n' }, { 'a.txt': null });
    await put(dir, { 'a.txt': 'mine\n' });
    const before = await mergeStateOf(dir);
    await expect(merge(dir)).rejects.toMatchObject({ code: 'CheckoutConflictError' });
    expect(await mergeStateOf(dir)).toEqual(before);
  });

  it('where it is another branch than the one whose files are here, and in a dry run', async () => {
    const { dir } = await oneConflict();
    await run(dir, 'branch', 'other');
    const before = await mergeStateOf(dir);
    const [other, dry] = [merge(dir, { ours: 'other' }), merge(dir, { dryRun: true })];
    await expect(other).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(dry).rejects.toMatchObject({ code: 'MergeConflictError' });
    expect(await mergeStateOf(dir)).toEqual(before);
  });
});

describe.concurrent('a merge', () => {
  it('and a commit move the branch to which that of HEAD leads, as in git', async () => {
    const { dir, expected, both } = await diverged(one, { 'b.txt': 'b\n' }, { 'c.txt': 'c\n' });
    await both(async (where) => {
      await run(where, 'branch', '-q', '-m', 'main', 'end');
      await run(where, 'symbolic-ref', 'refs/heads/way', 'refs/heads/end');
      await run(where, 'symbolic-ref', 'HEAD', 'refs/heads/way');
      await put(where, { 'd.txt': 'd\n' });
      await run(where, 'add', 'd.txt');
    });
    await git.commit({ fs, dir, author, message: 'Next\n' });
    await run(expected, 'commit', '-q', '-m', 'Next');
    await merge(dir, { ours: undefined });
    await run(expected, 'merge', '-q', '--no-edit', 'theirs');
    const look = (where: string) =>
      run(where, 'for-each-ref', '--format=%(refname) %(symref) %(tree) %(parent) %(subject)');
    expect(await look(dir)).toBe(await look(expected));
    expect(await readFile(join(dir, '.git/HEAD'), 'utf8')).toBe('ref: refs/heads/way\n');
  });

  it('without a conflict is isomorphic-git’s', async () => {
    const { dir } = await diverged(one, { 'b.txt': 'ours\n' }, { 'c.txt': 'theirs\n' });
    const { oid = '' } = await merge(dir);
    expect(await run(dir, 'log', '-1', '--format=%P %s', oid)).toMatch(/^\w{40} \w{40} Merge /);
    expect(await run(dir, 'rev-parse', 'main')).toBe(oid);
    expect(await mergeStateOf(dir)).toHaveProperty('head', undefined);
  });

  it('asks the caller’s driver for what both have changed', async () => {
    const { dir } = await oneConflict();
    const asked: unknown[] = [];
    await expect(
      merge(dir, {
        mergeDriver: ({ contents, path }: { contents: string[]; path: string }) => {
          asked.push(path, contents.length);
          return { cleanMerge: false, mergedText: 'my marks\n' };
        },
      }),
    ).rejects.toMatchObject({ code: 'MergeConflictError' });
    expect(asked).toEqual(['a.txt', 3]);
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('my marks\n');
  });

  it('of histories that have nothing in common leaves what both have', async () => {
    const ground = await diverged(one, { 'a.txt': 'ours\n' }, {});
    await ground.both(async (where) => {
      await run(where, 'checkout', '-q', '--orphan', 'alone');
      await put(where, { 'a.txt': 'alone\n' });
      await run(where, 'add', '-A');
      await run(where, 'commit', '-q', '-m', 'Alone');
      await run(where, 'checkout', '-q', 'main');
    });
    const own = { theirs: 'alone', allowUnrelatedHistories: true };
    await expect(merge(ground.dir, own)).rejects.toMatchObject({ code: 'MergeConflictError' });
    const args = ['merge', '-q', '--allow-unrelated-histories', 'alone'];
    await gitStatus(args, { cwd: ground.expected });
    await expectSame(ground);
  });

  it('of what both have removed, and one side has made a folder of, has no conflict', async () => {
    const theirs = { 'a.txt': null, 'b.txt': 'theirs\n' };
    const { dir } = await diverged(one, { 'a.txt': null, 'a.txt/x': 'ours\n' }, theirs);
    await run(dir, 'checkout', '-q', '--detach');
    const { oid = '', mergeCommit } = await merge(dir, { ours: undefined });
    expect(mergeCommit).toBe(true);
    expect(await run(dir, 'ls-tree', '-r', '--name-only', oid)).toBe('a.txt/x\nb.txt');
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(oid);
  });
});

/** A file system of which one function does something else for some paths. */
function faulty(name: 'writeFile' | 'readFile', end: string, act: () => Promise<unknown>) {
  let isFaulty = true;
  const original = fs.promises[name] as (...given: unknown[]) => Promise<unknown>;
  const call = async (path: string, ...rest: unknown[]) =>
    isFaulty && path.endsWith(end) ? act() : original(path, ...rest);
  return {
    fs: { promises: { ...fs.promises, [name]: call } },
    heal: () => {
      isFaulty = false;
    },
  };
}
const lies = () => Promise.resolve(undefined);
// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the case
const rejects = () => Promise.reject(undefined);

describe.concurrent('no side of a merge is lost', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an error', new Error('enough')],
  ])('where the caller’s driver throws %s', async (_, thrown) => {
    const { dir } = await diverged(
      one,
      { 'a.txt': withLines({ 5: 'ours' }) },
      { 'a.txt': withLines({ 25: 'theirs' }) },
    );
    const before = await mergeStateOf(dir);
    const mergeDriver = () => {
      throw thrown;
    };
    await expect(merge(dir, { mergeDriver })).rejects.toBeInstanceOf(Error);
    await expect(merge(dir, { mergeDriver: () => ({ cleanMerge: true }) })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(await mergeStateOf(dir)).toEqual(before);
  });

  it.each([
    ['lies', lies],
    ['rejects with nothing', rejects],
  ])('where the file system %s of what was merged', async (_, act) => {
    const { dir } = await diverged(
      one,
      { 'a.txt': withLines({ 5: 'ours' }) },
      { 'a.txt': withLines({ 25: 'theirs' }) },
    );
    const before = await mergeStateOf(dir);
    const calls = { count: 0 };
    for (let at = 0; at < 12; at += 1) {
      calls.count = 0;
      const writeFile = (path: string, ...rest: [never]) => {
        calls.count += 1;
        return calls.count === at + 1 ? act() : fs.promises.writeFile(path, ...rest);
      };
      const given = { fs: { promises: { ...fs.promises, writeFile } } };
      const made = await merge(dir, given).then(
        ({ oid = '' }) => oid,
        () => undefined,
      );
      if (made === undefined) expect(await mergeStateOf(dir)).toEqual(before);
      else {
        expect(await run(dir, 'rev-parse', 'main')).toBe(made);
        expect(await run(dir, 'show', `${made}:a.txt`)).toMatch(/ours[^]*theirs/);
        await expectSoundRepository(dir);
        return;
      }
    }
    expect(calls.count).toBe('never');
  });

  /** A merge whose conflict is resolved and added. */
  const resolved = async (): Promise<string> => {
    const { dir } = await oneConflict();
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    await put(dir, { 'a.txt': 'both\n' });
    await run(dir, 'add', 'a.txt');
    return dir;
  };
  const parents = (dir: string) => run(dir, 'log', '-1', '--format=%P');

  it.each([
    ['is not written', 'writeFile', 'refs/heads/main.lock', lies],
    ['cannot be read', 'readFile', 'refs/heads/main', lies],
    ['and HEAD cannot be read', 'readFile', '.git/HEAD', lies],
  ] as const)('where the branch %s', async (_, name, end, act) => {
    const dir = await resolved();
    const before = await run(dir, 'rev-parse', 'HEAD');
    const { fs: given } = faulty(name, end, act);
    await expect(git.commit({ fs: given, dir, author })).rejects.toBeInstanceOf(Error);
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(before);
    await git.commit({ fs, dir, author });
    expect(await parents(dir)).toMatch(/^\w{40} \w{40}$/);
  });

  it('where the branch is called by its short name', async () => {
    const dir = await resolved();
    await git.commit({ fs, dir, author, ref: 'main' });
    expect(await parents(dir)).toMatch(/^\w{40} \w{40}$/);
    expect(fs.existsSync(join(dir, '.git/main'))).toBe(false);
  });

  it.each<[string, string]>([
    ['is empty', ''],
    ['is no oid', 'garbage\n'],
    ['is half an oid', 'a'.repeat(20)],
    ['names nothing', `${'1'.repeat(40)}\n`],
  ])('where MERGE_HEAD %s: nothing is committed', async (_, text) => {
    const dir = await resolved();
    const before = await run(dir, 'rev-parse', 'HEAD');
    fs.writeFileSync(join(dir, '.git/MERGE_HEAD'), text);
    await expect(git.commit({ fs, dir, author, message: 'x' })).rejects.toBeInstanceOf(Error);
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MERGE_NOT_CONCLUDED' });
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(before);
    await git.abortMerge({ fs, dir });
    expect(await run(dir, 'status', '--porcelain')).toBe('');
  });

  it.each([
    ['fails', rejects],
    ['lies', lies],
  ])('where the file system %s when MERGE_HEAD is written', async (_, act) => {
    const { dir } = await oneConflict();
    const { fs: given } = faulty('writeFile', 'MERGE_HEAD', act);
    await expect(merge(dir, { fs: given })).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    await put(dir, { 'a.txt': 'both\n' });
    await run(dir, 'add', 'a.txt');
    await expect(git.commit({ fs, dir, author, message: 'x' })).rejects.toMatchObject({
      code: 'MERGE_NOT_CONCLUDED',
    });
    await git.abortMerge({ fs, dir });
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
  });

  it('where the file system fails before: the next merge finishes it', async () => {
    const { dir } = await oneConflict();
    const { fs: given } = faulty('writeFile', '/c.txt', rejects);
    await expect(merge(dir, { fs: given })).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    expect(fs.existsSync(join(dir, '.git/MERGE_MODE'))).toBe(false);
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    expect(await run(dir, 'ls-files', '-u')).not.toBe('');
  });

  it('where native git has merged an annotated tag', async () => {
    const { dir } = await oneConflict();
    await run(dir, 'tag', '-a', '-m', 'One', 'v1', 'theirs');
    await gitStatus(['merge', '-q', 'v1'], { cwd: dir });
    await put(dir, { 'a.txt': 'both\n' });
    await git.add({ fs, dir, filepath: 'a.txt' });
    await git.commit({ fs, dir, author });
    expect(await parents(dir)).toBe(
      await run(dir, 'rev-parse', 'HEAD~1', 'theirs').then((text) => text.replace('\n', ' ')),
    );
    await git.commit({ fs, dir, author, message: 'Next' });
    expect(await parents(dir)).toMatch(/^\w{40}$/);
  });

  it('where native git has set changes aside, nothing is concluded', async () => {
    const { dir } = await oneConflict();
    await put(dir, { 'b.txt': 'mine\n' });
    await gitStatus(['merge', '-q', '--autostash', 'theirs'], { cwd: dir });
    await put(dir, { 'a.txt': 'both\n' });
    await run(dir, 'add', 'a.txt');
    const code = 'MERGE_NOT_CONCLUDED';
    await expect(git.commit({ fs, dir, author })).rejects.toMatchObject({ code });
    await expect(git.abortMerge({ fs, dir })).rejects.toMatchObject({ code });
    await run(dir, 'commit', '-q', '--no-edit');
    expect(await readFile(join(dir, 'b.txt'), 'utf8')).toBe('mine\n');
  });

  it('nor is a message that begins with a #', async () => {
    const { dir } = await oneConflict();
    await expect(merge(dir, { message: '#12 both' })).rejects.toMatchObject({
      code: 'MergeConflictError',
    });
    await put(dir, { 'a.txt': 'both\n' });
    await run(dir, 'add', 'a.txt');
    await git.commit({ fs, dir, author });
    expect(await run(dir, 'log', '-1', '--format=%B')).toBe('#12 both');
  });

  it('by a checkout of the file that is to be resolved', async () => {
    const { dir } = await oneConflict();
    await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
    const before = await mergeStateOf(dir);
    const filepaths = ['a.txt'];
    await expect(git.checkout({ fs, dir, filepaths, force: true })).rejects.toMatchObject({
      code: 'UnmergedPathsError',
      data: { filepaths },
    });
    expect(await mergeStateOf(dir)).toEqual(before);
  });
});

describe('a commit is one', () => {
  it.each(['readFile', 'writeFile', 'stat'] as const)('wherever %s lies', async (name) => {
    const { dir } = await diverged(one, { 'b.txt': 'b\n' }, {});
    const before = await run(dir, 'rev-parse', 'HEAD');
    await put(dir, { 'a.txt': 'mine\n', 'new/c.txt': 'c\n' });
    await run(dir, 'add', '-A');
    const tree = await run(dir, 'write-tree');
    await run(dir, 'prune', '--expire=now');
    const original = fs.promises[name] as (...given: unknown[]) => Promise<unknown>;
    let made = 0;
    for (let at = 0; made < 3; at += 1) {
      let calls = 0;
      const call = (...given: unknown[]): Promise<unknown> => {
        calls += given.length > 0 ? 1 : 0;
        return calls === at + 1 && given.length > 0 ? lies() : original(...given);
      };
      const lying = { promises: { ...fs.promises, [name]: call } };
      const oid = await git.commit({ fs: lying, dir, author, message: String(at) }).then(
        (found) => found,
        () => undefined,
      );
      const head = await run(dir, 'rev-parse', 'HEAD');
      // One that fails may have been made, where what looks after it is lied to; then it is whole, too.
      if (oid !== undefined) expect(head).toBe(oid);
      if (head !== before) {
        expect(await run(dir, 'log', '-1', '--format=%T %P')).toBe(`${tree} ${before}`);
        await run(dir, 'fsck', '--strict');
        await run(dir, 'update-ref', 'refs/heads/main', before);
      }
      // After the last call nothing lies any more.
      if (calls <= at) made += 1;
    }
  });

  it('is none of what somebody else has changed meanwhile', async () => {
    const { dir } = await diverged(one, { 'b.txt': 'b\n' }, {});
    const original = fs.promises.writeFile as (...given: unknown[]) => Promise<unknown>;
    let other = '';
    const writeFile = async (path: string, ...rest: unknown[]) => {
      if (other === '' && path.includes('/objects/')) {
        other = 'on its way';
        await run(dir, 'commit', '-q', '--allow-empty', '-m', 'Theirs');
        other = await run(dir, 'rev-parse', 'HEAD');
      }
      return original(path, ...rest);
    };
    const given = { fs: { promises: { ...fs.promises, writeFile } }, dir, author, message: 'x' };
    await expect(git.commit(given)).rejects.toMatchObject({ code: 'REF_CHANGED' });
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(other);
  });

  it('of a branch that is not checked out, and of a HEAD that is on none', async () => {
    const { dir } = await diverged(one, { 'b.txt': 'b\n' }, {});
    const main = await run(dir, 'rev-parse', 'HEAD');
    const aside = await git.commit({ fs, dir, author, message: 'x', ref: 'theirs' });
    expect(await run(dir, 'rev-parse', 'theirs', 'main')).toBe(`${aside}\n${main}`);
    await run(dir, 'checkout', '-q', '--detach');
    const head = await git.commit({ fs, dir, author, message: 'y' });
    expect(await run(dir, 'rev-parse', 'HEAD', 'main')).toBe(`${head}\n${main}`);
    const amended = await git.commit({ fs, dir, author, amend: true, message: 'z' });
    expect(await run(dir, 'log', '-1', '--format=%H %P %s')).toBe(`${amended} ${main} z`);
  });
});
