/** Pulling what both sides changed: what the demo makes of it, held against git's own merge. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { describeConflict, settleConflict } from '../../demo/worker/conflicts.js';
import { checkOut } from '../../demo/worker/checkout.js';
import * as merge from '../../demo/worker/merge.js';
import type { Side } from '../../demo/worker/merge-lines.js';
import { expectSoundRepository, git } from '../helpers/git.js';
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
  'only-mine.txt': 'mine\n',
};
const theirs: Files = {
  'text.txt': lines('first', 'their last'),
  'deep/in/text.txt': 'theirs\n',
  'latin1.txt': latin1(lines('für', 'kein café')),
  'picture.bin': Uint8Array.of(0, 1, 4),
  'both.txt': 'their new file\n',
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

async function conflictIn(dir: string): Promise<merge.Conflict> {
  const joined = await merge.join({ ...onDisk(dir), branch: 'main', other, message, author });
  if (joined.kind !== 'conflict') throw new Error(`It is ${joined.kind}.`);
  return joined.conflict;
}

const sidesOf = (conflict: merge.Conflict, side: Side): Map<string, Side> =>
  new Map(conflict.paths.map((path) => [path, side]));

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

  it('is told, place by place, and nothing is touched', async () => {
    const dir = await copy();
    const before = await git(['rev-parse', 'HEAD'], { cwd: dir });
    const conflict = await conflictIn(dir);
    const files = await describeConflict({ ...onDisk(dir), conflict });
    const told = new Map(files.map(({ path, ...rest }) => [path, rest]));
    expect([...told.keys()].sort()).toEqual([
      ...['both.txt', 'deep/in/text.txt', 'picture.bin', 'text.txt'],
    ]);
    expect(told.get('text.txt')).toEqual({
      ...{ mine: 'changed', theirs: 'changed' },
      places: [{ line: 23, mine: 'my last\n', theirs: 'their last\n' }],
    });
    expect(told.get('both.txt')).toMatchObject({ mine: 'added', theirs: 'added' });
    expect(told.get('picture.bin')?.places).toBeUndefined();
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(before);
  });

  it.each([
    ['mine', 'ours'],
    ['theirs', 'theirs'],
  ] as const)('is joined with the side %s as git joins it', async (side, option) => {
    const dir = await copy();
    const conflict = await conflictIn(dir);
    const to = await settleConflict({
      ...{ ...onDisk(dir), conflict, sides: sidesOf(conflict, side), author },
    });
    expect(await git(['rev-parse', 'main'], { cwd: dir })).toBe(to);
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(await git(['log', '-1', '--format=%an %P%n%s'], { cwd: dir })).toBe(
      `Ada ${conflict.ours} ${conflict.theirs}\n${message}`,
    );
    await expectSoundRepository(dir);
    await git(['checkout', '-q', '-B', 'oracle', conflict.ours], { cwd: dir });
    await git(['merge', '-q', '-X', option, '-m', 'Oracle', conflict.theirs], { cwd: dir });
    // The lines of Latin-1, too.
    expect(await git(['diff', '--name-only', 'oracle', 'main'], { cwd: dir })).toBe('');
    const kept = await readFile(join(dir, 'text.txt'), 'utf8');
    expect(kept).toBe(`mine added\n${lines('first', side === 'mine' ? 'my last' : 'their last')}`);
    await git(['checkout', '-q', 'main'], { cwd: dir });
  });

  it('is not touched where changes that are not committed would be overwritten', async () => {
    const dir = await copy();
    const conflict = await conflictIn(dir);
    await writeFile(join(dir, 'only-theirs.txt'), 'not committed\n');
    const sides = sidesOf(conflict, 'theirs');
    await expect(settleConflict({ ...onDisk(dir), conflict, sides, author })).rejects.toThrow(
      expect.objectContaining({ code: 'CheckoutConflictError' }),
    );
    await expect(merge.setAside({ ...onDisk(dir), conflict, name: 'mine' })).rejects.toThrow(
      expect.objectContaining({ code: 'CheckoutConflictError' }),
    );
    expect(await git(['rev-parse', 'main'], { cwd: dir })).toBe(conflict.ours);
    expect(await git(['branch', '--list', 'mine'], { cwd: dir })).toBe('');
    expect(await readFile(join(dir, 'only-theirs.txt'), 'utf8')).toBe('not committed\n');
  });

  it('is not settled on a branch that has gone on meanwhile', async () => {
    const dir = await copy();
    const conflict = await conflictIn(dir);
    await commitFiles(dir, { 'later.txt': 'later\n' }, 'Later');
    const later = await git(['rev-parse', 'main'], { cwd: dir });
    const sides = sidesOf(conflict, 'mine');
    const moved = expect.objectContaining({ name: 'BranchMoved' });
    await expect(settleConflict({ ...onDisk(dir), conflict, sides, author })).rejects.toEqual(
      moved,
    );
    await expect(merge.setAside({ ...onDisk(dir), conflict, name: 'mine' })).rejects.toEqual(moved);
    expect(await git(['rev-parse', 'main'], { cwd: dir })).toBe(later);
  });

  it('is set aside: my commits on a branch, and the files of the remote', async () => {
    const dir = await copy();
    const conflict = await conflictIn(dir);
    await merge.setAside({ ...onDisk(dir), conflict, name: 'mine' });
    expect(await git(['rev-parse', 'mine', 'main'], { cwd: dir })).toBe(
      `${conflict.ours}\n${conflict.theirs}`,
    );
    expect(await git(['status', '--porcelain', '--branch'], { cwd: dir })).toBe(
      '## main...origin/main',
    );
    expect(existsSync(join(dir, 'only-mine.txt'))).toBe(false);
  });
});

long.each([
  ['I deleted, and they changed', { 'text.txt': undefined }, { 'text.txt': 'theirs\n' }],
  ['I changed, and they deleted', { 'text.txt': 'mine\n' }, { 'text.txt': undefined }],
] as const)('takes either side of a file that %s', async (_, ours, others) => {
  const dir = await diverged({ ...ours, 'a.txt': 'a\n' }, { ...others, 'b.txt': 'b\n' });
  for (const side of ['mine', 'theirs'] as const) {
    const conflict = await conflictIn(dir);
    const sides = sidesOf(conflict, side);
    await settleConflict({ ...onDisk(dir), conflict, sides, author });
    const expected = (side === 'mine' ? ours : others)['text.txt'];
    const there = existsSync(join(dir, 'text.txt'));
    expect(there ? await readFile(join(dir, 'text.txt'), 'utf8') : undefined).toBe(expected);
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(await git(['ls-tree', '--name-only', 'HEAD'], { cwd: dir })).toMatch(/^a.txt\nb.txt\n/);
    await expectSoundRepository(dir);
    await git(['reset', '-q', '--hard', conflict.ours], { cwd: dir });
  }
});

long('sets commits aside whose history cannot be joined in a page', async () => {
  const dir = await diverged(
    { name: 'a file\n', 'other/of/a': 'folder\n' },
    { 'name/of/a': 'folder\n', other: 'a file\n' },
  );
  const conflict = await conflictIn(dir);
  expect(conflict.paths).toEqual([]);
  await writeFile(join(dir, 'other/new.txt'), 'not committed\n');
  await expect(merge.setAside({ ...onDisk(dir), conflict, name: 'mine' })).rejects.toThrow(
    expect.objectContaining({ data: { filepaths: ['other/new.txt'] } }),
  );
  expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('?? other/new.txt');
  await rm(join(dir, 'other/new.txt'));
  await merge.setAside({ ...onDisk(dir), conflict, name: 'mine' });
  expect(await git(['rev-parse', 'mine', 'main'], { cwd: dir })).toBe(
    `${conflict.ours}\n${conflict.theirs}`,
  );
  expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
  await checkOut({ ...onDisk(dir), to: { branch: 'mine' } });
  expect(await git(['status', '--porcelain', '--branch'], { cwd: dir })).toBe('## mine');
});
