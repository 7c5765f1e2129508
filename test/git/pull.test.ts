/** `pull` of gitws/git, held against native git's pull into the same repository. */
import * as fs from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import git, { type PullArguments } from '../../src/git/index.js';
import { fencedBlocks, fillIn } from '../helpers/fenced.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { mergeStateOf } from './merge-ground.js';
import { stateOf } from './state.js';

let template: string;
let root: string;
let base: string;
let count = 0;
let url: string;
/** Where others commit, and two copies of what a person has. */
let others: string;
let dir: string;
let expected: string;

const author = { name: 'Test Author', email: 'author@example.com', timestamp: 1735689600 };

/** Writes files, removes those that are null. */
async function put(
  where: string,
  files: Record<string, string | Uint8Array | null>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(where, path);
    if (content === null) await rm(target, { recursive: true });
    else {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
  }
}

/** Others commit and push. */
async function theyPush(files: Record<string, string | Uint8Array | null>): Promise<void> {
  await put(others, files);
  await realGit(['add', '-A'], { cwd: others });
  await realGit(['commit', '-q', '-m', 'Theirs'], { cwd: others });
  await realGit(['push', '-q', 'origin', 'HEAD'], { cwd: others });
}

/** Does something in both copies. */
async function here(act: (where: string) => Promise<unknown>): Promise<void> {
  await act(dir);
  await act(expected);
}

const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });
const commit = (files: Record<string, string | Uint8Array | null>) =>
  here(async (where) => {
    await put(where, files);
    await run(where, 'add', '-A');
    await run(where, 'commit', '-q', '-m', 'Ours');
  });

const pull = (own: Partial<PullArguments> = {}) => git.pull({ fs, dir, url, author, ...own });

const treeOf = async (where: string) => ({
  ...(await stateOf(where)),
  tree: await run(where, 'rev-parse', 'HEAD^{tree}'),
  parents: await run(where, 'log', '-1', '--format=%P %s'),
  index: await run(where, 'ls-files', '--stage'),
});

async function expectSame(own: Partial<PullArguments> = {}, native: string[] = []): Promise<void> {
  await pull(own);
  await run(expected, 'pull', '-q', '--no-rebase', '--no-edit', ...native);
  const [here, there] = [await treeOf(dir), await treeOf(expected)];
  // The URL is in the message, and so in the oid.
  const plain = (text: string) => text.replace(/ of \S+/, '');
  const isMerge = here.parents.split(' ').length > 2 && here.parents.includes('Merge');
  const same = isMerge ? { refs: [] as string[], status: '' } : {};
  expect({ ...here, ...same, parents: plain(here.parents) }).toEqual({
    ...there,
    ...same,
    parents: plain(there.parents),
  });
  await expectSoundRepository(dir);
}

/** Neither moves anything. */
async function expectRefused(code: string, own: Partial<PullArguments> = {}): Promise<void> {
  const before = await treeOf(dir);
  await expect(pull(own)).rejects.toMatchObject({ code });
  const { code: exit } = await gitStatus(['pull', '-q', '--no-rebase', '--no-edit'], {
    cwd: expected,
  });
  expect(exit).not.toBe(0);
  const after = await treeOf(dir);
  expect({ ...after, refs: [], fetchHead: [], status: '' }).toEqual({
    ...before,
    refs: [],
    fetchHead: [],
    status: '',
  });
  await expectSoundRepository(dir);
}

beforeAll(async () => {
  template = await temporaryDirectory();
  root = await temporaryDirectory();
  const work = join(template, 'work');
  await realGit(['init', '-q', '-b', 'main', work]);
  const lines = Array.from({ length: 30 }, (_, n) => `line ${n}\n`).join('');
  await put(work, {
    'a.txt': lines,
    'b.txt': lines,
    'folder/c.txt': lines,
    'folder/d.txt': 'd\n',
    'latin.txt': Uint8Array.of(0xe9, 10, ...new TextEncoder().encode(lines), 0xe8, 10),
    'picture.bin': Uint8Array.from({ length: 3_000 }, (_, n) => (n * 7) % 256),
  });
  await run(work, 'add', '-A');
  await run(work, 'commit', '-q', '-m', 'First');
  await run(template, 'clone', '-q', '--bare', 'work', 'site.git');
  for (const name of ['others', 'own', 'native']) {
    await run(template, 'clone', '-q', 'site.git', name);
    await run(join(template, name), 'config', 'remote.origin.url', '../site.git');
  }
  base = (await startServer({ root, allowPush: true })).url;
});

beforeEach(async () => {
  count += 1;
  const place = join(root, String(count));
  url = `${base}/${count}/site.git`;
  await cp(template, place, { recursive: true });
  [others, dir, expected] = [join(place, 'others'), join(place, 'own'), join(place, 'native')];
});

const changed = async (where: string, path: string, line: number, words: string) => {
  const lines = (await readFile(join(where, path), 'latin1')).split('\n');
  lines[line] = words;
  return Buffer.from(lines.join('\n'), 'latin1');
};

describe('pull', () => {
  it('of nothing new changes nothing', () => expectSame());

  it('moves branch and working tree forward', async () => {
    await theyPush({ 'a.txt': 'a\n', 'new/file.txt': 'new\n', 'folder/d.txt': null });
    await expectSame();
  });

  it('moves the branch to which that of HEAD leads', async () => {
    await here(async (where) => {
      await run(where, 'symbolic-ref', 'refs/heads/way', 'refs/heads/main');
      await run(where, 'symbolic-ref', 'HEAD', 'refs/heads/way');
      await run(where, 'config', 'branch.way.remote', 'origin');
      await run(where, 'config', 'branch.way.merge', 'refs/heads/main');
    });
    await theyPush({ 'a.txt': 'a\n' });
    await expectSame();
  });

  it('keeps what is staged, and what is changed, where the remote has not touched it', async () => {
    await here(async (where) => {
      await put(where, { 'b.txt': 'staged\n', 'mine.txt': 'mine\n' });
      await run(where, 'add', '-A');
      await put(where, { 'folder/c.txt': 'changed\n', 'loose.txt': 'loose\n' });
    });
    await theyPush({ 'a.txt': 'a\n' });
    await expectSame();
    expect(await run(dir, 'diff', '--cached', '--name-only')).toBe('b.txt\nmine.txt');
    expect(await readFile(join(dir, 'folder/c.txt'), 'utf8')).toBe('changed\n');
  });

  it.each<[string, (where: string) => Promise<unknown>]>([
    ['a change', (where) => put(where, { 'a.txt': 'mine\n' })],
    ['a file that git does not know', (where) => put(where, { 'new.txt': 'mine\n' })],
    [
      'a staged change',
      async (where) => {
        await put(where, { 'a.txt': 'mine\n' });
        await run(where, 'add', 'a.txt');
      },
    ],
  ])('changes nothing where %s is in the way', async (_, change) => {
    await here(change);
    await theyPush({ 'a.txt': 'theirs\n', 'new.txt': 'theirs\n', 'b.txt': 'theirs\n' });
    await expectRefused('CheckoutConflictError');
  });

  it('merges what both have changed, line by line', async () => {
    await theyPush({ 'a.txt': await changed(others, 'a.txt', 2, 'theirs'), 'theirs.txt': '1\n' });
    await commit({ 'a.txt': await changed(dir, 'a.txt', 25, 'ours'), 'ours.txt': '1\n' });
    await expectSame();
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toMatch(/theirs[^]*ours/);
  });

  it('merges what has several bases: each has merged what the other one had', async () => {
    await theyPush({ 'a.txt': await changed(others, 'a.txt', 3, 'theirs') });
    await commit({ 'a.txt': await changed(dir, 'a.txt', 3, 'ours') });
    const join = async (where: string, other: string, line: string) => {
      await run(where, 'merge', '-q', '-s', 'ours', '-m', 'Joined', other);
      await put(where, { 'a.txt': await changed(where, 'a.txt', 3, line) });
      await run(where, 'commit', '-q', '-a', '--amend', '--no-edit');
    };
    await run(others, 'fetch', '-q', dir, 'main');
    await here(async (where) => {
      await run(where, 'fetch', '-q');
      await join(where, 'origin/main', 'both');
    });
    await join(others, 'FETCH_HEAD', 'both');
    await theyPush({ 'a.txt': await changed(others, 'a.txt', 9, 'theirs'), 'b.txt': 'theirs\n' });
    await expectSame();
    expect(await readFile(`${dir}/a.txt`, 'utf8')).toMatch(/\nboth\n[^]*\ntheirs\n/);
  });

  it('merges with changes that are not committed, where they are not in the way', async () => {
    await theyPush({ 'theirs.txt': '1\n' });
    await commit({ 'ours.txt': '1\n' });
    await here((where) => put(where, { 'b.txt': 'changed\n' }));
    await expectSame();
    expect(await run(dir, 'status', '--porcelain')).toBe('M b.txt');
  });

  it.each<[string, Record<string, string | null>, Record<string, string | null>]>([
    ['the same line', { 'a.txt': 'theirs\n' }, { 'a.txt': 'ours\n' }],
    ['a file that others have removed', { 'a.txt': null }, { 'a.txt': 'ours\n' }],
    ['a file that was removed here', { 'a.txt': 'theirs\n' }, { 'a.txt': null }],
  ])('changes nothing where both have changed %s', async (_, theirs, ours) => {
    await theyPush(theirs);
    await commit(ours);
    await expectRefused('MergeConflictError');
  });

  it('takes no bytes for text: a picture that both have changed is a conflict', async () => {
    const picture = await readFile(join(dir, 'picture.bin'));
    const [theirs, ours] = [Uint8Array.from(picture), Uint8Array.from(picture)];
    theirs[10] = 1;
    ours[2_900] = 1;
    await theyPush({ 'picture.bin': theirs });
    await commit({ 'picture.bin': ours });
    await expectRefused('MergeConflictError');
  });

  it('merges lines with letters that are no UTF-8, and writes nothing in their place', async () => {
    await theyPush({ 'latin.txt': await changed(others, 'latin.txt', 3, 'theirs') });
    await commit({ 'latin.txt': await changed(dir, 'latin.txt', 26, 'ours') });
    await expectSame();
  });

  it('leaves a conflict as git does, where it is told to, and the next push has both sides', async () => {
    await theyPush({ 'a.txt': await changed(others, 'a.txt', 3, 'theirs'), 'new.txt': 'new\n' });
    await commit({ 'a.txt': await changed(dir, 'a.txt', 3, 'ours'), 'ours.txt': 'ours\n' });
    await here((where) => put(where, { 'b.txt': 'loose\n' }));
    await expect(pull({ abortOnConflict: false })).rejects.toMatchObject({
      code: 'MergeConflictError',
      data: { filepaths: ['a.txt'], bothModified: ['a.txt'] },
    });
    await gitStatus(['pull', '-q', '--no-rebase', '--no-edit'], { cwd: expected });
    const state = async (where: string) => {
      const { message = '', ...others } = await mergeStateOf(where);
      return { ...others, message: message.replace(/ of \S+/, '') };
    };
    expect(await state(dir)).toEqual(await state(expected));
    await expect(pull()).rejects.toMatchObject({ code: 'MERGE_NOT_CONCLUDED' });
    const document = new URL('../../docs/conflicts.md', import.meta.url);
    const [example = ''] = await fencedBlocks(document, 'js');
    await git.abortMerge({ fs, dir });
    // As it stands in the document, but for the import, and where it pulls from.
    const body = fillIn(example, {
      "import git from 'gitws/git';": '',
      'dir, author, abortOnConflict': 'dir, url, author, abortOnConflict',
    });
    const names = ['git', 'fs', 'dir', 'url', 'author', 'resolve'];
    const follow = compileFunction(`return (async () => {${body}})()`, names) as (
      ...given: unknown[]
    ) => Promise<void>;
    await follow(git, fs, dir, url, author, (filepath: string) => {
      return writeFile(join(dir, filepath), 'both\n');
    });
    expect(await run(dir, 'log', '-1', '--format=%s')).toMatch(/^Merge branch 'main' of /);
    expect(await run(dir, 'status', '--porcelain')).toBe('M b.txt');
    await git.push({ fs, dir, url });
    await run(others, 'pull', '-q');
    expect(await readFile(join(others, 'a.txt'), 'utf8')).toBe('both\n');
    expect(await run(others, 'ls-files')).toMatch(/new\.txt\nours\.txt/);
    await expectSoundRepository(dir);
  });

  it.each<[string, Record<string, string | null>, Record<string, string | null>]>([
    ['a file becomes a folder', { 'b.txt': null, 'b.txt/in': 'in\n' }, { 'ours.txt': '1\n' }],
    ['a folder becomes a file', { folder: null, 'folder/': null }, { 'ours.txt': '1\n' }],
    ['a folder is removed', { folder: null }, { 'ours.txt': '1\n' }],
    ['files are added to one folder', { 'folder/x': 'x\n' }, { 'folder/y': 'y\n' }],
    ['a name changes its case', { 'a.txt': null, 'A.txt': 'A\n' }, { 'ours.txt': '1\n' }],
    ['both add the same', { 'same.txt': 'same\n' }, { 'same.txt': 'same\n' }],
    ['both remove the same', { 'a.txt': null }, { 'a.txt': null, 'ours.txt': '1\n' }],
  ])('merges where %s', async (name, theirs, ours) => {
    if (name === 'a folder becomes a file') {
      await rm(join(others, 'folder'), { recursive: true });
      await theyPush({ folder: 'file\n' });
    } else await theyPush(theirs);
    await commit(ours);
    await expectSame();
  });

  it.each(['a file becomes a folder', 'a folder becomes a file'])(
    'goes forward where %s',
    async (name) => {
      if (name === 'a file becomes a folder') await theyPush({ 'b.txt': null, 'b.txt/in': 'in\n' });
      else {
        await rm(join(others, 'folder'), { recursive: true });
        await theyPush({ folder: 'file\n' });
      }
      await expectSame();
    },
  );

  it('makes a merge of what could go forward, or refuses to merge, where it is told to', async () => {
    await theyPush({ 'a.txt': 'theirs\n' });
    await expectSame({ fastForward: false }, ['--no-ff']);
    await theyPush({ 'a.txt': 'again\n' });
    await commit({ 'ours.txt': '1\n' });
    await expect(pull({ fastForwardOnly: true })).rejects.toMatchObject({
      code: 'FastForwardError',
    });
  });

  it('into a branch without commits checks out what comes', async () => {
    await here(async (where) => {
      await run(where, 'checkout', '-q', '--orphan', 'fresh');
      await run(where, 'rm', '-q', '-r', '-f', '.');
    });
    await expectSame({ remoteRef: 'main' }, ['origin', 'main']);
  });

  it('needs an author for a merge alone, and says so before anything moves', async () => {
    await theyPush({ 'a.txt': 'theirs\n' });
    await git.pull({ fs, dir, url });
    await run(expected, 'pull', '-q');
    await theyPush({ 'b.txt': 'theirs\n' });
    await commit({ 'ours.txt': '1\n' });
    const before = await treeOf(dir);
    await expect(git.pull({ fs, dir, url })).rejects.toMatchObject({ code: 'MissingNameError' });
    expect((await treeOf(dir)).tree).toBe(before.tree);
  });
});
