/** Staging in the demo, held against `git add`, `git reset` and `git apply --cached`. */
import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Chunk } from '@codemirror/merge';
import { Text } from '@codemirror/state';
import { beforeAll, describe, expect, it } from 'vitest';
import { linesOf } from '../../demo/editor/chunks.js';
import { readVersions } from '../../demo/worker/changes.js';
import { discardChange } from '../../demo/worker/files.js';
import type { LineChange } from '../../demo/worker/splice.js';
import { stageFiles, stageLines, unstageFiles } from '../../demo/worker/staging.js';
import { scanFiles, type FileEntry } from '../../demo/worker/status.js';
import { expectSoundRepository, git, gitBytes } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

const binary = Uint8Array.of(0, 1, 2, 3);
let ground: string;

beforeAll(async () => {
  ground = await temporaryDirectory();
  await git(['init', '-q', ground]);
  await mkdir(join(ground, 'folder'));
  await Promise.all([
    writeFile(join(ground, 'lines.txt'), 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n'),
    writeFile(join(ground, 'dos.txt'), 'one\r\ntwo\r\nthree\r\n'),
    writeFile(join(ground, 'picture.bin'), binary),
    writeFile(join(ground, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 }),
    writeFile(join(ground, 'gone.txt'), 'gone\n'),
    writeFile(join(ground, 'folder', 'inner.txt'), 'inner\n'),
    symlink('lines.txt', join(ground, 'link')),
  ]);
  await git(['add', '-A'], { cwd: ground });
  await git(['commit', '-q', '-m', 'First'], { cwd: ground });
});

/** A copy of the ground: the same once more is for native git. */
async function copy(): Promise<{ dir: string; run: (...args: string[]) => Promise<string> }> {
  const dir = join(await temporaryDirectory(), 'copy');
  await cp(ground, dir, { recursive: true, verbatimSymlinks: true });
  await git(['update-index', '-q', '--refresh'], { cwd: dir });
  return { dir, run: (...args) => git(args, { cwd: dir }) };
}

/** Changes each file in some way. */
async function changeAll(dir: string): Promise<string[]> {
  await writeFile(join(dir, 'lines.txt'), 'one\nTWO\nthree\nfour\nfive\nsix\nSEVEN');
  await writeFile(join(dir, 'dos.txt'), 'one\r\ntwo\r\nthree\r\nfour\r\n');
  await writeFile(join(dir, 'picture.bin'), Uint8Array.of(0, 9, 9));
  await chmod(join(dir, 'run.sh'), 0o644);
  await rm(join(dir, 'gone.txt'));
  await rm(join(dir, 'link'));
  await symlink('dos.txt', join(dir, 'link'));
  await writeFile(join(dir, 'new.txt'), 'new\n');
  await writeFile(join(dir, 'new.sh'), 'new\n', { mode: 0o755 });
  await writeFile(join(dir, 'new.bin'), binary);
  await rm(join(dir, 'folder'), { recursive: true });
  await writeFile(join(dir, 'folder'), 'a file\n');
  return [
    ...['lines.txt', 'dos.txt', 'picture.bin', 'run.sh', 'gone.txt', 'link', 'new.txt', 'new.sh'],
    ...['new.bin', 'folder', 'folder/inner.txt'],
  ];
}

const letters = { same: ' ', added: 'A', modified: 'M', deleted: 'D' } as const;

/** What `git status --porcelain` says, of what a scan found. */
function asPorcelain(files: readonly FileEntry[]): string[] {
  return files.flatMap(({ path, staged, unstaged }) => {
    const isUnknown = unstaged === 'added';
    if (staged === 'same' && (unstaged === 'same' || isUnknown)) {
      return isUnknown ? [`?? ${path}`] : [];
    }
    const line = `${letters[staged]}${isUnknown ? ' ' : letters[unstaged]} ${path}`;
    return isUnknown ? [line, `?? ${path}`] : [line];
  });
}

async function expectStatus(dir: string): Promise<void> {
  const found = asPorcelain(await scanFiles(onDisk(dir))).sort();
  const options = ['--porcelain', '-z', '-uall', '--no-renames'];
  const told = textOf(await gitBytes(['status', ...options], { cwd: dir })).split('\0');
  // A type that has changed is one kind of change here.
  const expected = told.filter((line) => line !== '').map((line) => line.replace(/^( ?)T/, '$1M'));
  expect(found).toEqual(expected.sort());
}

describe('files', () => {
  it('are staged and taken out again one by one as git does it, and stay as they are', async () => {
    const [ours, theirs] = [await copy(), await copy()];
    const paths = await changeAll(ours.dir);
    await changeAll(theirs.dir);
    await expectStatus(ours.dir);
    // With the file that stands in its folder's place it goes by itself.
    for (const path of paths.filter((each) => each !== 'folder/inner.txt')) {
      await stageFiles({ ...onDisk(ours.dir), paths: [path] });
      await theirs.run('add', '--', path);
      expect(await ours.run('ls-files', '-s'), path).toBe(await theirs.run('ls-files', '-s'));
      await expectStatus(ours.dir);
    }
    const before = await ours.run('status', '--porcelain');
    expect(before).toBe(await theirs.run('status', '--porcelain'));
    for (const path of paths.reverse()) {
      await unstageFiles({ ...onDisk(ours.dir), paths: [path] });
      await theirs.run('reset', '-q', '--', path);
      expect(await ours.run('ls-files', '-s'), path).toBe(await theirs.run('ls-files', '-s'));
      await expectStatus(ours.dir);
    }
    expect(await ours.run('diff', '--cached')).toBe('');
    expect(await ours.run('diff')).toBe(await theirs.run('diff'));
    await expectSoundRepository(ours.dir);
  });

  it('are staged all at once', async () => {
    const [ours, theirs] = [await copy(), await copy()];
    const paths = await changeAll(ours.dir);
    await changeAll(theirs.dir);
    await stageFiles({ ...onDisk(ours.dir), paths });
    await theirs.run('add', '-A');
    const cached = ['diff', '--cached', '--binary'];
    expect(await ours.run(...cached)).toBe(await theirs.run(...cached));
    expect(await ours.run('diff')).toBe('');
    await unstageFiles({ ...onDisk(ours.dir), paths });
    expect(await ours.run('diff', '--cached')).toBe('');
  });

  it('that are changed again after they were staged, or deleted, are told apart', async () => {
    const { dir, run } = await copy();
    await writeFile(join(dir, 'new.txt'), 'new\n');
    await writeFile(join(dir, 'lines.txt'), 'staged\n');
    await run('add', '-A');
    await run('rm', '-q', '--cached', 'gone.txt');
    await writeFile(join(dir, 'lines.txt'), 'and changed\n');
    await rm(join(dir, 'new.txt'));
    await expectStatus(dir);
    const files = await scanFiles(onDisk(dir));
    const file = files.find(({ path }) => path === 'lines.txt')!;
    const versions = (between: 'staged' | 'unstaged') =>
      readVersions({ ...onDisk(dir), file, between });
    expect(await versions('unstaged')).toMatchObject({
      before: { text: 'staged\n' },
      after: { text: 'and changed\n' },
    });
    expect(await versions('staged')).toMatchObject({
      before: { text: expect.stringContaining('seven') as string },
      after: { text: 'staged\n' },
    });
  });

  it('become what is staged of them when their changes are discarded', async () => {
    const { dir, run } = await copy();
    const paths = await changeAll(dir);
    await stageFiles({ ...onDisk(dir), paths });
    const staged = await run('diff', '--cached', '--binary');
    await writeFile(join(dir, 'lines.txt'), 'something else\n');
    await rm(join(dir, 'new.sh'));
    await rm(join(dir, 'link'));
    await chmod(join(dir, 'new.txt'), 0o755);
    await writeFile(join(dir, 'unknown.txt'), 'unknown\n');
    for (const file of await scanFiles(onDisk(dir))) {
      if (file.unstaged !== 'same') await discardChange({ ...onDisk(dir), file });
    }
    expect(await run('diff')).toBe('');
    expect(await run('ls-files', '-o')).toBe('');
    expect(await run('diff', '--cached', '--binary')).toBe(staged);
  });

  it('are staged and taken out in a repository without commits', async () => {
    const dir = await temporaryDirectory();
    await git(['init', '-q', dir]);
    await writeFile(join(dir, 'first.txt'), 'first\n');
    await stageFiles({ ...onDisk(dir), paths: ['first.txt'] });
    await expectStatus(dir);
    expect(await git(['ls-files'], { cwd: dir })).toBe('first.txt');
    await unstageFiles({ ...onDisk(dir), paths: ['first.txt'] });
    await expectStatus(dir);
    expect(await git(['ls-files'], { cwd: dir })).toBe('');
  });
});

/** @returns the changes between two texts, as the editor shows them. */
function changesBetween(before: string, after: string): ReturnType<typeof linesOf>[] {
  const lines = (text: string): Text => Text.of(text.split('\n'));
  const [a, b] = [lines(before), lines(after)];
  return Chunk.build(a, b).map((chunk) => linesOf(chunk, a, b));
}

const textOf = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

describe('lines', () => {
  it('are staged as git apply --cached does it, hunk by hunk', async () => {
    const text = Array.from({ length: 40 }, (_, at) => `line ${at}\n`).join('');
    const changed = text
      .replace('line 3\n', 'line 3, changed\nand one more\n')
      .replace('line 12\n', '')
      .replace('line 20\nline 21\n', 'both\n')
      .replace('line 39\n', 'line 39\nat the end\n');
    const [ours, theirs] = [await copy(), await copy()];
    for (const { dir, run } of [ours, theirs]) {
      await writeFile(join(dir, 'long.txt'), text);
      await run('add', 'long.txt');
      await run('commit', '-q', '-m', 'Long');
      await writeFile(join(dir, 'long.txt'), changed);
    }
    const patch = await theirs.run('diff', '-U0', 'long.txt');
    const [head = '', ...hunks] = patch.split(/^(?=@@)/m);
    expect(hunks).toHaveLength(4);
    // By how many lines what is staged is longer already.
    let moved = 0;
    for (const hunk of hunks) {
      const staged = `${await ours.run('show', ':long.txt')}\n`;
      const [, from, lines = '1', to, more = '1'] =
        /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))?/.exec(hunk) ?? [];
      const at = (first: string | undefined, count: string, by: number) => {
        const start = Number(first) - (count === '0' ? 0 : 1) + by;
        return [start, start + Number(count)] as const;
      };
      const change = { staged: at(from, lines, moved), other: at(to, more, 0) };
      moved += Number(more) - Number(lines);
      const what = { path: 'long.txt', from: 'file', staged, other: changed, change } as const;
      await stageLines({ ...onDisk(ours.dir), ...what });
      const file = join(theirs.dir, '.git', 'hunk.patch');
      await writeFile(file, `${head}${hunk.replace(/\n?$/, '\n')}`);
      await theirs.run('apply', '--cached', '--unidiff-zero', file);
      expect(await ours.run('diff', '--cached')).toBe(await theirs.run('diff', '--cached'));
      expect(await ours.run('diff')).toBe(await theirs.run('diff'));
    }
    expect(await ours.run('status', '--porcelain')).toBe('M  long.txt');
    await expectSoundRepository(ours.dir);
  });

  const pairs: readonly (readonly [string, string, string])[] = [
    ['no newline at the end any more', 'a\nb\nc\n', 'A\nb\nc'],
    ['a newline at the end where none was', 'a\nb\nc', 'a\nb\nC\n'],
    ['lines behind the last one', 'a', 'a\nb\nc'],
    ['CRLF', 'a\r\nb\r\nc\r\nd\r\n', 'a\r\nB\r\nc\r\nd\r\ne\r\n'],
    ['CRLF in some lines', 'a\r\nb\nc\r\nd\n', 'a\nb\nC\r\nd\r\n'],
    ['a byte order mark, and letters of several bytes', '\ufeffä\nö\nü\n', 'ä\nö\n灯台\n'],
    ['nothing left', 'a\nb\n', ''],
    ['all new', '', 'a\nb\n'],
    ['empty lines', '\n\na\n\n', '\na\n\n\n\nb\n'],
  ];

  it.each(pairs)('go and come back one change at a time: %s', async (_, before, after) => {
    const { dir, run } = await copy();
    const path = 'case.txt';
    const at = join(dir, path);
    await writeFile(at, before);
    await run('add', path);
    await run('commit', '-q', '-m', 'Case');
    await writeFile(at, after);
    const staged = async () => textOf(await gitBytes(['show', `:${path}`], { cwd: dir }));
    const changes = changesBetween(before, after);
    expect(changes.length).toBeGreaterThan(0);
    for (const change of [...changes].reverse()) {
      const lines = { staged: change.before, other: change.after };
      const what = { path, from: 'file', staged: await staged(), other: after } as const;
      await stageLines({ ...onDisk(dir), ...what, change: lines });
      await expectStatus(dir);
    }
    expect(await staged()).toBe(after);
    expect(await run('diff')).toBe('');
    for (const change of changesBetween(before, after).reverse()) {
      const lines = { staged: change.after, other: change.before };
      const what = { path, from: 'head', staged: await staged(), other: before } as const;
      await stageLines({ ...onDisk(dir), ...what, change: lines });
      await expectStatus(dir);
    }
    expect(await run('diff', '--cached')).toBe('');
    expect(textOf(await gitBytes(['show', `HEAD:${path}`], { cwd: dir }))).toBe(before);
    await expectSoundRepository(dir);
  });

  const all: LineChange = { staged: [0, 1], other: [0, 2] };

  it('of a new file make it known, with its mode, and without lines it is not any more', async () => {
    const { dir, run } = await copy();
    await writeFile(join(dir, 'new.sh'), 'new\n', { mode: 0o755 });
    const staged = { path: 'new.sh', from: 'file', staged: undefined, other: 'new\n' } as const;
    await stageLines({ ...onDisk(dir), ...staged, change: all });
    expect(await run('ls-files', '-s', 'new.sh')).toMatch(/^100755 /);
    expect(await run('status', '--porcelain')).toBe('A  new.sh');
    const back = { path: 'new.sh', from: 'head', staged: 'new\n', other: undefined } as const;
    const change = { staged: all.other, other: all.staged };
    await stageLines({ ...onDisk(dir), ...back, change });
    expect(await run('status', '--porcelain')).toBe('?? new.sh');
  });

  it('stay where they are if the file, or what is staged, has become another one meanwhile', async () => {
    const { dir, run } = await copy();
    await writeFile(join(dir, 'gone.txt'), 'changed\n');
    const what = { path: 'gone.txt', from: 'file', change: all } as const;
    for (const texts of [
      { staged: 'gone\n', other: 'changed otherwise\n' },
      { staged: 'something\n', other: 'changed\n' },
      { staged: 'gone\n', other: undefined },
      { staged: undefined, other: 'changed\n' },
    ]) {
      await expect(stageLines({ ...onDisk(dir), ...what, ...texts })).rejects.toMatchObject({
        name: 'LinesMoved',
      });
    }
    expect(await run('diff', '--cached')).toBe('');
  });

  it('leave the mode of what is staged, as git add -p does', async () => {
    const { dir, run } = await copy();
    await writeFile(join(dir, 'run.sh'), '#!/bin/sh\necho\n');
    await chmod(join(dir, 'run.sh'), 0o644);
    const texts = { staged: '#!/bin/sh\n', other: '#!/bin/sh\necho\n' };
    const change = { staged: [1, 1], other: [1, 2] } as const;
    await stageLines({ ...onDisk(dir), path: 'run.sh', from: 'file', ...texts, change });
    expect(await run('ls-files', '-s', 'run.sh')).toMatch(/^100755 /);
    expect(await run('diff', 'run.sh')).toContain('new mode 100644');
  });
});
