/** Sparse checkouts by gitws/git, held against native git's of the same repository. */
import * as fs from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import git, { type SparseCheckoutArguments } from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { objectsReached } from './partial-state.js';
import { put, SparseSamples } from './sparse-repository.js';
import { filesOf, sparseState } from './sparse-state.js';

let samples: SparseSamples;
let bare: string;
let url: string;
let dir: string;
let expected: string;

beforeAll(async () => {
  samples = await SparseSamples.start();
});

beforeEach(async () => {
  ({ bare, url, dir, expected } = await samples.next());
});

const run = (...args: string[]) => realGit(args, { cwd: dir });
const native = (...args: string[]) => realGit(args, { cwd: expected });
const both = async (act: (where: string) => Promise<unknown>): Promise<void> => {
  await act(dir);
  await act(expected);
};

/** Clones in both ways, with folders. */
async function cloned(folders: string[], filter?: 'blob:none'): Promise<void> {
  await git.clone({ fs, dir, url, sparse: folders, ...(filter ? { filter } : {}) });
  const options = filter === undefined ? [] : [`--filter=${filter}`];
  await realGit(['clone', '-q', '--sparse', ...options, `file://${bare}`, expected]);
  await native('sparse-checkout', 'set', '--cone', ...folders);
}

async function expectSame(): Promise<void> {
  expect(await sparseState(dir)).toEqual(await sparseState(expected));
}

const sparse = (order: Partial<SparseCheckoutArguments>) =>
  git.sparseCheckout({ fs, dir, ...order });

describe('clone with folders', () => {
  const lists = [
    [],
    ['docs/'],
    ['lib/x/y', 'docs/a', './docs//a/'],
    ['lib', 'lib/x', 'ä ö'],
    ['not/there/yet'],
  ];
  it.each(lists.map((folders) => [folders] as const))(
    'has what native git’s has: %j',
    async (folders) => {
      await cloned(folders);
      await expectSame();
      await expectSoundRepository(dir);
    },
  );

  it('and a filter has the blobs of those folders, and no others', async () => {
    await cloned(['lib/x'], 'blob:none');
    expect(await objectsReached(dir)).toEqual(await objectsReached(expected));
    const missing = await run('rev-list', '--objects', '--missing=print', 'main');
    const lacks = async (path: string) =>
      missing.includes(`?${await run('rev-parse', `:${path}`)}`);
    expect(await Promise.all(['root.txt', 'lib/l', 'lib/x/y/4'].map(lacks))).toEqual(
      Array(3).fill(false),
    );
    expect(await Promise.all(['docs/d.md', 'lib/z/5'].map(lacks))).toEqual([true, true]);
  });

  it('and without a checkout says what the next checkout does', async () => {
    await git.clone({ fs, dir, url, sparse: ['docs'], noCheckout: true });
    await git.checkout({ fs, dir, ref: 'main' });
    await realGit(['clone', '-q', '--sparse', '-n', `file://${bare}`, expected]);
    await native('sparse-checkout', 'set', 'docs');
    await native('checkout', '-q', 'main');
    await expectSame();
  });

  it('that are none rejects before anything is there', async () => {
    const failed = git.clone({ fs, dir, url, sparse: ['../out'] });
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      data: { folder: '../out' },
    });
    expect(fs.existsSync(dir)).toBe(false);
  });

  it('through the http of others has the same working tree', async () => {
    // It is never asked: the repository is there already.
    await realGit(['clone', '-q', `file://${bare}`, dir]);
    await realGit(['clone', '-q', `file://${bare}`, expected]);
    await git.checkout({ fs, dir, ref: 'main', sparse: ['lib/x'] });
    await native('sparse-checkout', 'set', 'lib/x');
    await expectSame();
  });
});

describe('sparseCheckout', () => {
  it('sets, adds, lists and ends as native git does', async () => {
    await cloned(['docs']);
    const list = async () => (await sparse({ list: true })).folders;
    for (const folders of [['lib/x', 'docs/a'], [], ['lib'], ['ä ö', 'docsy']]) {
      expect(await sparse({ set: folders })).toEqual({ folders: [...folders].sort(), left: [] });
      await native('sparse-checkout', 'set', ...folders);
      await expectSame();
    }
    await sparse({ add: ['docs/b', 'lib/x/y'] });
    await native('sparse-checkout', 'add', 'docs/b', 'lib/x/y');
    await expectSame();
    expect(await list()).toEqual(['docs/b', 'docsy', 'lib/x/y', 'ä ö']);
    expect(await sparse({ disable: true })).toEqual({ folders: undefined, left: [] });
    await native('sparse-checkout', 'disable');
    await expectSame();
    expect(await list()).toBeUndefined();
    await expect(sparse({ add: ['lib'] })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await sparse({ set: ['lib'] });
    await native('sparse-checkout', 'set', 'lib');
    await expectSame();
    await expectSoundRepository(dir);
  });

  it('keeps what has changed, and what is in the way, and says so', async () => {
    await cloned(['lib', 'docs']);
    await both(async (where) => {
      await put(where, {
        'docs/d.md': 'mine\n',
        'docs/a/1': 'staged\n',
        'docs/b/untracked': 'x\n',
      });
      await realGit(['add', 'docs/a/1'], { cwd: where });
      await put(where, { 'lib/z/5': null });
    });
    expect((await sparse({ set: ['lib/x'] })).left).toEqual(['docs/d.md']);
    await native('sparse-checkout', 'set', 'lib/x');
    await expectSame();
    await both((where) => put(where, { 'ä ö/u': 'in the way\n', 'docsy/not': 'docsy/not\n' }));
    expect((await sparse({ set: ['ä ö', 'docsy', 'docs'] })).left).toEqual(['ä ö/u']);
    await native('sparse-checkout', 'set', 'ä ö', 'docsy', 'docs');
    expect((await filesOf(dir))['docs/d.md']).toContain('mine');
    expect(await filesOf(dir)).toEqual(await filesOf(expected));
    expect(await run('status', '--porcelain')).toBe(await native('status', '--porcelain'));
    // What was left goes when it is as it was.
    await both((where) => realGit(['checkout', '-q', '--', 'docs/d.md'], { cwd: where }));
    await sparse({ set: ['lib'] });
    await native('sparse-checkout', 'set', 'lib');
    expect(await run('ls-files', '-t')).toBe(await native('ls-files', '-t'));
  });

  it('leaves the sides of a merge that is not done as they are', async () => {
    await cloned(['lib', 'docs']);
    await both(async (where) => {
      await put(where, { 'docs/d.md': 'ours\n' });
      await realGit(['commit', '-q', '-a', '-m', 'Ours'], { cwd: where });
      await gitStatus(['merge', '-q', 'origin/other'], { cwd: where });
    });
    expect((await sparse({ set: ['lib/x'] })).left).toEqual([
      'docs/d.md',
      'docs/d.md',
      'docs/d.md',
    ]);
    await native('sparse-checkout', 'set', 'lib/x');
    expect(await run('ls-files', '-t', '-s')).toBe(await native('ls-files', '-t', '-s'));
    expect(await filesOf(dir)).toEqual(await filesOf(expected));
  });

  it('gets what a partial clone lacks at once, and changes nothing where it cannot', async () => {
    await cloned(['docs'], 'blob:none');
    const before = await sparseState(dir);
    await run('config', 'remote.origin.url', `${url}-gone`);
    const failed = sparse({ set: ['lib'] });
    await expect(failed).rejects.toMatchObject({ code: 'OBJECT_UNAVAILABLE' });
    await run('config', 'remote.origin.url', url);
    expect(await sparseState(dir)).toEqual(before);
    await sparse({ set: ['lib'] });
    await native('sparse-checkout', 'set', 'lib');
    expect(await objectsReached(dir)).toEqual(await objectsReached(expected));
    await run('config', 'remote.origin.url', `file://${bare}`);
    await expectSame();
  });

  it('leaves nothing that looks deleted, wherever it is interrupted', async () => {
    await cloned(['docs', 'ä ö']);
    await native('sparse-checkout', 'set', 'lib');
    const wanted = await sparseState(expected);
    let isDone = false;
    let count = 0;
    for (let at = 0; !isDone; at += 1) {
      count = at;
      await run('sparse-checkout', 'set', 'docs', 'ä ö');
      let calls = 0;
      const failing = <Args extends unknown[]>(call: (...args: Args) => Promise<unknown>) => {
        return (...args: Args): Promise<unknown> => {
          calls += 1;
          return calls === at + 1 ? Promise.reject(new Error('no more')) : call(...args);
        };
      };
      const { writeFile: write, unlink, rename, symlink } = fs.promises;
      const changing = { writeFile: failing(write), unlink: failing(unlink) };
      const more = { rename: failing(rename), symlink: failing(symlink) };
      const broken = { promises: { ...fs.promises, ...changing, ...more } as typeof fs.promises };
      isDone = await git.sparseCheckout({ fs: broken, dir, set: ['lib'] }).then(
        () => calls <= at,
        () => false,
      );
      // What could not be removed, that one time.
      for (const name of ['index.lock', 'info/sparse-checkout.lock']) {
        await rm(join(dir, '.git', name), { force: true });
      }
      expect(await run('status', '--porcelain'), `after ${at} calls`).toBe('');
      await sparse({ set: ['lib'] });
      // A folder that was empty by then stays, which git does not see.
      const files = Object.entries(await filesOf(dir)).filter(
        ([path]) => !/^(docs|ä ö).*\/$/.test(path),
      );
      expect(Object.fromEntries(files)).toEqual(wanted.files);
      expect(await run('ls-files', '-t')).toBe(await native('ls-files', '-t'));
    }
    // The patterns, five files and a link, the index, and four files that leave.
    expect(count).toBeGreaterThan(12);
  });

  it('takes one order at a time, and no file or pattern for a folder', async () => {
    await cloned(['docs']);
    const before = await sparseState(dir);
    const wrong: Partial<SparseCheckoutArguments>[] = [
      {},
      { set: [], list: true },
      { set: ['root.txt'] },
      { add: ['lib/*'] },
      { set: ['!docs'] },
    ];
    for (const order of wrong) {
      await expect(sparse(order)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(await sparseState(dir)).toEqual(before);
    const strange = ['we[i]rd', 'q?', 'back\\slash', 'root.txt', '!not'];
    await sparse({ set: strange, skipChecks: true });
    await native('sparse-checkout', 'set', '--skip-checks', ...strange);
    await expectSame();
  });

  it('waits for nobody who is changing the same, and changes nothing then', async () => {
    await cloned(['docs']);
    const before = await sparseState(dir);
    for (const name of ['index.lock', 'info/sparse-checkout.lock']) {
      const lock = join(dir, '.git', name);
      await writeFile(lock, '');
      await expect(sparse({ set: ['lib'] })).rejects.toMatchObject({ code: 'INDEX_LOCKED' });
      await rm(lock);
      expect(await sparseState(dir)).toEqual(before);
    }
  });

  it('of a repository without an index writes the folders alone', async () => {
    await git.clone({ fs, dir, url, noCheckout: true });
    await sparse({ set: ['docs'] });
    expect(fs.existsSync(join(dir, '.git/index'))).toBe(false);
    await git.checkout({ fs, dir, ref: 'main' });
    await realGit(['clone', '-q', '-n', `file://${bare}`, expected]);
    await native('sparse-checkout', 'set', 'docs');
    await native('checkout', '-q', 'main');
    await expectSame();
  });

  it('of a submodule leaves its working tree where it is', async () => {
    await realGit(['init', '-q', dir]);
    await realGit(['init', '-q', expected]);
    await both(async (where) => {
      await realGit(['config', 'core.worktree', '..'], { cwd: where });
      await put(where, { 'a/1': 'x', 'b/2': 'y' });
      await realGit(['add', '-A'], { cwd: where });
      await realGit(['commit', '-q', '-m', 'One'], { cwd: where });
    });
    await sparse({ set: ['a'] });
    await native('sparse-checkout', 'set', 'a');
    await expectSame();
    expect(await readFile(join(dir, '.git/config'), 'utf8')).not.toContain('worktree =');
  });
});

describe('checkout in a sparse checkout', () => {
  it('of another branch keeps the folders, as native git does', async () => {
    await cloned(['docs/a']);
    for (const ref of ['other', 'main', 'other']) {
      await git.checkout({ fs, dir, ref });
      await native('checkout', '-q', ref);
      await expectSame();
    }
  });

  it('takes the folders that it is given, and writes them down', async () => {
    await realGit(['clone', '-q', `file://${bare}`, dir]);
    await realGit(['clone', '-q', `file://${bare}`, expected]);
    await git.checkout({ fs, dir, ref: 'other', sparse: ['lib/new', 'docs'] });
    await native('sparse-checkout', 'set', 'lib/new', 'docs');
    await native('checkout', '-q', 'other');
    await expectSame();
    const single = git.checkout({ fs, dir, filepaths: ['docs'], sparse: [] });
    await expect(single).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('loses nothing that lies outside of the folders', async () => {
    await cloned(['docs']);
    // Files that git knows, and one that it will know.
    await both((where) => put(where, { 'lib/x/3': 'mine\n', 'fresh/7': 'mine\n' }));
    const refused = git.checkout({ fs, dir, ref: 'other' });
    await expect(refused).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['lib/x/3'] },
    });
    expect((await gitStatus(['checkout', '-q', 'other'], { cwd: expected })).code).toBe(1);
    expect(await filesOf(dir)).toEqual(await filesOf(expected));
    await both((where) => put(where, { 'lib/x/3': 'lib/x/3\n' }));
    await git.checkout({ fs, dir, ref: 'other' });
    expect(await readFile(join(dir, 'fresh/7'), 'utf8')).toBe('mine\n');
    expect(await run('status', '--porcelain')).toBe('M fresh/7');
    expect(fs.existsSync(join(dir, 'lib/x/3'))).toBe(false);
  });

  it('with force takes back what is inside, and what git knew outside', async () => {
    await cloned(['docs']);
    await put(dir, { 'docs/d.md': 'mine\n', 'lib/x/3': 'mine\n', 'fresh/7': 'mine\n' });
    await git.checkout({ fs, dir, ref: 'other', force: true });
    expect(await run('status', '--porcelain')).toBe('M fresh/7');
    expect(fs.existsSync(join(dir, 'lib/x/3'))).toBe(false);
  });

  it('of single files writes none outside, and says so', async () => {
    await cloned(['docs']);
    await put(dir, { 'docs/d.md': 'mine\n' });
    await git.checkout({ fs, dir, filepaths: ['.'], force: true });
    expect(await run('status', '--porcelain')).toBe('');
    await git.checkout({
      fs,
      dir,
      ref: 'other',
      filepaths: ['docs'],
      force: true,
      noUpdateHead: true,
    });
    expect(await run('diff', '--name-only', 'origin/other', '--', 'docs')).toBe('');
    const outside = git.checkout({ fs, dir, filepaths: ['lib/x', 'docs'], force: true });
    await expect(outside).rejects.toMatchObject({
      code: 'OUTSIDE_SPARSE_CHECKOUT',
      data: { filepaths: ['lib/x'] },
    });
    expect(fs.existsSync(join(dir, 'lib'))).toBe(false);
  });
});

describe('pull into a sparse checkout', () => {
  const author = { name: 'Ann', email: 'ann@example.com', timestamp: 1735689600 };

  /** @param isDiverged whether both sides have commits. */
  async function pulled(isDiverged: boolean): Promise<void> {
    await cloned(['docs'], 'blob:none');
    await run('config', 'remote.origin.url', url);
    if (isDiverged) {
      await both(async (where) => {
        await put(where, { 'docs/ours': 'ours\n' });
        await realGit(['add', '-A'], { cwd: where });
        await realGit(['commit', '-q', '-m', 'Ours'], { cwd: where });
      });
    }
    await realGit(['--git-dir', bare, 'update-ref', 'refs/heads/main', 'other']);
    await git.pull({ fs, dir, author });
    await native('-c', 'pull.rebase=false', 'pull', '-q', '--no-edit');
  }

  it.each([
    ['forward', false],
    ['a merge', true],
  ])('keeps the folders, and fetches nothing outside: %s', async (_, isDiverged) => {
    await pulled(isDiverged);
    const [own, theirs] = [await objectsReached(dir), await objectsReached(expected)];
    const lacking = (oids: string[]) => oids.filter((oid) => oid.startsWith('?'));
    expect(lacking(own)).toEqual(lacking(theirs));
    expect(lacking(own).length).toBeGreaterThan(0);
    await run('config', 'remote.origin.url', `file://${bare}`);
    // A merge of each one's own.
    const head = 'HEAD';
    const [state, wanted] = [await sparseState(dir), await sparseState(expected)];
    expect({ ...state, head }).toEqual({ ...wanted, head });
  });

  it('by fastForward keeps them, too, and with the http of others is refused', async () => {
    await cloned(['docs']);
    await realGit(['--git-dir', bare, 'update-ref', 'refs/heads/main', 'other']);
    const http = { request: () => Promise.reject(new Error('never')) };
    const refused = git.pull({ fs, dir, http, author });
    await expect(refused).rejects.toMatchObject({
      code: 'UNSUPPORTED_SPARSE_CHECKOUT',
      data: { command: 'pull' },
    });
    const before = await run('rev-parse', 'HEAD');
    const { http: ours } = await import('../../src/index.js');
    await git.fastForward({ fs, dir, http: ours });
    expect(await run('rev-parse', 'HEAD~1')).toBe(before);
    expect(await run('status', '--porcelain')).toBe('');
    expect(fs.existsSync(join(dir, 'lib'))).toBe(false);
  });
});

describe('native git and gitws', () => {
  it('go on in each other’s sparse checkout', async () => {
    await cloned(['docs']);
    // isomorphic-git's init says that there are none.
    await run('config', 'core.symlinks', 'true');
    await both(async (where) => {
      await realGit(['sparse-checkout', 'add', 'lib/x'], { cwd: where });
    });
    await expectSame();
    expect((await sparse({ list: true })).folders).toEqual(['docs', 'lib/x']);
    await git.sparseCheckout({ fs, dir: expected, add: ['lib/z'] });
    await run('sparse-checkout', 'add', 'lib/z');
    await expectSame();
    await both((where) => realGit(['sparse-checkout', 'disable'], { cwd: where }));
    await expectSame();
  });

  it.each([
    ['patterns of git’s own kind', ['sparse-checkout', 'set', '--no-cone', '*.md', '!docs/a']],
    ['an index with sparse folders', ['sparse-checkout', 'set', '--sparse-index', 'docs']],
  ])('do not where there are %s: nothing changes', async (_, args) => {
    await realGit(['clone', '-q', `file://${bare}`, dir]);
    await run(...args);
    const isPattern = args.includes('--no-cone');
    const code = isPattern ? 'UNSUPPORTED_SPARSE_CHECKOUT' : 'UNREADABLE_INDEX';
    const before = await sparseState(dir);
    await expect(git.checkout({ fs, dir, ref: 'other' })).rejects.toMatchObject({ code });
    await expect(sparse({ set: ['lib'] })).rejects.toMatchObject({ code });
    await expect(git.pull({ fs, dir, url }))
      .rejects.toMatchObject({})
      .catch(() => undefined);
    expect(await sparseState(dir)).toEqual(before);
    if (!isPattern) return;
    await expect(sparse({ list: true })).rejects.toMatchObject({ code });
    await sparse({ disable: true });
    expect(await run('status', '--porcelain')).toBe('');
    expect(await run('ls-files', '-t')).not.toMatch(/^S/m);
  });
});
