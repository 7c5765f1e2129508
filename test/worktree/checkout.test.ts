/** The working tree of a commit, made by checkoutTree, with real git as the judge of it. */
import * as nodeFs from 'node:fs';
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkoutTree, type CheckoutOptions } from '../../src/worktree/checkout.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let dir: string;
let original: string;

const run = (...args: string[]) => git(args, { cwd: dir });
const status = () => run('status', '--porcelain');
const tree = (name: string) => run('rev-parse', `${name}^{tree}`);

/** Checks a commit out, with HEAD where it is, and moves HEAD there, as a caller does. */
async function checkout(name: string, options: Partial<CheckoutOptions> = {}) {
  const from = await tree('HEAD').catch(() => undefined);
  const what = { fs: nodeFs, gitdir: join(dir, '.git'), dir, tree: await tree(name), from };
  const result = await checkoutTree({ ...what, ...options });
  await run('update-ref', '--no-deref', 'HEAD', await run('rev-parse', `${name}^{commit}`));
  return result;
}

/** Everything below a folder but the repository: what it is, and what is in it. */
async function contents(folder = dir, prefix = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(folder)) {
    if (name === '.git') continue;
    const path = join(folder, name);
    const stat = await lstat(path);
    if (stat.isDirectory()) Object.assign(found, await contents(path, `${prefix}${name}/`));
    else if (stat.isSymbolicLink()) found[prefix + name] = `-> ${await readlink(path)}`;
    else {
      const kind = (stat.mode & 0o100) === 0 ? 'file' : 'executable';
      found[prefix + name] = `${kind} ${await readFile(path, 'utf8')}`;
    }
  }
  return found;
}

async function put(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  }
}

beforeAll(async () => {
  dir = original = await temporaryDirectory();
  await run('init', '-q', '-b', 'main');
  await put({ 'a.txt': 'one\n', 'docs/b.txt': 'b\n', 'docs/deep/c.txt': 'c\n', run: '#!\n' });
  await chmod(join(dir, 'run'), 0o755);
  await symlink('docs/b.txt', join(dir, 'link'));
  await put({ 'ä ö.txt': 'ü\n', empty: '' });
  await run('add', '-A');
  await run('commit', '-q', '-m', 'One');
  await run('tag', 'one');
  await put({ 'a.txt': 'two\n', 'new/d.txt': 'd\n' });
  await run('rm', '-rq', 'docs', 'link');
  // A folder becomes a file, and a file a folder.
  await put({ docs: 'a file now\n', 'link/e.txt': 'e\n' });
  await chmod(join(dir, 'run'), 0o644);
  await run('add', '-A');
  await run('commit', '-q', '-m', 'Two');
  await run('tag', 'two');
});

beforeEach(async () => {
  dir = await temporaryDirectory();
  await cp(join(original, '.git'), join(dir, '.git'), { recursive: true });
  await rm(join(dir, '.git/index'));
});

describe('a checkout into nothing', () => {
  it('is what git makes, and clean to git and isomorphic-git', async () => {
    await run('update-ref', '--no-deref', 'HEAD', 'one');
    const { written, warnings } = await checkout('one');
    expect({ written, warnings }).toEqual({ written: 7, warnings: [] });
    expect(await status()).toBe('');
    const made = await contents();
    await run('reset', '-q', '--hard', 'one');
    expect(await contents()).toEqual(made);
    const matrix = await isomorphicGit.statusMatrix({ fs: nodeFs, dir });
    expect(matrix.filter(([, ...sides]) => sides.join() !== '1,1,1')).toEqual([]);
  });

  it('leaves nothing for git to refresh: the index has what the file system says', async () => {
    await checkout('one');
    const before = await readFile(join(dir, '.git/index'));
    await run('update-index', '-q', '--refresh');
    expect(await run('diff-files', '--name-only')).toBe('');
    expect((await run('ls-files', '--debug')).split('\n').length).toBeGreaterThan(20);
    expect(before.subarray(0, 4).toString()).toBe('DIRC');
  });

  it('takes files that are there already, as of one that was interrupted, and no others', async () => {
    await put({ 'a.txt': 'one\n', 'docs/b.txt': 'something of mine\n' });
    await expect(checkout('one')).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['docs/b.txt'] },
    });
    expect(await contents()).toEqual({
      'a.txt': 'file one\n',
      'docs/b.txt': 'file something of mine\n',
    });
    await rm(join(dir, 'docs'), { recursive: true });
    await checkout('one');
    expect(await status()).toBe('');
  });

  it('is finished by the next one where it was interrupted at any file', async () => {
    for (let files = 0; files < 7; files += 1) {
      for (const name of await readdir(dir)) {
        if (name !== '.git') await rm(join(dir, name), { recursive: true });
      }
      await rm(join(dir, '.git/index'), { force: true });
      let left = files;
      const writing = async (path: string, bytes: Uint8Array, options?: object) => {
        if (path.startsWith(dir) && !path.includes('.git') && left-- === 0) throw new Error('cut');
        return nodeFs.promises.writeFile(path, bytes, options);
      };
      const fs = { promises: { ...nodeFs.promises, writeFile: writing } };
      const ended = await checkout('one', { fs }).then(
        () => 'done',
        (error: unknown) => (error as Error).message,
      );
      expect(ended).toBe(files < 6 ? 'cut' : 'done');
      expect((await readdir(join(dir, '.git'))).filter((name) => name.includes('lock'))).toEqual(
        [],
      );
      await checkout('one');
      expect(await status()).toBe('');
    }
  });
});

describe('a checkout of another commit', () => {
  beforeEach(async () => {
    await checkout('one');
  });

  it('writes what differs, and removes what left with its empty folders', async () => {
    const progress: string[] = [];
    await checkout('two', {
      onProgress: ({ phase, loaded, total }) => void progress.push(`${phase} ${loaded}/${total}`),
    });
    expect(await status()).toBe('');
    const made = await contents();
    await run('reset', '-q', '--hard', 'two');
    expect(await contents()).toEqual(made);
    expect(progress.at(-1)).toMatch(/^Updating workdir (\d+)\/\1$/);
    await checkout('one');
    expect(await status()).toBe('');
    expect(await readdir(dir)).not.toContain('new');
  });

  it('keeps what is staged and what is changed where the commits do not differ', async () => {
    await put({ empty: 'mine', 'untracked.txt': 'mine', staged: 'mine' });
    await run('add', 'staged');
    await checkout('two');
    const lines = (await status()).split('\n').map((line) => line.trim());
    expect(lines.sort()).toEqual(['?? untracked.txt', 'A  staged', 'M empty']);
  });

  for (const [what, change, filepaths] of [
    ['a changed file', { 'a.txt': 'mine' }, ['a.txt']],
    ['a changed file that is to be removed', { 'docs/deep/c.txt': 'mine' }, ['docs/deep/c.txt']],
    ['a new file in a folder that becomes a file', { 'docs/mine.txt': 'mine' }, ['docs/mine.txt']],
    ['a new file that is in the way', { 'new/d.txt': 'mine' }, ['new/d.txt']],
    ['a new file in the way of a folder', { new: 'mine' }, ['new']],
    ['several of them', { new: 'mine', 'a.txt': 'mine' }, ['a.txt', 'new']],
  ] as const) {
    it(`is refused before anything is written, as git refuses it: ${what}`, async () => {
      await put(change);
      const before = await contents();
      expect(
        (await gitStatus(['read-tree', '-m', '-u', '-n', 'HEAD', 'two'], { cwd: dir })).code,
      ).not.toBe(0);
      await expect(checkout('two')).rejects.toMatchObject({
        code: 'CheckoutConflictError',
        data: { filepaths },
      });
      expect(await contents()).toEqual(before);
      await checkout('two', { force: true });
      expect(await status()).toBe('');
    });
  }

  it('is refused where something staged would be lost', async () => {
    await put({ 'a.txt': 'mine' });
    await run('add', 'a.txt');
    await expect(checkout('two')).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['a.txt'] },
    });
    expect(await run('show', ':a.txt')).toBe('mine');
  });

  it('finds a change that has the same size and was made in the same second', async () => {
    await put({ 'a.txt': 'ONE\n' });
    const { mtime, atime } = await lstat(join(dir, '.git/index'));
    await nodeFs.promises.utimes(join(dir, 'a.txt'), atime, mtime);
    await expect(checkout('two')).rejects.toMatchObject({ code: 'CheckoutConflictError' });
  });

  it.each(['ONE\n', ''])(
    'finds a change (%j) of the time of the index also when that was written again',
    async (text) => {
      const index = join(dir, '.git/index');
      // Of what is less than a second git as it is built here sees nothing, and so must not what it reads.
      const setTime = (path: string, ms: number) =>
        nodeFs.promises.utimes(path, (1.7e12 + ms) / 1_000, (1.7e12 + ms) / 1_000);
      await run('config', 'core.checkStat', 'minimal');
      await setTime(join(dir, 'a.txt'), 0);
      await run('update-index', '--refresh');
      await setTime(index, text === '' ? 0 : 200);
      await put({ 'a.txt': text });
      await setTime(join(dir, 'a.txt'), text === '' ? 0 : 400);
      const entry = `100644,${await run('rev-parse', 'two:new/d.txt')},more.txt`;
      const env = { GIT_INDEX_FILE: join(dir, '.git/other-index') };
      await git(['read-tree', 'one'], { cwd: dir, env });
      await git(['update-index', '--add', '--cacheinfo', entry], { cwd: dir, env });
      const more = await git(['write-tree'], { cwd: dir, env });
      await run('tag', 'more', await run('commit-tree', '-p', 'one', '-m', 'More', more));
      await checkout('more');
      expect(await status()).toBe('M a.txt');
      await expect(checkout('two')).rejects.toMatchObject({
        code: 'CheckoutConflictError',
        data: { filepaths: ['a.txt'] },
      });
      expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe(text);
    },
  );

  it('writes both of two files whose names differ by case alone, where they are two', async () => {
    await put({ B: 'old', b: 'old', ä: 'old', 'a\u0308': 'old' });
    await run('add', '-A');
    await run('commit', '-q', '-m', 'Old');
    const names = ['B', 'b', 'ä', 'a\u0308'];
    await put(Object.fromEntries(names.map((name) => [name, `new ${name}`])));
    await run('commit', '-q', '-a', '-m', 'New');
    await run('tag', 'new');
    await run('checkout', '-q', '--detach', 'HEAD~1');
    await checkout('new');
    expect(await contents()).toMatchObject(
      Object.fromEntries(names.map((name) => [name, `file new ${name}`])),
    );
    expect(await status()).toBe('');
  });

  it('tells a name that begins with a byte order mark from the one without', async () => {
    await put({ x: 'without', '\ufeffx': 'with', '\ufeffdocs/x': 'in a folder' });
    await symlink('\ufeffx', join(dir, 'marked-link'));
    await run('add', '-A');
    await run('commit', '-q', '-m', 'Marked');
    await run('tag', 'marked');
    const made = await contents();
    await run('checkout', '-q', '--detach', 'one');
    await checkout('marked');
    expect(await status()).toBe('');
    expect(await contents()).toEqual(made);
  });

  it('does not say that it removed what is there all the same', async () => {
    const lying = { promises: { ...nodeFs.promises, unlink: () => Promise.resolve() } };
    await expect(checkout('two', { fs: lying })).rejects.toMatchObject({
      code: 'FILE_SYSTEM_FAILED',
    });
  });

  it('does not write through a link that the file system says it removed', async () => {
    await rm(join(dir, 'link'));
    await put({ link: 'a file\n' });
    await run('commit', '-q', '-a', '-m', 'No link');
    await run('tag', 'no-link');
    await checkout('one');
    const lying = { promises: { ...nodeFs.promises, unlink: () => Promise.resolve() } };
    await expect(checkout('no-link', { fs: lying })).rejects.toMatchObject({
      code: 'FILE_SYSTEM_FAILED',
    });
    expect(await readFile(join(dir, 'docs/b.txt'), 'utf8')).toBe('b\n');
  });

  it('loses nothing where the file system says that the folder is empty', async () => {
    await put({ 'a.txt': 'mine' });
    const lying = { promises: { ...nodeFs.promises, readdir: () => Promise.resolve([]) } };
    await expect(checkout('two', { fs: lying })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['a.txt'] },
    });
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('mine');
  });

  it('does not write through a link that somebody has put in the place of a folder', async () => {
    const outside = await temporaryDirectory();
    await rm(join(dir, 'docs'), { recursive: true });
    await symlink(outside, join(dir, 'new'));
    await expect(checkout('two')).rejects.toMatchObject({ data: { filepaths: ['new'] } });
    await checkout('two', { force: true });
    expect(await readdir(outside)).toEqual([]);
    expect(await status()).toBe('');
  });

  it('waits for nobody who holds the index, and leaves that lock alone', async () => {
    await writeFile(join(dir, '.git/index.lock'), '');
    await expect(checkout('two')).rejects.toMatchObject({ code: 'INDEX_LOCKED' });
    expect(await readdir(join(dir, '.git'))).toContain('index.lock');
  });

  it('is refused while a merge is not done', async () => {
    const blob = await run('rev-parse', 'HEAD:a.txt');
    const input = [1, 2, 3].map((stage) => `100644 ${blob} ${stage}\tmerged.txt\n`).join('');
    await git(['update-index', '--index-info'], { cwd: dir, input });
    await expect(checkout('two')).rejects.toMatchObject({
      code: 'UnmergedPathsError',
      data: { filepaths: ['merged.txt'] },
    });
    await checkout('two', { force: true });
    expect(await status()).toBe('');
  });

  it('ends when its signal fires, and the next one goes on', async () => {
    const controller = new AbortController();
    const ended = checkout('two', {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await ended.catch((error: unknown) =>
      expect(error).toMatchObject({ code: 'UserCanceledError' }),
    );
    await checkout('two');
    expect(await status()).toBe('');
  });

  it('reads an index of version 4, of git’s own making, and one with an entry that is skipped', async () => {
    await run('update-index', '--index-version', '4');
    await run('update-index', '--skip-worktree', 'empty');
    await checkout('two');
    expect(await status()).toBe('');
    expect(await run('ls-files', '-t', 'empty')).toBe('S empty');
  });
});

describe('names that are different bytes, and the same text,', () => {
  /** @returns lines for `git update-index`, of files that stand for bytes: each with a content. */
  async function linesOf(files: Record<number, string>): Promise<Buffer> {
    const lines = Object.entries(files).map(async ([byte, content]) => {
      const oid = await git(['hash-object', '-w', '--stdin'], { cwd: dir, input: content });
      return Buffer.concat([
        Buffer.from(`100644 ${oid} 0\tx`),
        Buffer.of(Number(byte)),
        Buffer.of(0),
      ]);
    });
    return Buffer.concat(await Promise.all(lines));
  }

  async function stage(files: Record<number, string>): Promise<void> {
    const input = await linesOf(files);
    await git(['update-index', '-z', '--add', '--index-info'], { cwd: dir, input });
  }

  async function tag(name: string, files: Record<number, string>): Promise<void> {
    await run('read-tree', 'one');
    await stage(files);
    const made = await run('write-tree');
    await run('tag', name, await run('commit-tree', '-p', 'one', '-m', name, made));
  }

  const states: [name: string, files: Record<number, string>][] = [
    ['both', { 0xfe: 'one', 0xff: 'two' }],
    ['second-changed', { 0xfe: 'one', 0xff: 'new' }],
    ['both-changed', { 0xfe: 'other', 0xff: 'newer' }],
    ['second', { 0xff: 'two' }],
    ['renamed', { 0xfd: 'two' }],
    ['three', { 0xfd: 'two', 0xfe: 'x', 0xff: 'y' }],
    ['none', {}],
    ['first', { 0xfe: 'one' }],
  ];

  it('are all in the index, whatever is checked out', async () => {
    for (const [name, files] of states) await tag(name, files);
    await rm(join(dir, '.git/index'));
    const isAsInHead = async () => {
      expect(await run('diff-index', '--cached', '--name-status', 'HEAD')).toBe('');
    };
    const order = ['both', 'two', 'both', 'second-changed', 'both-changed', 'none', 'first'];
    for (const name of [...order, 'both', 'one', 'second', 'renamed', 'three', 'one']) {
      await checkout(name);
      await isAsInHead();
    }
    expect(await status()).toBe('');
    for (const name of ['three', 'both-changed', 'second', 'none']) {
      await checkout(name, { force: true });
      await isAsInHead();
    }
    expect(await status()).toBe('');
  });

  it('stay in the index where they are staged, and are as they were where that is refused', async () => {
    await tag('first', { 0xfe: 'one' });
    await tag('changed', { 0xfe: 'other', 0xff: 'two' });
    await rm(join(dir, '.git/index'));
    await checkout('first');
    await stage({ 0xff: 'mine' });
    const staged = await run('ls-files', '-s', 'x*');
    await expect(checkout('changed')).rejects.toMatchObject({ code: 'CheckoutConflictError' });
    expect(await run('ls-files', '-s', 'x*')).toBe(staged);
    await checkout('one');
    expect(await run('ls-files', '-s', 'x*')).toBe(staged.split('\n')[1]);
    await checkout('two');
    expect(await run('diff-index', '--cached', '--name-status', 'HEAD')).toMatch(/^A\tx/);
  });
});

describe('trees that git itself would not make', () => {
  /** A tree with one entry of any name. */
  async function treeOf(name: string, mode = '100644'): Promise<string> {
    const blob = await git(['hash-object', '-w', '--stdin'], { cwd: dir, input: 'evil' });
    const bytes = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
    return git(['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'], {
      cwd: dir,
      input: bytes,
    });
  }

  for (const name of ['.git', '.GIT', '..', '.', 'git~1', '.git\u200c', 'a/../../b', '.git ', '']) {
    it(`are refused before anything is written: ${JSON.stringify(name)}`, async () => {
      const options = { fs: nodeFs, gitdir: join(dir, '.git'), dir, tree: await treeOf(name) };
      await expect(checkoutTree(options)).rejects.toMatchObject({ code: 'UnsafeFilepathError' });
      expect(await readdir(dir)).toEqual(['.git']);
    });
  }

  it('are refused where a tree is no tree, or an object is not there', async () => {
    const options = { fs: nodeFs, gitdir: join(dir, '.git'), dir };
    const blob = await git(['hash-object', '-w', '--stdin'], { cwd: dir, input: '\0\0\0' });
    for (const oid of [blob, '1'.repeat(40)]) {
      const made = checkoutTree({ ...options, tree: oid });
      await expect(made).rejects.toMatchObject({ code: 'OBJECT_UNAVAILABLE', data: { oid } });
    }
    expect(await readdir(dir)).toEqual(['.git']);
  });

  it('write a backslash as the letter that it is', async () => {
    await checkoutTree({ fs: nodeFs, gitdir: join(dir, '.git'), dir, tree: await treeOf('a\\b') });
    expect(await contents()).toEqual({ 'a\\b': 'file evil' });
  });
});
