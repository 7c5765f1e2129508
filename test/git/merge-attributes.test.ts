/** What attributes make of merges: held against native git's. */
import * as fs from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import git from '../../src/git/index.js';
import { git as realGit, gitStatus } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import {
  diverged,
  expectSameMerge,
  mergeStateOf,
  mergeTheirs as merge,
  put,
  textOf,
  twice,
  type Changes,
  type Ground,
} from './merge-ground.js';

const withLines = textOf(30);
const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });

/** Both sides have changed the same line, in a folder as well, and another one each. */
const sides = (paths: readonly string[]): [Changes, Changes, Changes] => {
  const all = (changes: Record<number, string>): Changes =>
    Object.fromEntries(paths.map((path) => [path, withLines(changes)]));
  return [all({}), all({ 5: 'ours', 20: 'o' }), all({ 5: 'theirs', 10: 't' })];
};
const clash = sides(['a.txt', 'b.md', 'src/a.txt']);

/** @returns two copies in which something is done before the merge. */
async function clashing(first: Changes, then: Changes = {}, config: string[] = []) {
  const [base, ours, theirs] = clash;
  const ground = await diverged({ ...base, ...first }, ours, theirs);
  await ground.both(async (where) => {
    await put(where, then);
    for (const setting of config) await run(where, 'config', ...setting.split('='));
  });
  return ground;
}

describe.concurrent('a merge minds attributes', () => {
  it.each<[string, boolean, Changes, string[]?]>([
    ['merge=union', false, { '.gitattributes': '* merge=union\n' }],
    ['merge=union of some', true, { '.gitattributes': '*.txt merge=union\n' }],
    ['-merge', true, { '.gitattributes': '* -merge\n' }],
    ['binary', true, { '.gitattributes': '*.md binary\n' }],
    ['merge=binary', true, { '.gitattributes': 'a.txt merge=binary\n' }],
    [
      'merge=text, and merge',
      true,
      { '.gitattributes': '*.txt merge=text\nb.md merge' },
      ['merge.default=union'],
    ],
    ['!merge', false, { '.gitattributes': '* -merge\n* !merge\n' }, ['merge.default=union']],
    ['merge.default without attributes', true, {}, ['merge.default=binary']],
    ['an unknown driver', true, { '.gitattributes': '* merge=Union\n' }],
    ['an unknown default', true, {}, ['merge.default=no.such=driver']],
    ['a macro', false, { '.gitattributes': '[attr]list merge=union\n* list\n' }],
    [
      'those of a nearer folder',
      true,
      { '.gitattributes': '* merge=union\n', 'src/.gitattributes': '*.txt -merge' },
    ],
    ['those of another folder', true, { 'src/.gitattributes': '*.txt merge=union' }],
    ['conflict-marker-size', true, { '.gitattributes': '*.txt conflict-marker-size=12\n' }],
    [
      'a size that is none',
      true,
      { '.gitattributes': '* conflict-marker-size=-3\n*.md conflict-marker-size' },
    ],
    ['a size with more behind it', true, { '.gitattributes': '* conflict-marker-size=10x\n' }],
  ])('of the working tree: %s', async (_, conflicts, first, config) => {
    expect(await expectSameMerge(await clashing(first, {}, config))).toBe(conflicts);
  });

  it.each<[string, boolean, Changes, Changes]>([
    ['are changed', false, { '.gitattributes': '' }, { '.gitattributes': '* merge=union' }],
    ['are gone', true, { '.gitattributes': '* merge=union' }, { '.gitattributes': null }],
    ['were never added', false, {}, { '.gitattributes': '* merge=union' }],
    ['are a link', true, {}, { '.gitattributes': { to: '.git/own' }, '.git/own': '* merge=union' }],
    [
      'are of the repository alone',
      false,
      { '.gitattributes': '* -merge' },
      { '.git/info/attributes': '* merge=union' },
    ],
  ])('as they lie there: they %s', async (_, conflicts, first, then) => {
    expect(await expectSameMerge(await clashing(first, then))).toBe(conflicts);
  });

  it('but none of theirs', async () => {
    const [base, ours, theirs] = clash;
    const ground = await diverged(base, ours, { ...theirs, '.gitattributes': '* merge=union' });
    expect(await expectSameMerge(ground)).toBe(true);
  });

  it('nor of a folder that is outside a sparse checkout', async () => {
    const ground = await clashing({ 'src/.gitattributes': '* merge=union' });
    await ground.both(async (where) => {
      // What seems to have changed since it was copied would stay.
      await run(where, 'update-index', '-q', '--refresh');
      await run(where, 'sparse-checkout', 'set', '--cone');
    });
    expect(await expectSameMerge(ground)).toBe(true);
  });

  it('of what has no text, and of texts that nothing ends', async () => {
    const first = {
      '.gitattributes': '* merge=union',
      'c.txt': 'a',
      'd.txt': 'a\r\nb',
      'e.txt': '',
    };
    const ground = await diverged(
      { ...first, bin: 'a\0' },
      { bin: 'o\0', 'c.txt': 'o', 'd.txt': 'a\r\no', 'e.txt': 'o\n' },
      { bin: 't\0', 'c.txt': 't', 'd.txt': 'a\r\nt', 'e.txt': 't' },
    );
    expect(await expectSameMerge(ground)).toBe(true);
  });

  it.each<[string, Changes]>([
    ['the new path', { '.gitattributes': 'new.txt merge=union\n' }],
    ['the old path', { '.gitattributes': 'a.txt merge=union\n' }],
  ])('of a renamed file, at %s', async (_, first) => {
    const [base, ours, theirs] = sides(['a.txt']);
    const moved = { 'a.txt': null, 'new.txt': ours['a.txt'] ?? null };
    const ground = await diverged({ ...base, ...first }, moved, theirs);
    expect(await expectSameMerge(ground)).toBe(first['.gitattributes'] === 'a.txt merge=union\n');
  });

  it.each([['merge=union'], ['-merge'], ['conflict-marker-size=9'], ['merge=other']])(
    'in the bases of a merge, too: %s',
    async (attributes) => {
      const ground = await crossed({ '.gitattributes': `* ${attributes}\n` });
      expect(await expectSameMerge(ground)).toBe(attributes !== 'merge=union');
    },
  );

  it('by a pull', async () => {
    const [base, ours, theirs] = clash;
    const { dir, expected } = await diverged(
      { ...base, '.gitattributes': '* merge=union' },
      ours,
      theirs,
    );
    const { url } = await startServer({ root: join(expected, '..') });
    await run(dir, 'reset', '-q', '--hard', 'main');
    const author = { name: 'A', email: 'a@example.com' };
    await git.addRemote({ fs, dir, remote: 'origin', url: `${url}/native` });
    await git.pull({ fs, dir, author, remoteRef: 'theirs', ref: 'main' });
    await run(expected, 'merge', '-q', '--no-edit', 'theirs');
    const trees = (where: string) => run(where, 'ls-tree', '-r', 'HEAD');
    expect(await trees(dir)).toBe(await trees(expected));
  });

  it.each([['* merge=union'], ['* -merge'], ['* conflict-marker-size=20']])(
    'by a stash that comes back: %s',
    async (attributes) => {
      const [base, ours, theirs] = clash;
      const { dir, expected, both } = await diverged(
        { ...base, '.gitattributes': attributes },
        {},
        {},
      );
      await both(async (where) => {
        await put(where, theirs);
        await run(where, 'stash', '-q');
        await put(where, ours);
        await run(where, 'commit', '-qam', 'Upstream');
      });
      const { code } = await gitStatus(['stash', 'pop', '-q'], { cwd: expected });
      const popped = git.stash({ fs, dir, op: 'pop' }).then(
        () => 0,
        () => 1,
      );
      expect(await popped).toBe(code);
      expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
    },
  );

  it('without a working tree, of the repository alone', async () => {
    const { dir } = await clashing({ '.gitattributes': '* merge=union' });
    const gitdir = join(dir, '.git');
    const tryIt = () =>
      git.merge({ fs, gitdir, ours: 'main', theirs: 'theirs', author: { name: 'A', email: 'a' } });
    await expect(tryIt()).rejects.toMatchObject({ code: 'MergeConflictError' });
    await mkdir(join(gitdir, 'info'), { recursive: true });
    await writeFile(join(gitdir, 'info/attributes'), '* merge=union');
    await tryIt();
    expect(await run(dir, 'show', 'main:b.md')).toContain('ours\ntheirs\n');
  });
});

describe('a driver that is a program', () => {
  const warn = vi.spyOn(console, 'warn');
  beforeEach(() => {
    warn.mockReset();
  });
  afterAll(() => {
    warn.mockRestore();
  });

  it('is not run: the lines are merged, and to be resolved', async () => {
    const { dir } = await clashing({ '.gitattributes': '*.txt merge=mine\n*.md merge=union' }, {}, [
      'merge.mine.driver=touch ran; exit 0',
    ]);
    await expect(merge(dir)).rejects.toMatchObject({
      ...{ code: 'MergeConflictError', data: { filepaths: ['a.txt', 'src/a.txt'] } },
    });
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toContain('<<<<<<< HEAD\nours\n=======');
    expect(fs.existsSync(join(dir, 'ran'))).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('a.txt is merged by its lines'));
  });

  it('is a conflict even where the lines agree', async () => {
    const { dir } = await diverged(
      { 'a.txt': withLines({}), '.gitattributes': '* merge=mine' },
      { 'a.txt': withLines({ 3: 'ours' }) },
      { 'a.txt': withLines({ 20: 'theirs' }) },
    );
    await run(dir, 'config', 'merge.mine.driver', 'true');
    await expect(merge(dir)).rejects.toMatchObject({ data: { filepaths: ['a.txt'] } });
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe(withLines({ 3: 'ours', 20: 'theirs' }));
    expect(await run(dir, 'ls-files', '-u')).not.toBe('');
  });

  it.each([['binary'], ['union'], ['text']])(
    'has the driver that it names for bases of a merge: %s',
    async (recursive) => {
      const { dir, expected, both } = await crossed({ '.gitattributes': '* merge=mine\n' });
      await both(async (where) => {
        await run(where, 'config', 'merge.mine.driver', 'false');
        await run(where, 'config', 'merge.mine.recursive', recursive);
      });
      await gitStatus(['merge', '-q', 'theirs'], { cwd: expected });
      await expect(merge(dir)).rejects.toMatchObject({ code: 'MergeConflictError' });
      const stages = (where: string) => run(where, 'ls-files', '--stage');
      expect(await stages(dir)).toBe(await stages(expected));
    },
  );

  it('may be stood in for by mergeDriver, which is asked for no list and for no binary', async () => {
    const ground = await clashing(
      { '.gitattributes': '*.txt merge=mine\n*.md merge=union\nsrc/*.txt -merge' },
      {},
      ['merge.mine.driver=false'],
    );
    const asked: string[] = [];
    const mergeDriver = ({ path, contents }: { path: string; contents: string[] }) => {
      asked.push(path);
      return { cleanMerge: true, mergedText: contents[2] ?? '' };
    };
    await expect(merge(ground.dir, { mergeDriver })).rejects.toMatchObject({
      data: { filepaths: ['src/a.txt'] },
    });
    expect(asked).toEqual(['a.txt']);
    await rm(ground.expected, { recursive: true });
  });
});

/** @returns two that have merged each other's work, and clash in it. */
function crossed(first: Changes): Promise<Ground> {
  const commit = async (dir: string, text: string): Promise<void> => {
    await put(dir, { 'a.txt': text });
    await run(dir, 'add', '-A');
    await run(dir, 'commit', '-q', '-m', 'Change');
  };
  return twice(async (dir) => {
    await put(dir, first);
    await commit(dir, withLines({}));
    await run(dir, 'checkout', '-q', '-b', 'theirs');
    await commit(dir, withLines({ 5: 'theirs' }));
    await run(dir, 'checkout', '-q', 'main');
    await commit(dir, withLines({ 5: 'ours' }));
    const [ours, theirs] = [
      await run(dir, 'rev-parse', 'main'),
      await run(dir, 'rev-parse', 'theirs'),
    ];
    for (const [branch, other, line] of [
      ['main', theirs, 'both'],
      ['theirs', ours, 'all'],
    ] as const) {
      await run(dir, 'checkout', '-q', branch);
      await gitStatus(['merge', '-q', other], { cwd: dir });
      await commit(dir, withLines({ 5: line }));
    }
    await run(dir, 'checkout', '-q', 'main');
  });
}
