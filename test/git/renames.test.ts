/** Renames in a merge: held against native git's. */
import * as fs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import git from '../../src/git/index.js';
import { mergeCommits } from '../../src/git/merge-commits.js';
import { git as realGit } from '../helpers/git.js';
import { it } from '../helpers/long.js';
import { startServer } from '../helpers/server.js';
import {
  diverged,
  expectSameMerge,
  mergeStateOf,
  mergeTheirs as merge,
  put,
  textOf,
  type Changes,
} from './merge-ground.js';

const author = { name: 'Test Author', email: 'author@example.com', timestamp: 1735689600 };
const withLines = textOf(30);
const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });

const a = withLines({});
/** Another text, of which few lines are the same. */
const other = Array.from({ length: 30 }, (_, n) => `other ${n * 7}\n`).join('');
const edited = withLines({ 3: 'ours' });
const theirEdit = withLines({ 20: 'theirs' });

describe.concurrent('a merge follows renames', () => {
  it.each<[string, boolean, Changes, Changes, Changes]>([
    [
      'of a file that theirs has changed',
      false,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': a },
      { 'a.txt': theirEdit },
    ],
    [
      'of a file that ours has changed, into a folder, with changes',
      false,
      { 'a.txt': a, 'c.txt': other },
      { 'a.txt': theirEdit },
      { 'a.txt': null, 'new/folder/a.txt': edited, 'c.txt': null, 'new/c.txt': other },
    ],
    [
      'that both have made alike',
      false,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': null, 'b.txt': theirEdit },
    ],
    [
      'with a conflict in the lines',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': withLines({ 5: 'ours' }) },
      { 'a.txt': withLines({ 5: 'theirs' }) },
    ],
    [
      'of a file that theirs has removed',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': null },
    ],
    [
      'of a file that ours has removed, with no change',
      true,
      { 'a.txt': a, 'c.txt': 'c\n' },
      { 'a.txt': null },
      { 'a.txt': null, 'b.txt': a },
    ],
    [
      'to two paths',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': null, 'c.txt': theirEdit },
    ],
    [
      'to two paths, with a conflict in the lines',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': withLines({ 5: 'ours' }) },
      { 'a.txt': null, 'c.txt': withLines({ 5: 'theirs' }) },
    ],
    [
      'of two files to one path',
      true,
      { 'a.txt': a, 'c.txt': other },
      { 'a.txt': null, 'b.txt': edited, 'c.txt': `${other}ours\n` },
      { 'c.txt': null, 'b.txt': `${other}theirs\n`, 'a.txt': theirEdit },
    ],
    [
      'to where theirs has put something else',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': withLines({ 5: 'ours' }) },
      { 'a.txt': withLines({ 5: 'theirs' }), 'b.txt': other },
    ],
    [
      'to where ours has put something else, of a file that ours has removed',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': other },
      { 'a.txt': null, 'b.txt': edited },
    ],
    [
      'of what is no text, to two paths',
      true,
      { 'a.bin': Uint8Array.from({ length: 4000 }, (_, n) => (n * n) % 251) },
      {
        'a.bin': null,
        'b.bin': Uint8Array.from({ length: 4000 }, (_, n) => (n < 9 ? 1 : (n * n) % 251)),
      },
      {
        'a.bin': null,
        'c.bin': Uint8Array.from({ length: 4000 }, (_, n) => (n < 9 ? 2 : (n * n) % 251)),
      },
    ],
    [
      'of what is there twice, by its name',
      false,
      { 'x/a.txt': a, 'y/b.txt': a, 'c.txt': other },
      { 'x/a.txt': null, 'y/b.txt': null, 'z/b.txt': a, 'z/c.txt': a },
      { 'y/b.txt': theirEdit, 'c.txt': `${other}theirs\n` },
    ],
    [
      'of what has kept its name, though another is more alike',
      false,
      { 'x/a.txt': a },
      {
        'x/a.txt': null,
        'y/a.txt': withLines({ 3: 'one', 4: 'two', 5: 'three' }),
        'y/b.txt': edited,
      },
      { 'x/a.txt': theirEdit },
    ],
    [
      'of links and executables',
      false,
      { run: { x: a }, link: { to: 'run' } },
      { run: null, 'bin/run': { x: edited }, link: null, 'bin/link': { to: 'run' } },
      { run: theirEdit },
    ],
    [
      'of a link, of which theirs has made another one',
      false,
      { link: { to: 'run' } },
      { link: null, 'bin/other': { to: 'run' } },
      { link: { to: 'walk' } },
    ],
    [
      'and leaves what is less than half the same alone',
      true,
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': other.slice(0, 200) + a.slice(0, 80) },
      { 'a.txt': theirEdit },
    ],
    [
      'of a folder, to which what theirs has put into it goes along',
      true,
      { 'lib/a.txt': a, 'lib/b.txt': other, 'lib/deep/c.txt': 'c\n' },
      {
        ...{ 'lib/a.txt': null, 'lib/b.txt': null, 'lib/deep/c.txt': null },
        ...{ 'src/a.txt': a, 'src/b.txt': other, 'src/deep/c.txt': 'c\n' },
      },
      { 'lib/new.txt': 'new\n', 'lib/deep/new.txt': 'deep\n', 'lib/a.txt': theirEdit },
    ],
    [
      'of a folder, to which what ours has renamed goes along',
      true,
      { 'lib/a.txt': a, 'lib/b.txt': other, 'c.txt': a.toUpperCase() },
      { 'c.txt': null, 'lib/c.txt': a.toUpperCase() },
      { 'lib/a.txt': null, 'lib/b.txt': null, 'src/a.txt': a, 'src/b.txt': other },
    ],
    [
      'of a folder in a folder, which says nothing of that one',
      false,
      { 'lib/deep/a.txt': a, 'lib/deep/b.txt': other },
      {
        ...{ 'lib/deep/a.txt': null, 'lib/deep/b.txt': null },
        ...{ 'src/flat/a.txt': a, 'src/flat/b.txt': other },
      },
      { 'lib/new.txt': 'new\n' },
    ],
    [
      'of a folder that has gone to two',
      true,
      { 'lib/a.txt': a, 'lib/b.txt': other },
      { 'lib/a.txt': null, 'lib/b.txt': null, 'src/a.txt': a, 'other/b.txt': other },
      { 'lib/new.txt': 'new\n' },
    ],
  ])('%s', async (_, isConflict, base, ours, theirs) => {
    expect(await expectSameMerge(await diverged(base, ours, theirs))).toBe(isConflict);
  });
});

describe.concurrent('the configuration says of renames', () => {
  const ground = () =>
    diverged(
      { 'a.txt': a, 'c.txt': other },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': theirEdit },
    );
  const paths = (dir: string) =>
    run(dir, 'ls-files', '-u').then((text) => text.replace(/^.*\t/gm, ''));

  it.each(['merge.renames', 'diff.renames'])('by %s that there are none', async (name) => {
    const { dir } = await ground();
    await run(dir, 'config', name, 'false');
    await expect(merge(dir)).rejects.toMatchObject({ data: { filepaths: ['a.txt'] } });
    expect(await paths(dir)).toBe('a.txt\na.txt');
  });

  it('how many files are compared, where names do not help', async () => {
    const more = { 'd.txt': null, 'e.txt': `${other}e\n`.toUpperCase() };
    const { dir, expected, both } = await diverged(
      { 'a.txt': a, 'd.txt': other.toUpperCase() },
      { ...more, 'a.txt': null, 'b.txt': edited },
      { 'a.txt': theirEdit, 'd.txt': `${other}theirs\n`.toUpperCase() },
    );
    await both((where) => run(where, 'config', 'merge.renameLimit', '1'));
    expect(await expectSameMerge({ dir, expected, both })).toBe(true);
  });

  it.each([
    ['true', false],
    ['false', false],
    ['conflict', true],
  ])('by merge.directoryRenames=%s what goes along with folders', async (value, isConflict) => {
    const made = await diverged(
      { 'lib/a.txt': a, 'lib/b.txt': other },
      { 'lib/a.txt': null, 'lib/b.txt': null, 'src/a.txt': a, 'src/b.txt': other },
      { 'lib/new.txt': 'new\n' },
    );
    await made.both((where) => run(where, 'config', 'merge.directoryRenames', value));
    expect(await expectSameMerge(made)).toBe(isConflict);
  });
});

describe.concurrent('a conflict about a renamed file', () => {
  const toTwo = () =>
    diverged(
      { 'a.txt': a, 'c.txt': other },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': null, 'c.txt': null, 'd.txt': theirEdit },
    );

  it('changes nothing, unless it is to be left', async () => {
    const { dir } = await toTwo();
    const before = await mergeStateOf(dir);
    await expect(merge(dir, { abortOnConflict: true })).rejects.toMatchObject({
      code: 'MergeConflictError',
      data: {
        filepaths: ['a.txt', 'b.txt', 'd.txt'],
        ...{ bothModified: [], deleteByUs: [], deleteByTheirs: [] },
      },
    });
    expect(await mergeStateOf(dir)).toEqual(before);
  });

  it('is given up, and concluded', async () => {
    const ground = await toTwo();
    const { dir, expected, both } = ground;
    const before = await mergeStateOf(dir);
    expect(await expectSameMerge(ground)).toBe(true);
    const { unmerged } = (await git.mergeStatus({ fs, dir })) ?? {};
    expect(
      unmerged?.map(({ path, base, ours, theirs }) => [path, !!base, !!ours, !!theirs]),
    ).toEqual([
      ['a.txt', true, false, false],
      ['b.txt', false, true, false],
      ['d.txt', false, false, true],
    ]);
    await git.abortMerge({ fs, dir });
    expect(await mergeStateOf(dir)).toEqual({
      ...before,
      original: before.head ?? expect.anything(),
    });
    await run(expected, 'merge', '--abort');
    expect(await expectSameMerge(ground)).toBe(true);
    await git.remove({ fs, dir, filepath: 'a.txt' });
    await run(expected, 'rm', '-q', '--cached', 'a.txt');
    await git.add({ fs, dir, filepath: 'b.txt' });
    await run(expected, 'add', 'b.txt');
    await git.remove({ fs, dir, filepath: 'd.txt' });
    await run(expected, 'rm', '-q', '--cached', 'd.txt');
    await both((where) => fs.promises.rm(`${where}/d.txt`));
    await git.commit({ fs, dir, author });
    await run(expected, '-c', 'core.editor=true', 'commit', '-q');
    const made = (where: string) => run(where, 'log', '-1', '--format=%P%n%T');
    expect(await made(dir)).toBe(await made(expected));
  });

  it('is one where only a folder has gone to two places, and names the folder', async () => {
    const { dir } = await diverged(
      { 'lib/a.txt': a, 'lib/b.txt': other },
      { 'lib/a.txt': null, 'lib/b.txt': null, 'src/a.txt': a, 'other/b.txt': other },
      { 'lib/new.txt': 'new\n' },
    );
    await expect(merge(dir)).rejects.toMatchObject({ data: { filepaths: ['lib'] } });
    await git.commit({ fs, dir, author });
    expect(await run(dir, 'ls-tree', '-r', '--name-only', 'HEAD')).toBe(
      'lib/new.txt\nother/b.txt\nsrc/a.txt',
    );
    expect(await run(dir, 'log', '-1', '--format=%P')).toContain(' ');
  });
});

describe.concurrent('renames are followed', () => {
  it('in a partial clone, whose server is asked once for each step', async () => {
    const { dir: origin } = await diverged(
      { 'a.txt': a, 'b.txt': other, 'same.txt': 'same\n' },
      { 'a.txt': null, 'x/a.txt': edited, 'b.txt': null, 'x/b.txt': `${other}ours\n` },
      { 'a.txt': theirEdit, 'b.txt': `theirs\n${other}`, 'new.txt': 'new\n' },
    );
    const root = dirname(origin);
    await run(root, 'clone', '-q', '--bare', origin, 'origin.git');
    await run(join(root, 'origin.git'), 'config', 'uploadpack.allowFilter', 'true');
    const { url } = await startServer({ root });
    const dir = join(root, 'partial');
    await git.clone({ fs, dir, url: `${url}/origin.git`, filter: 'blob:none', noCheckout: true });
    const packs = async () =>
      (await readdir(join(dir, '.git/objects/pack'))).filter((name) => name.endsWith('.pack'))
        .length;
    const before = await packs();
    const { tree } = await merge(dir, { theirs: 'origin/theirs' });
    // The files that are compared, and those of theirs that are merged then.
    expect((await packs()) - before).toBe(2);
    await run(origin, 'merge', '-q', '--no-edit', 'theirs');
    expect(tree).toBe(await run(origin, 'rev-parse', 'HEAD^{tree}'));
  });

  it.each<[string, Changes, Changes]>([
    ['upstream', { 'a.txt': null, 'b.txt': edited }, { 'a.txt': theirEdit }],
    ['in the stash', { 'a.txt': edited }, { 'a.txt': null, 'b.txt': theirEdit }],
  ])('by a stash that comes back, of a file that was renamed %s', async (_, upstream, stashed) => {
    const { dir, expected, both } = await diverged({ 'a.txt': a }, {}, {});
    await both(async (where) => {
      await put(where, stashed);
      await run(where, 'add', '-A');
      await run(where, 'stash', '-q');
      await put(where, upstream);
      await run(where, 'add', '-A');
      await run(where, 'commit', '-q', '-m', 'Upstream');
    });
    await run(expected, 'stash', 'pop', '-q');
    await git.stash({ fs, dir, op: 'pop' });
    expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
  });

  it('no more once the signal has fired', async () => {
    const { dir } = await diverged(
      { 'a.txt': a },
      { 'a.txt': null, 'b.txt': edited },
      { 'a.txt': theirEdit },
    );
    const at = { fs, gitdir: join(dir, '.git'), labels: { ours: 'a', theirs: 'b' } };
    const oids = {
      ours: await run(dir, 'rev-parse', 'main'),
      theirs: await run(dir, 'rev-parse', 'theirs'),
    };
    const merged = mergeCommits({
      ...at,
      ...oids,
      promisor: undefined,
      signal: AbortSignal.abort(),
    });
    await expect(merged).rejects.toMatchObject({ code: 'UserCanceledError' });
  });
});
