/** Conflicts of changes that are brought back in the demo's worker: each end is held against native git's. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { amendCommit } from '../../demo/worker/amend.js';
import { commitChanges } from '../../demo/worker/commit.js';
import { readSides, resolveFile, type Taken } from '../../demo/worker/conflicts.js';
import { bringBack, readStashed, stashChanges } from '../../demo/worker/stash.js';
import { giveUpUnmerged, readUnmerged } from '../../demo/worker/unmerged.js';
import { expectSoundRepository, git, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

const author = { name: 'Ada', email: 'ada@example.com' };
const run = (cwd: string, ...args: string[]) => git(args, { cwd });
const put = (dir: string, path: string, text: string) => writeFile(join(dir, path), text);

async function commit(dir: string, message: string): Promise<void> {
  await run(dir, 'add', '-A');
  await run(dir, 'commit', '-q', '-m', message);
}

/** What native git says of all that counts. */
async function stateOf(dir: string): Promise<string[]> {
  return [
    await run(dir, 'status', '--porcelain=v2', '--untracked-files=all'),
    await run(dir, 'ls-files', '--stage'),
    await run(dir, 'stash', 'list', '--format=%H %gs'),
    await run(dir, 'diff', 'HEAD'),
  ];
}

/** Changes that are set aside, and clash in two files with what has been committed since; two more do not. */
async function makeClash() {
  const root = await temporaryDirectory();
  const [dir, expected] = [join(root, 'own'), join(root, 'native')];
  await run(root, 'init', '-q', '--initial-branch=main', dir);
  await put(dir, 'a.txt', 'one\ntwo\nthree\n');
  await put(dir, 'b.txt', 'b\n');
  await put(dir, 'c.txt', 'c\n');
  await put(dir, 'd.txt', 'd\n');
  await commit(dir, 'First');
  await put(dir, 'a.txt', 'one\ntwo\nmine\n');
  await put(dir, 'b.txt', 'mine\n');
  await put(dir, 'c.txt', 'mine\n');
  await put(dir, 'new.txt', 'new\n');
  const repository = onDisk(dir);
  const oid = (await stashChanges({ ...repository, words: 'Half done', author })) ?? '';
  await put(dir, 'a.txt', 'one\ntwo\ntheirs\n');
  await rm(join(dir, 'b.txt'));
  await commit(dir, 'Second');
  const split = async () => {
    await rm(expected, { recursive: true, force: true });
    await cp(dir, expected, { recursive: true });
  };
  return { dir, expected, split, repository, oid };
}

/** The same, brought back in both. */
async function makeConflict() {
  const ground = await makeClash();
  const { dir, expected, split, repository, oid } = ground;
  const before = await stateOf(dir);
  await split();
  expect((await gitStatus(['stash', 'pop', '-q'], { cwd: expected })).code).toBe(1);
  const back = await bringBack({ ...repository, oid, leaves: true });
  expect(back).toEqual({ kind: 'conflict', paths: ['a.txt', 'b.txt'] });
  return { ...ground, before };
}

/** What native git is told in the place of a choice. */
const natively: Record<Taken, (path: string) => string[][]> = {
  ours: (path) => [
    ['checkout', '-q', '--ours', path],
    ['add', path],
  ],
  theirs: (path) => [
    ['checkout', '-q', '--theirs', path],
    ['add', path],
  ],
  nothing: (path) => [['rm', '-q', path]],
  'what-is-here': (path) => [['add', path]],
};

describe('changes that clash where they are brought back', () => {
  const ends: [string, Taken, Taken][] = [
    ['theirs, and a file that is kept', 'theirs', 'theirs'],
    ['ours, and a file that is deleted', 'ours', 'nothing'],
    ['what is here, marks and all', 'what-is-here', 'what-is-here'],
  ];

  const resolveAs = async (a: Taken, b: Taken): Promise<void> => {
    const { dir, expected, repository, oid } = await makeConflict();
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    const unmerged = await readUnmerged(repository);
    expect(unmerged).toMatchObject({
      stash: oid,
      conflicts: [{ path: 'a.txt' }, { path: 'b.txt' }],
    });
    expect(unmerged?.conflicts[1]?.sides?.ours).toBeUndefined();
    const sides = await readSides({ ...repository, path: 'a.txt' });
    expect([sides.ours, sides.theirs]).toMatchObject([
      { text: 'one\ntwo\ntheirs\n' },
      { text: 'one\ntwo\nmine\n' },
    ]);
    for (const [path, taken] of [
      ['a.txt', a],
      ['b.txt', b],
    ] as const) {
      await resolveFile({ ...repository, path, taken });
      for (const args of natively[taken](path)) await run(expected, ...args);
      expect(await stateOf(dir)).toEqual(await stateOf(expected));
    }
    expect(await readUnmerged(repository)).toBeUndefined();
    expect((await readStashed(repository)).map((each) => each.oid)).toEqual([oid]);
    await commitChanges({ ...repository, stage: [], message: 'Both', author });
    await run(expected, 'commit', '-q', '-m', 'Both');
    const tree = ['rev-parse', 'HEAD^{tree}'];
    expect(await run(dir, ...tree)).toBe(await run(expected, ...tree));
    await expectSoundRepository(dir);
  };
  const [[first, ...taken], ...more] = ends as [(typeof ends)[0], ...typeof ends];
  it(`are resolved as git would be told to: ${first}`, () => resolveAs(...taken));
  for (const [words, a, b] of more) {
    long(`are resolved as git would be told to: ${words}`, () => resolveAs(a, b));
  }

  it('are given up, and all is as it was, but for what was changed since', async () => {
    const { dir, repository, before } = await makeConflict();
    await put(dir, 'd.txt', 'of its own\n');
    await put(dir, 'e.txt', 'of its own\n');
    await run(dir, 'add', 'd.txt');
    await resolveFile({ ...repository, path: 'a.txt', taken: 'theirs' });
    await put(dir, 'a.txt', 'edited after it\n');
    await giveUpUnmerged(repository);
    expect(await run(dir, 'status', '--porcelain')).toBe('M  d.txt\n?? e.txt');
    await run(dir, 'reset', '-q', '--hard');
    await rm(join(dir, 'e.txt'));
    expect(await stateOf(dir)).toEqual(before);
    await giveUpUnmerged(repository);
    expect(await stateOf(dir)).toEqual(before);
  });

  it('are no commit before all is resolved, and nothing is staged by trying', async () => {
    const { dir, repository } = await makeConflict();
    const seen = await stateOf(dir);
    const head = await run(dir, 'rev-parse', 'HEAD');
    const what = { ...repository, stage: ['a.txt', 'b.txt'], message: 'Early', author };
    const refused = { code: 'UnmergedPathsError', data: { filepaths: ['a.txt', 'b.txt'] } };
    await expect(commitChanges(what)).rejects.toMatchObject(refused);
    await expect(amendCommit({ ...what, branch: 'main', oid: head })).rejects.toMatchObject(
      refused,
    );
    expect(await stateOf(dir)).toEqual(seen);
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(head);
  });

  it('stay where something of theirs is staged: it would not be known what was here', async () => {
    const { dir, repository, oid } = await makeClash();
    await put(dir, 'c.txt', 'staged\n');
    await run(dir, 'add', 'c.txt');
    const seen = await stateOf(dir);
    const back = await bringBack({ ...repository, oid, leaves: true });
    expect(back).toEqual({ kind: 'in-the-way', paths: ['c.txt'] });
    expect(await stateOf(dir)).toEqual(seen);
  });

  long('keep a new file that was changed since they are brought back', async () => {
    const { dir, repository } = await makeConflict();
    await put(dir, 'new.txt', 'changed since\n');
    await giveUpUnmerged(repository);
    expect(await run(dir, 'status', '--porcelain')).toBe('?? new.txt');
    expect(await readFile(join(dir, 'new.txt'), 'utf8')).toBe('changed since\n');
  });

  long('are known among others, also where native git has applied them', async () => {
    const { dir, repository, oid } = await makeClash();
    await put(dir, 'd.txt', 'another\n');
    await run(dir, 'stash', 'push', '-q');
    const before = await stateOf(dir);
    expect((await gitStatus(['stash', 'apply', '-q', 'stash@{1}'], { cwd: dir })).code).toBe(1);
    expect(await readUnmerged(repository)).toMatchObject({ stash: oid });
    await giveUpUnmerged(repository);
    expect(await stateOf(dir)).toEqual(before);
  });
});

describe('conflicts of another command of native git', () => {
  it('are of no stash, and are given up as by git reset --merge', async () => {
    const { dir, repository } = await makeClash();
    await put(dir, 'a.txt', 'third\n');
    await commit(dir, 'Third');
    const before = await stateOf(dir);
    expect((await gitStatus(['cherry-pick', 'HEAD~1'], { cwd: dir })).code).toBe(1);
    const unmerged = await readUnmerged(repository);
    expect(unmerged).toMatchObject({ stash: undefined, conflicts: [{ path: 'a.txt' }] });
    await giveUpUnmerged(repository);
    expect(await stateOf(dir)).toEqual(before);
    expect(await run(dir, 'status')).not.toContain('cherry-pick');
  });
});
