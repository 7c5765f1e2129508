import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSample } from '../../demo/sample/make.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

describe('the sample repository', () => {
  let data: string;
  let gitDir: string;
  const inside = (...args: string[]): Promise<string> =>
    git([`--git-dir=${gitDir}`, '-c', 'core.quotePath=false', ...args]);

  beforeAll(async () => {
    data = await temporaryDirectory();
    gitDir = join(data, 'sample.git');
    expect(await makeSample(gitDir)).toBe(true);
  });

  it('is sound', async () => {
    await expectSoundRepository(gitDir);
  });

  it('is a site of some 40 files in folders, text and binary', async () => {
    const files = (await inside('ls-tree', '-r', '--name-only', 'main')).split('\n');
    expect(files.length).toBeGreaterThanOrEqual(36);
    expect(files.length).toBeLessThanOrEqual(44);
    expect(files.filter((path) => path.includes('/')).length).toBeGreaterThan(20);
    const emptyTree = await inside('hash-object', '-t', 'tree', '--stdin');
    const numbers = await inside('diff', '--numstat', emptyTree, 'main');
    expect(numbers).toMatch(/^-\t-\tdata\/soundings\.bin$/m);
    expect(numbers).toMatch(/^-\t-\timages\/lighthouse\.png$/m);
    expect(numbers).toMatch(/^\d+\t0\tindex\.html$/m);
  });

  it('has names with spaces and letters beyond ASCII', async () => {
    const files = await inside('ls-tree', '-r', '--name-only', 'main');
    expect(files).toContain('notes/opening hours.md');
    expect(files).toContain('notes/Überfahrt und Fähre.md');
    expect(files).toContain('notes/灯台のご案内.md');
  });

  it('has an executable, and a symbolic link that leads somewhere', async () => {
    const tree = await inside('ls-tree', '-r', 'main');
    expect(tree).toMatch(/^100755 .*\tscripts\/build\.sh$/m);
    expect(tree).toMatch(/^120000 .*\tlog\/latest\.md$/m);
    const target = await inside('cat-file', 'blob', 'main:log/latest.md');
    expect(await inside('cat-file', '-t', `main:log/${target}`)).toBe('blob');
  });

  it('has some 25 commits, two branches that have diverged, and a merge', async () => {
    const count = Number(await inside('rev-list', '--all', '--count'));
    expect(count).toBeGreaterThanOrEqual(25);
    expect(count).toBeLessThanOrEqual(32);
    expect(await inside('for-each-ref', '--format=%(refname:short)', 'refs/heads')).toBe(
      'main\nredesign',
    );
    expect(await inside('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await inside('rev-list', '--merges', '--count', 'main')).toBe('1');
    expect(await inside('rev-list', '--count', 'main..redesign')).not.toBe('0');
    expect(await inside('rev-list', '--count', 'redesign..main')).not.toBe('0');
  });

  it('has an annotated tag below the branch tips, and a lightweight one', async () => {
    expect(await inside('cat-file', '-t', 'season-2025')).toBe('tag');
    expect(await inside('for-each-ref', '--points-at=season-2025^{}', 'refs/heads')).toBe('');
    expect(await inside('cat-file', '-t', 'lamp-lit')).toBe('commit');
  });

  it('has the same oids whenever it is made', async () => {
    const again = join(await temporaryDirectory(), 'again.git');
    await makeSample(again);
    const refs = await git([`--git-dir=${again}`, 'show-ref']);
    expect(refs).toBe(await inside('show-ref'));
    expect(refs.split('\n')).toEqual(expectedRefs);
  });

  it('is kept as it is between starts, with what was pushed to it', async () => {
    const parent = await inside('rev-parse', 'main');
    const commit = await inside('commit-tree', '-p', parent, '-m', 'Pushed', `${parent}^{tree}`);
    await inside('update-ref', 'refs/heads/main', commit);
    expect(await makeSample(gitDir)).toBe(false);
    expect(await inside('rev-parse', 'main')).toBe(commit);
  });

  it('is made anew where an earlier start was interrupted', async () => {
    const folder = await temporaryDirectory();
    // A process id that no process has: the interrupted start is gone.
    const half = join(folder, `.sample.git.making-${2 ** 22 + 1}-a1b2c3`);
    await mkdir(half);
    await writeFile(join(half, 'HEAD'), 'ref: refs/heads/main\n');
    expect(await makeSample(join(folder, 'sample.git'))).toBe(true);
    expect(await readdir(folder)).toEqual(['sample.git']);
    await expectSoundRepository(join(folder, 'sample.git'));
  });

  it('is made once by two starts at the same time', async () => {
    const folder = await temporaryDirectory();
    const directory = join(folder, 'sample.git');
    const made = await Promise.all([makeSample(directory), makeSample(directory)]);
    expect(made.filter((mine) => mine)).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['sample.git']);
    await expectSoundRepository(directory);
  });

  it('leaves somebody else’s repository of that name alone', async () => {
    const folder = await temporaryDirectory();
    const directory = join(folder, 'sample.git');
    await mkdir(directory);
    await writeFile(join(directory, 'HEAD'), 'mine');
    expect(await makeSample(directory)).toBe(false);
    expect(await readFile(join(directory, 'HEAD'), 'utf8')).toBe('mine');
    await rm(directory, { recursive: true });
  });
});

/** Pinned: a change of the sample's content must be meant. */
const expectedRefs = [
  'd146a3a09c39c839a3edd7caa7ebf50e80046829 refs/heads/main',
  '0a9c70bd09d593b4c3f5670a3eaeff2786a28405 refs/heads/redesign',
  'eefeb6479ceedb92c2c3da28f3d7937213bd02ec refs/tags/lamp-lit',
  '614ed1b424f483927c4ea2b8c990996dffdfcd11 refs/tags/season-2025',
];
