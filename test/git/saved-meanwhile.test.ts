/** Files that a person saves while a command waits for what a partial clone lacks, or removes others: none is lost. */
import * as fs from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import git, { type CloneArguments } from '../../src/git/index.js';
import { git as realGit } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { diverged, mergeStateOf, put, twice } from './merge-ground.js';
import { copyRemote, templateOf } from './own-remote.js';

type Fs = Parameters<typeof git.clone>[0]['fs'];
type Common = Readonly<{ fs: Fs; dir: string; author: { name: string; email: string } }>;

const author = { name: 'Test Author', email: 'author@example.com' };
const saved = 'saved meanwhile\n';

let root: string;
let base: string;
let template: string;

/** A repository in which `main` and `theirs` have diverged, and `clashing`, which goes on from that, clashes too. */
beforeAll(async () => {
  root = await temporaryDirectory();
  base = (await startServer({ root })).url;
  const { dir } = await diverged(
    { 'changed.txt': 'one\n', 'gone.txt': 'two\n', 'gone/a.txt': 'three\n', other: 'four\n' },
    { other: 'of ours\n' },
    { 'changed.txt': 'of theirs\n', 'gone.txt': null, 'gone/a.txt': null, 'new.txt': 'new\n' },
  );
  await realGit(['checkout', '-q', '-b', 'clashing', 'theirs'], { cwd: dir });
  await put(dir, { other: 'of clashing\n' });
  await realGit(['commit', '-q', '-a', '-m', 'Clashing'], { cwd: dir });
  await realGit(['checkout', '-q', 'main'], { cwd: dir });
  template = await templateOf(dir);
});

/** What is fetched once the index is held. */
const isFetched = (path: string): boolean =>
  path.includes('objects/pack/tmp_') &&
  fs.existsSync(path.replace(/objects\/pack\/.*/, 'index.lock'));

/** A file system in which something happens when it is first asked for such a file. */
function fsThatMeets(isMet: (path: string) => boolean, act: () => Promise<void>): Fs {
  let isDone = false;
  const names = ['writeFile', 'rename', 'open', 'unlink'] as const;
  const own = nodeFunctions();
  const promises = Object.fromEntries(
    names.map((name) => [
      name,
      async (...args: unknown[]) => {
        if (!isDone && isMet(String(args[0]))) {
          isDone = true;
          await act();
        }
        return own[name]?.(...args);
      },
    ]),
  );
  return { promises: { ...fs.promises, ...promises } };
}

function nodeFunctions(): Record<string, (...args: unknown[]) => Promise<unknown>> {
  return fs.promises as unknown as ReturnType<typeof nodeFunctions>;
}

/** @returns a clone without blobs but those of `main`. */
async function partialClone(own: Pick<CloneArguments, 'sparse'> = {}): Promise<string> {
  const { url, dir } = await copyRemote(template, root, base);
  await git.clone({ fs, dir, url, filter: 'blob:none', ...own });
  for (const name of ['theirs', 'clashing']) {
    await realGit(['branch', '-q', name, `origin/${name}`], { cwd: dir });
  }
  return dir;
}

const commands: [name: string, run: (common: Common) => Promise<unknown>][] = [
  ['checkout', (common) => git.checkout({ ...common, ref: 'theirs' })],
  [
    'a merge with conflicts',
    (common) => git.merge({ ...common, theirs: 'clashing', abortOnConflict: false }),
  ],
  ['pull', (common) => git.pull({ ...common, remoteRef: 'theirs' })],
  [
    'stash',
    async (common) => {
      // What is to be there then is what `theirs` has.
      await realGit(['symbolic-ref', 'HEAD', 'refs/heads/theirs'], { cwd: common.dir });
      return git.stash(common);
    },
  ],
];

describe.each(commands)('%s, while it waits for what a partial clone lacks,', (_, run) => {
  it.each(['changed.txt', 'gone.txt', 'gone/a.txt', 'new.txt'])(
    'overwrites nothing that is saved as %s',
    async (path) => {
      const dir = await partialClone();
      const save = () => put(dir, { [path]: saved });
      const meeting = fsThatMeets(isFetched, save);
      const before = await mergeStateOf(dir);
      await expect(run({ fs: meeting, dir, author })).rejects.toMatchObject({
        code: 'CheckoutConflictError',
        data: { filepaths: [path] },
      });
      expect(await readFile(join(dir, path), 'utf8')).toBe(saved);
      const after = await mergeStateOf(dir);
      expect({ ...after, files: undefined, status: undefined }).toEqual({
        ...before,
        ...{ files: undefined, status: undefined },
      });
      expect(after.files).toEqual({ ...before.files, [path]: `100644 ${saved}` });
    },
  );
});

describe('sparseCheckout, while it waits for what a partial clone lacks,', () => {
  it('leaves what is saved where a file is to be', async () => {
    const dir = await partialClone({ sparse: [] });
    const save = () => put(dir, { 'gone/a.txt': saved });
    const meeting = fsThatMeets(isFetched, save);
    const { left } = await git.sparseCheckout({ fs: meeting, dir, add: ['gone'] });
    expect(left).toEqual(['gone/a.txt']);
    expect(await readFile(join(dir, 'gone/a.txt'), 'utf8')).toBe(saved);
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('M gone/a.txt');
  });
});

describe('checkout, where a file is to be in the place of a folder,', () => {
  it('removes nothing that is saved in there while it removes the others', async () => {
    const { dir } = await twice(async (where) => {
      await put(where, { 'place/a.txt': 'a\n', 'place/deep/b.txt': 'b\n' });
      await realGit(['add', '-A'], { cwd: where });
      await realGit(['commit', '-q', '-m', 'A folder'], { cwd: where });
      await realGit(['checkout', '-q', '-b', 'file'], { cwd: where });
      await put(where, { place: 'a file\n' });
      await realGit(['add', '-A'], { cwd: where });
      await realGit(['commit', '-q', '-m', 'A file'], { cwd: where });
      await realGit(['checkout', '-q', 'main'], { cwd: where });
    });
    await mkdir(join(dir, 'place/empty/deep'), { recursive: true });
    const path = 'place/empty/new.txt';
    const save = () => put(dir, { [path]: saved });
    const meeting = fsThatMeets((file) => file.endsWith('place/a.txt'), save);
    await expect(git.checkout({ fs: meeting, dir, ref: 'file' })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: [path] },
    });
    expect(await readFile(join(dir, path), 'utf8')).toBe(saved);
    await fs.promises.rename(join(dir, path), join(dir, 'moved.txt'));
    await git.checkout({ fs, dir, ref: 'file' });
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('?? moved.txt');
  });
});
