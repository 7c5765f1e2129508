/** Merging what both sides changed: what the demo makes of it, held against git's own merge. */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { findConflicts, keptLines, type Choice } from '../../demo/editor/conflict-marks.js';
import { checkOut } from '../../demo/worker/checkout.js';
import { finishMerge, giveUpMerge } from '../../demo/worker/conclude.js';
import { readMerge, readSides, resolveFile } from '../../demo/worker/conflicts.js';
import * as merge from '../../demo/worker/merge.js';
import { scanFiles } from '../../demo/worker/status.js';
import { expectSoundRepository, git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

const author = { name: 'Ada', email: 'ada@example.com' };
const message = "Merge branch 'main' of http://127.0.0.1/test.git";
const other = 'refs/remotes/origin/main';

type Files = Readonly<Record<string, string | Uint8Array | undefined>>;

const lines = (first: string, last: string): string => `${first}\n${'same\n'.repeat(20)}${last}\n`;
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

const base: Files = {
  'text.txt': lines('first', 'last'),
  'deep/in/text.txt': 'a\n',
  'latin1.txt': latin1(lines('für', 'café')),
  'picture.bin': Uint8Array.of(0, 1, 2),
  'untouched.txt': 'untouched\n',
};
const mine: Files = {
  'text.txt': `mine added\n${lines('first', 'my last')}`,
  'deep/in/text.txt': 'mine\n',
  'latin1.txt': latin1(lines('für mich', 'café')),
  'picture.bin': Uint8Array.of(0, 1, 3),
  'both.txt': 'my new file\n',
  'both.bin': Uint8Array.of(0, 5),
  'only-mine.txt': 'mine\n',
};
const theirs: Files = {
  'text.txt': lines('first', 'their last'),
  'deep/in/text.txt': 'theirs\n',
  'latin1.txt': latin1(lines('für', 'kein café')),
  'picture.bin': Uint8Array.of(0, 1, 4),
  'both.txt': 'their new file\n',
  'both.bin': Uint8Array.of(0, 6),
  'only-theirs.txt': 'theirs\n',
};

async function commitFiles(dir: string, files: Files, message: string): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const at = join(dir, path);
    await mkdir(dirname(at), { recursive: true });
    if (content === undefined) await rm(at, { recursive: true });
    else await writeFile(at, content);
  }
  await git(['add', '-A'], { cwd: dir });
  await git(['commit', '-q', '-m', message], { cwd: dir });
}

/** A clone whose main and origin/main have both gone on. */
async function diverged(ours: Files, others: Files, before: Files = base): Promise<string> {
  const root = await temporaryDirectory();
  const origin = join(root, 'origin');
  const dir = join(root, 'clone');
  await git(['init', '-q', '--initial-branch=main', origin]);
  await commitFiles(origin, before, 'Base');
  await git(['clone', '-q', origin, dir]);
  await commitFiles(origin, others, 'Theirs');
  await commitFiles(dir, ours, 'Mine');
  await git(['fetch', '-q'], { cwd: dir });
  return dir;
}

async function joinIn(dir: string): Promise<merge.Joined> {
  return merge.join({ ...onDisk(dir), branch: 'main', other, message, author });
}

/** Merges, which comes to conflicts. */
async function conflictIn(dir: string): Promise<Extract<merge.Joined, { kind: 'conflict' }>> {
  const joined = await joinIn(dir);
  if (joined.kind !== 'conflict') throw new Error(`It is ${joined.kind}.`);
  return joined;
}

/** What a person's clicks in the editor come to. */
function resolveText(text: string, choice: Choice): string {
  const lines = text.split('\n');
  for (const conflict of findConflicts(lines).reverse()) {
    const kept = keptLines(conflict, choice).flatMap(([first, last]) =>
      lines.slice(first - 1, last),
    );
    lines.splice(conflict.start - 1, conflict.end - conflict.start + 1, ...kept);
  }
  return lines.join('\n');
}

/** Resolves all files: texts place by place, and others as a whole. */
async function resolveAll(dir: string, side: 'ours' | 'theirs'): Promise<void> {
  for (const { path, sides } of (await readMerge(onDisk(dir)))?.conflicts ?? []) {
    const isWhole = sides?.ours === undefined || sides.theirs === undefined || path.endsWith('bin');
    if (!isWhole) {
      const text = await readFile(join(dir, path), 'utf8');
      await writeFile(join(dir, path), resolveText(text, side));
    }
    await resolveFile({ ...onDisk(dir), path, taken: isWhole ? side : 'what-is-here' });
  }
}

const finish = (dir: string, also: readonly string[] = []) =>
  finishMerge({ ...onDisk(dir), message, author, also });

const run = (dir: string, ...args: string[]) => git(args, { cwd: dir });

/** All that a person has in a clone, and all that git says of it. */
async function stateOf(dir: string): Promise<string> {
  await run(dir, 'status');
  return [
    await run(dir, 'status', '--porcelain=v2', '--branch', '--untracked-files=all'),
    await run(dir, 'diff', '--binary', 'HEAD'),
    await run(dir, 'ls-files', '--stage'),
  ].join('\n');
}

describe('what both sides changed', () => {
  let template: string;

  beforeAll(async () => {
    template = await diverged(mine, theirs);
  });

  async function copy(): Promise<string> {
    const dir = join(await temporaryDirectory(), 'copy');
    await git(['clone', '-q', template, dir]);
    await git(['fetch', '-q', template, `+${other}:${other}`], { cwd: dir });
    return dir;
  }

  it('is left as git leaves it, and told file by file', async () => {
    const dir = await copy();
    const oracle = await copy();
    const before = await run(dir, 'rev-parse', 'HEAD');
    const { paths } = await conflictIn(dir);
    const conflicts = ['both.bin', 'both.txt', 'deep/in/text.txt', 'picture.bin', 'text.txt'];
    expect([...paths].sort()).toEqual(conflicts);
    await gitStatus(['merge', '-q', '-m', message, 'origin/main'], { cwd: oracle });
    // A look at the files resolves none.
    await scanFiles(onDisk(dir));
    expect(await stateOf(dir)).toBe(await stateOf(oracle));
    expect(await readFile(join(dir, 'text.txt'), 'utf8')).toContain('>>>>>>> origin/main\n');
    const merging = await readMerge(onDisk(dir));
    expect(merging).toMatchObject({ them: 'origin/main', message, isBroken: false });
    expect([...(merging?.staged ?? [])].sort()).toEqual(['latin1.txt', 'only-theirs.txt']);
    expect(merging?.conflicts.map(({ path }) => path)).toEqual(conflicts);
    expect(await readSides({ ...onDisk(dir), path: 'both.txt' })).toMatchObject({
      ours: { kind: 'text', text: 'my new file\n' },
      theirs: { kind: 'text', text: 'their new file\n' },
    });
    expect(await run(dir, 'rev-parse', 'HEAD')).toBe(before);
  });

  it.each(['ours', 'theirs'] as const)('is merged with %s as git merges it', async (side) => {
    const dir = await copy();
    const { sides } = await conflictIn(dir);
    await expect(finish(dir)).rejects.toMatchObject({ code: 'UnmergedPathsError' });
    await resolveAll(dir, side);
    const to = await finish(dir);
    expect(await run(dir, 'rev-parse', 'main')).toBe(to);
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    expect(existsSync(join(dir, '.git/MERGE_HEAD'))).toBe(false);
    expect(await run(dir, 'log', '-1', '--format=%an %P%n%s')).toBe(
      `Ada ${sides.ours} ${sides.theirs}\n${message}`,
    );
    await expectSoundRepository(dir);
    await run(dir, 'checkout', '-q', '-B', 'oracle', sides.ours);
    await run(dir, 'merge', '-q', '-X', side, '-m', 'Oracle', sides.theirs);
    // The lines of Latin-1, too.
    expect(await run(dir, 'diff', '--name-only', 'oracle', 'main')).toBe('');
  });

  it('is merged with both of each place', () => {
    const marked = 'a\n<<<<<<< HEAD\nmine\n||||||| base\nold\n=======\ntheirs\n>>>>>>> x\nz\n';
    expect(resolveText(marked, 'both')).toBe('a\nmine\ntheirs\nz\n');
    expect(resolveText(marked, 'ours')).toBe('a\nmine\nz\n');
  });

  it('is gone on with by native git, and taken over from it', async () => {
    const dir = await copy();
    await conflictIn(dir);
    await run(dir, 'checkout', '-q', '--theirs', '.');
    await run(dir, 'commit', '-q', '-a', '--no-edit');
    expect(await run(dir, 'log', '-1', '--format=%s', '--min-parents=2')).toBe(message);
    await expectSoundRepository(dir);
    const begun = await copy();
    await gitStatus(['merge', '-q', 'origin/main'], { cwd: begun });
    await resolveAll(begun, 'ours');
    await finish(begun);
    expect(await run(begun, 'rev-list', '--count', '--min-parents=2', 'main')).toBe('1');
    expect(await run(begun, 'status', '--porcelain')).toBe('');
  });

  it('is given up without a trace, and other changes stay', async () => {
    const dir = await copy();
    await writeFile(join(dir, 'untouched.txt'), 'changed here\n');
    await writeFile(join(dir, 'new.txt'), 'new here\n');
    const before = await stateOf(dir);
    await conflictIn(dir);
    await resolveFile({ ...onDisk(dir), path: 'text.txt', taken: 'theirs' });
    await resolveFile({ ...onDisk(dir), path: 'both.txt', taken: 'nothing' });
    // What is edited after it was resolved, or was merged, goes as well.
    await writeFile(join(dir, 'text.txt'), 'edited\n');
    await writeFile(join(dir, 'only-theirs.txt'), 'edited\n');
    await writeFile(join(dir, 'both.txt'), 'made again\n');
    await giveUpMerge(onDisk(dir));
    expect(await stateOf(dir)).toBe(before);
    expect(await readMerge(onDisk(dir))).toBeUndefined();
    expect(existsSync(join(dir, 'only-theirs.txt'))).toBe(false);
  });

  it('is known where it was interrupted, and given up', async () => {
    const dir = await copy();
    const before = await stateOf(dir);
    await conflictIn(dir);
    await rm(join(dir, '.git/MERGE_HEAD'));
    expect(await readMerge(onDisk(dir))).toMatchObject({ isBroken: true });
    await giveUpMerge(onDisk(dir));
    expect(await readMerge(onDisk(dir))).toBeUndefined();
    expect(await stateOf(dir)).toBe(before);
  });

  it('is committed as it is in the end, and other changes with it if they are chosen', async () => {
    const dir = await copy();
    await writeFile(join(dir, 'untouched.txt'), 'changed here\n');
    await writeFile(join(dir, 'new.txt'), 'new here\n');
    await conflictIn(dir);
    await resolveAll(dir, 'ours');
    await writeFile(join(dir, 'text.txt'), 'edited\n');
    await rm(join(dir, 'only-theirs.txt'));
    await finish(dir, ['new.txt']);
    expect(await run(dir, 'status', '--porcelain')).toBe('M untouched.txt');
    expect(await run(dir, 'show', 'main:text.txt')).toBe('edited');
    expect(await run(dir, 'show', 'main:new.txt')).toBe('new here');
    expect(await run(dir, 'ls-tree', 'main', 'only-theirs.txt')).toBe('');
  });

  it('is not touched where changes that are not committed would be overwritten', async () => {
    const dir = await copy();
    await writeFile(join(dir, 'only-theirs.txt'), 'not committed\n');
    const before = await stateOf(dir);
    const inTheWay = expect.objectContaining({ code: 'CheckoutConflictError' });
    await expect(joinIn(dir)).rejects.toEqual(inTheWay);
    const [ours = '', others = ''] = (await run(dir, 'rev-parse', 'main', other)).split('\n');
    const sides = { branch: 'main', ours, theirs: others };
    await expect(merge.setAside({ ...onDisk(dir), sides, name: 'mine' })).rejects.toEqual(inTheWay);
    expect(await run(dir, 'branch', '--list', 'mine')).toBe('');
    expect(await stateOf(dir)).toBe(before);
  });

  it('waits: no other merge begins, and a branch that has gone on is not set aside', async () => {
    const dir = await copy();
    const { sides } = await conflictIn(dir);
    await expect(joinIn(dir)).rejects.toMatchObject({ code: 'MERGE_NOT_CONCLUDED' });
    await resolveAll(dir, 'ours');
    const later = await finish(dir);
    await expect(merge.setAside({ ...onDisk(dir), sides, name: 'mine' })).rejects.toEqual(
      expect.objectContaining({ name: 'BranchMoved' }),
    );
    expect(await run(dir, 'rev-parse', 'main')).toBe(later);
    expect(await run(dir, 'branch', '--list', 'mine')).toBe('');
  });

  it('is set aside: my commits on a branch, and the files of the remote', async () => {
    const dir = await copy();
    const { sides } = await conflictIn(dir);
    await merge.setAside({ ...onDisk(dir), sides, name: 'mine' });
    expect(await run(dir, 'rev-parse', 'mine', 'main')).toBe(`${sides.ours}\n${sides.theirs}`);
    expect(await run(dir, 'status', '--porcelain', '--branch')).toBe('## main...origin/main');
    expect(existsSync(join(dir, 'only-mine.txt'))).toBe(false);
    expect(existsSync(join(dir, '.git/MERGE_HEAD'))).toBe(false);
  });
});

it('takes a link and what is executable from either side', async () => {
  const dir = await diverged({ 'a.txt': 'mine\n' }, { 'a.txt': 'theirs\n' });
  for (const [where, to] of [
    ['HEAD', 'mine'],
    [other, 'theirs'],
  ] as const) {
    await run(dir, 'checkout', '-q', '--detach', where);
    await symlink(to, join(dir, 'link'));
    await writeFile(join(dir, 'run'), Uint8Array.of(0, to.length));
    if (to === 'theirs') await chmod(join(dir, 'run'), 0o755);
    await run(dir, 'add', '-A');
    await run(dir, 'commit', '-q', '-m', to);
    await run(dir, 'update-ref', to === 'mine' ? 'refs/heads/main' : other, 'HEAD');
    await run(dir, 'checkout', '-q', 'main');
  }
  await conflictIn(dir);
  for (const path of ['link', 'run', 'a.txt']) {
    await resolveFile({ ...onDisk(dir), path, taken: 'theirs' });
  }
  await finish(dir);
  expect(await run(dir, 'diff', '--raw', 'main', other, '--', 'link', 'run', 'a.txt')).toBe('');
  expect(await run(dir, 'status', '--porcelain')).toBe('');
  expect((await stat(join(dir, 'run'))).mode & 0o100).toBe(0o100);
});

long.each([
  ['I deleted, and they changed', { 'text.txt': undefined }, { 'text.txt': 'theirs\n' }],
  ['I changed, and they deleted', { 'text.txt': 'mine\n' }, { 'text.txt': undefined }],
] as const)('takes either side of a file that %s', async (_, ours, others) => {
  const dir = await diverged({ ...ours, 'a.txt': 'a\n' }, { ...others, 'b.txt': 'b\n' });
  for (const side of ['ours', 'theirs'] as const) {
    const { sides } = await conflictIn(dir);
    await resolveAll(dir, side);
    await finish(dir);
    const expected = (side === 'ours' ? ours : others)['text.txt'];
    const there = existsSync(join(dir, 'text.txt'));
    expect(there ? await readFile(join(dir, 'text.txt'), 'utf8') : undefined).toBe(expected);
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(await git(['ls-tree', '--name-only', 'HEAD'], { cwd: dir })).toMatch(/^a.txt\nb.txt\n/);
    await expectSoundRepository(dir);
    await git(['reset', '-q', '--hard', sides.ours], { cwd: dir });
  }
});

long('sets commits aside whose history cannot be joined in a page', async () => {
  const dir = await diverged({ 'other/of/a': 'folder\n' }, { other: 'a file\n' });
  const alone = await git(['commit-tree', '-m', 'Alone', `${other}^{tree}`], { cwd: dir });
  await git(['update-ref', other, alone], { cwd: dir });
  const joined = await joinIn(dir);
  if (joined.kind !== 'unsupported') throw new Error(`It is ${joined.kind}.`);
  const { sides } = joined;
  await writeFile(join(dir, 'other/new.txt'), 'not committed\n');
  await expect(merge.setAside({ ...onDisk(dir), sides, name: 'mine' })).rejects.toThrow(
    expect.objectContaining({ data: { filepaths: ['other/new.txt'] } }),
  );
  expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('?? other/new.txt');
  await rm(join(dir, 'other/new.txt'));
  await merge.setAside({ ...onDisk(dir), sides, name: 'mine' });
  expect(await git(['rev-parse', 'mine', 'main'], { cwd: dir })).toBe(
    `${sides.ours}\n${sides.theirs}`,
  );
  expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
  await checkOut({ ...onDisk(dir), to: { branch: 'mine' } });
  expect(await git(['status', '--porcelain', '--branch'], { cwd: dir })).toBe('## mine');
});
