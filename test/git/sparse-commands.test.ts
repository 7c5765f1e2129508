/** isomorphic-git's commands of gitws/git in a sparse checkout: what is outside is neither lost nor changed. */
import * as fs from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { mergeStateOf } from './merge-ground.js';
import { put, SparseSamples } from './sparse-repository.js';

let samples: SparseSamples;
let dir: string;
let cache: object;

const author = { name: 'Ann', email: 'ann@example.com' };
const run = (...args: string[]) => realGit(args, { cwd: dir });

beforeAll(async () => {
  samples = await SparseSamples.start();
});

beforeEach(async () => {
  const { dir: place, bare } = await samples.next();
  dir = place;
  cache = {};
  await realGit(['clone', '-q', '--sparse', `file://${bare}`, dir]);
  await run('sparse-checkout', 'set', 'docs');
});

const common = () => ({ fs, dir, cache });
const skipped = async () =>
  (await run('ls-files', '-t')).split('\n').filter((line) => line.startsWith('S'));
/** Whatever is done, this stays: what HEAD has outside, and that it is outside. */
const outside = async () => ({
  skipped: await skipped(),
  tree: await run('ls-tree', '-r', 'HEAD', '--', 'lib', 'ä ö', 'we[i]rd', 'docsy'),
});

/** All that an application does with what `statusMatrix` says. */
async function commitAll(): Promise<string> {
  for (const [filepath, , workdir] of await git.statusMatrix(common())) {
    if (workdir === 0) await git.remove({ ...common(), filepath });
    else await git.add({ ...common(), filepath });
  }
  return git.commit({ ...common(), message: 'All', author });
}

describe('in a sparse checkout', () => {
  it('statusMatrix and status say nothing of what is outside, as native git does', async () => {
    const matrix = await git.statusMatrix(common());
    expect(matrix.filter(([, ...sides]) => sides.join() !== '1,1,1')).toEqual([]);
    expect(matrix.map(([path]) => path)).toContain('lib/x/3');
    // Which isomorphic-git's own takes for deleted.
    const theirs = await isomorphicGit.statusMatrix(common());
    expect(theirs.find(([path]) => path === 'lib/x/3')).toEqual(['lib/x/3', 1, 0, 1]);
    expect(await git.status({ ...common(), filepath: 'lib/x/3' })).toBe('unmodified');
    await put(dir, { 'docs/d.md': null });
    expect(await git.status({ ...common(), filepath: 'docs/d.md' })).toBe('*deleted');
    const rows = await git.statusMatrix({ ...common(), filepaths: ['docs', 'lib'] });
    expect(rows.filter(([, ...sides]) => sides.join() !== '1,1,1')).toEqual([
      ['docs/d.md', 1, 0, 1],
    ]);
    expect(await git.status({ ...common(), filepath: 'nowhere' })).toBe('absent');
  });

  it('they say what is staged outside, and what lies there in spite of it', async () => {
    const blob = await realGit(['hash-object', '-w', '--stdin'], { cwd: dir, input: 'staged' });
    for (const filepath of ['lib/l', 'lib/added']) {
      await git.updateIndex({ ...common(), filepath, oid: blob, add: true });
    }
    await run('update-index', '--skip-worktree', 'lib/added');
    await put(dir, { 'lib/x/3': 'mine\n' });
    const rows = new Map(
      (await git.statusMatrix(common())).map(([path, ...sides]) => [path, sides]),
    );
    expect(rows.get('lib/l')).toEqual([1, 2, 2]);
    expect(rows.get('lib/added')).toEqual([0, 2, 2]);
    expect(rows.get('lib/x/3')).toEqual([1, 2, 1]);
    const status = (filepath: string) => git.status({ ...common(), filepath });
    expect(await Promise.all(['lib/l', 'lib/added', 'lib/x/3'].map(status))).toEqual([
      ...['modified', 'added', '*modified'],
    ]);
  });

  it('an application that stages and commits all commits nothing of what is outside', async () => {
    const before = await outside();
    await put(dir, { 'docs/d.md': 'mine\n', 'docs/new': 'new\n', 'docs/a/1': null });
    await commitAll();
    expect(await run('diff', '--name-status', 'HEAD~1')).toBe(
      ['D\tdocs/a/1', 'M\tdocs/d.md', 'A\tdocs/new'].join('\n'),
    );
    expect(await outside()).toEqual(before);
    expect(await run('status', '--porcelain')).toBe('');
    await expectSoundRepository(dir);
  });

  it('add of everything, commit, amend, log, walk and listFiles keep what is outside', async () => {
    const before = await outside();
    await put(dir, { 'docs/d.md': 'mine\n' });
    await git.add({ ...common(), filepath: '.' });
    await git.commit({ ...common(), message: 'Mine', author });
    await git.commit({ ...common(), message: 'Mine, again', author, amend: true });
    expect((await git.log(common())).length).toBe(2);
    expect(await git.listFiles(common())).toEqual(
      await git.listFiles({ ...common(), ref: 'HEAD' }),
    );
    const seen = (await git.walk({
      ...common(),
      trees: [git.TREE({ ref: 'HEAD' }), git.WORKDIR(), git.STAGE()],
      map: async (path, [head, work, stage]) =>
        (await head?.type()) === 'blob' && (await head?.oid()) === (await stage?.oid())
          ? `${path} ${work === null ? 'outside' : 'here'}`
          : undefined,
      reduce: (parent: string | undefined, children: string[][]) =>
        Promise.resolve([...(parent === undefined ? [] : [parent]), ...children.flat()]),
    })) as string[];
    expect(seen).toContain('lib/x/3 outside');
    expect(seen).toContain('docs/d.md here');
    expect(await outside()).toEqual(before);
    await git.add({ ...common(), filepath: ['lib/x/3', 'docs/d.md'] });
    await expect(git.add({ ...common(), filepath: 'lib/nowhere' })).rejects.toMatchObject({
      code: 'NotFoundError',
    });
    expect(await outside()).toEqual(before);
  });

  it('add of a file that lies outside stages it, and it stays', async () => {
    await put(dir, { 'lib/x/3': 'mine\n', 'lib/fresh': 'mine\n' });
    await git.add({ ...common(), filepath: ['lib/x/3', 'lib/fresh'] });
    await git.commit({ ...common(), message: 'Mine', author });
    expect(await run('show', 'HEAD:lib/x/3')).toBe('mine');
    expect(await run('status', '--porcelain')).toBe('');
    await git.sparseCheckout({ ...common(), set: ['docs'] });
    expect(fs.existsSync(join(dir, 'lib'))).toBe(false);
    expect(await run('show', ':lib/fresh')).toBe('mine');
  });

  it('remove takes nothing away that is outside alone, and of folders what is inside', async () => {
    const before = await outside();
    for (const filepath of ['lib/x/3', 'lib', 'lib/x/']) {
      await expect(git.remove({ ...common(), filepath })).rejects.toMatchObject({
        code: 'OUTSIDE_SPARSE_CHECKOUT',
        data: { filepaths: [filepath] },
      });
    }
    const removed = git.updateIndex({ ...common(), filepath: 'lib/l', remove: true, force: true });
    await expect(removed).rejects.toMatchObject({ code: 'OUTSIDE_SPARSE_CHECKOUT' });
    expect(await outside()).toEqual(before);
    await git.remove({ ...common(), filepath: 'docs/d.md' });
    await git.updateIndex({ ...common(), filepath: 'docs/b/2', remove: true, force: true });
    expect(await run('diff', '--cached', '--name-status')).toBe('D\tdocs/b/2\nD\tdocs/d.md');
    await git.sparseCheckout({ ...common(), add: ['lib/z'] });
    await git.remove({ ...common(), filepath: 'lib' });
    expect((await run('diff', '--cached', '--name-only')).split('\n')).toEqual([
      ...['docs/b/2', 'docs/d.md', 'lib/l', 'lib/run', 'lib/module', 'lib/z/5'].sort(),
    ]);
    expect(await run('ls-files', 'lib/x')).not.toBe('');
  });

  it('resetIndex takes back what is staged outside, mode and flag included', async () => {
    const before = await run('ls-files', '-t', '-s');
    const blob = await realGit(['hash-object', '-w', '--stdin'], { cwd: dir, input: 'staged' });
    for (const filepath of ['lib/run', 'lib/x/link', 'lib/x/3']) {
      await git.updateIndex({ ...common(), filepath, oid: blob });
      await git.resetIndex({ ...common(), filepath });
    }
    expect(await run('ls-files', '-t', '-s')).toBe(before);
    await git.resetIndex({ ...common(), filepath: 'lib/l', ref: 'origin/other' });
    expect(await run('status', '--porcelain')).toBe('D  lib/l'.trim());
    await put(dir, { 'docs/d.md': 'mine\n' });
    await git.add({ ...common(), filepath: 'docs/d.md' });
    await git.resetIndex({ ...common(), filepath: 'docs/d.md' });
    expect(await run('diff', '--cached', '--name-only')).toBe('lib/l');
  });

  it('a merge with conflicts, outside as well, is left and given up as native git does it', async () => {
    await run('sparse-checkout', 'disable');
    await put(dir, { 'docs/d.md': 'ours\n', 'lib/x/3': 'ours\n' });
    await run('commit', '-q', '-a', '-m', 'Ours');
    await run('sparse-checkout', 'set', '--cone', 'docs');
    const native = `${dir}-native`;
    await cp(dir, native, { recursive: true, verbatimSymlinks: true });
    const state = async (where: string) => ({
      ...(await mergeStateOf(where)),
      flags: await realGit(['ls-files', '-t'], { cwd: where }),
      original: undefined,
    });
    const [before, theirs] = [await state(dir), 'origin/other'];
    await expect(
      git.merge({ ...common(), ours: 'main', theirs, author, abortOnConflict: false }),
    ).rejects.toMatchObject({ code: 'MergeConflictError' });
    await gitStatus(['merge', '-q', theirs], { cwd: native });
    expect(await state(dir)).toEqual(await state(native));
    expect(await readFile(join(dir, 'lib/x/3'), 'utf8')).toContain('<<<<<<< HEAD');
    await git.abortMerge(common());
    expect(await state(dir)).toEqual(before);
    await gitStatus(['merge', '-q', theirs], { cwd: dir });
    await git.checkout({ ...common(), force: true });
    expect(await state(dir)).toEqual(before);
    await expectSoundRepository(dir);
  });

  it('what would write the whole working tree, or commit without it, is refused', async () => {
    const before = { ...(await outside()), index: await run('ls-files', '-t', '-s') };
    await put(dir, { 'docs/d.md': 'mine\n' });
    const theirs = 'refs/remotes/origin/other';
    const oid = await run('rev-parse', theirs);
    await expect(git.cherryPick({ ...common(), oid })).rejects.toMatchObject({
      code: 'UNSUPPORTED_SPARSE_CHECKOUT',
      data: { command: 'cherryPick' },
    });
    expect({ ...(await outside()), index: await run('ls-files', '-t', '-s') }).toEqual(before);
    expect(await run('status', '--porcelain')).toBe('M docs/d.md');
    const picked = await git.cherryPick({
      ...common(),
      oid,
      noUpdateBranch: true,
      committer: author,
    });
    expect(await run('diff', '--name-only', picked, oid)).toBe('');
    await git.merge({ ...common(), ours: 'main', theirs, author });
    expect(await run('rev-parse', 'main')).toBe(oid);
  });

  it('a folder of native git that has patterns of its own loses nothing, either', async () => {
    await run('sparse-checkout', 'set', '--no-cone', '/docs/', '!/docs/a/');
    const before = await run('ls-tree', '-r', 'HEAD', 'docs/a', 'lib');
    await put(dir, { 'docs/d.md': 'mine\n' });
    await commitAll();
    expect(await run('ls-tree', '-r', 'HEAD', 'docs/a', 'lib')).toBe(before);
    expect(await run('diff', '--name-only', 'HEAD~1')).toBe('docs/d.md');
  });
});

describe('without a sparse checkout', () => {
  it('all of them are isomorphic-git’s, deletions included', async () => {
    await run('sparse-checkout', 'disable');
    await put(dir, { 'lib/x/3': null, 'docs/d.md': 'mine\n' });
    expect(await git.status({ ...common(), filepath: 'lib/x/3' })).toBe('*deleted');
    expect(await git.statusMatrix(common())).toEqual(await isomorphicGit.statusMatrix(common()));
    await commitAll();
    expect(await run('diff', '--name-status', 'HEAD~1')).toBe('M\tdocs/d.md\nD\tlib/x/3');
    await writeFile(join(dir, 'docs/d.md'), 'again\n');
    await run('config', 'user.name', 'Ann');
    await run('config', 'user.email', 'ann@example.com');
    await git.stash(common());
    expect(await run('status', '--porcelain')).toBe('');
  });
});
