/** `resetIndex` of `gitws/git`, held against `git reset -- <paths>`. */
import * as fs from 'node:fs';
import { chmod, cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { resetIndex } from '../../src/git/index.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

interface Ground {
  readonly dir: string;
  readonly run: (...args: string[]) => Promise<string>;
}

let ground: Ground;

function at(dir: string): Ground {
  return { dir, run: (...args) => git(args, { cwd: dir }) };
}

beforeAll(async () => {
  ground = at(await temporaryDirectory());
  const { dir, run } = ground;
  await run('init', '-q');
  await mkdir(join(dir, 'folder'));
  await writeFile(join(dir, 'text'), 'one\n');
  await writeFile(join(dir, 'run.sh'), 'echo\n', { mode: 0o755 });
  await symlink('text', join(dir, 'link'));
  await writeFile(join(dir, 'folder', 'inner'), 'inner\n');
  await run('add', '-A');
  await run('commit', '-q', '-m', 'First');
  await writeFile(join(dir, 'text'), 'two\n');
  await run('commit', '-q', '-a', '-m', 'Second');
});

/** Two copies of what is staged by `change`: one for each git. */
async function twice(change: (ground: Ground) => Promise<void>): Promise<[Ground, Ground]> {
  const made = at(join(await temporaryDirectory(), 'one'));
  await cp(ground.dir, made.dir, { recursive: true, verbatimSymlinks: true });
  await change(made);
  const other = at(join(await temporaryDirectory(), 'other'));
  await cp(made.dir, other.dir, { recursive: true, verbatimSymlinks: true });
  return [made, other];
}

async function expectSame(ours: Ground, theirs: Ground): Promise<void> {
  for (const args of [['ls-files', '-s'], ['diff'], ['diff', '--cached']] as const) {
    expect(await ours.run(...args)).toBe(await theirs.run(...args));
  }
  await expectSoundRepository(ours.dir);
}

describe('resetIndex', () => {
  it('takes back what is staged of several files, with their modes, and touches none', async () => {
    const [ours, theirs] = await twice(async ({ dir, run }) => {
      await writeFile(join(dir, 'text'), 'three\n');
      await writeFile(join(dir, 'new'), 'new\n');
      await chmod(join(dir, 'run.sh'), 0o644);
      await rm(join(dir, 'link'));
      await writeFile(join(dir, 'link'), 'no link\n');
      await run('add', '-A');
      await writeFile(join(dir, 'run.sh'), 'changed\n');
    });
    const filepath = ['text', 'run.sh', 'link', 'new', 'nowhere'];
    await resetIndex({ fs, dir: ours.dir, filepath });
    await theirs.run('reset', '-q', '--', ...filepath);
    await expectSame(ours, theirs);
    expect(await ours.run('ls-files', '-s', 'run.sh', 'link')).toMatch(/^120000 .*\n100755 /);
  });

  it('takes them back to another commit', async () => {
    const [ours, theirs] = await twice(() => Promise.resolve());
    const ref = await ours.run('rev-parse', 'HEAD~1');
    await resetIndex({ fs, dir: ours.dir, filepath: 'text', ref });
    await theirs.run('reset', '-q', 'HEAD~1', '--', 'text');
    await expectSame(ours, theirs);
    expect(await ours.run('status', '--porcelain')).toBe('MM text');
    const none = { fs, dir: ours.dir, filepath: 'text', ref: 'nowhere' };
    await expect(resetIndex(none)).rejects.toMatchObject({ code: 'NotFoundError' });
  });

  it('puts a file back whose folder has become a file, and the reverse', async () => {
    const [ours, theirs] = await twice(async ({ dir, run }) => {
      await rm(join(dir, 'folder'), { recursive: true });
      await writeFile(join(dir, 'folder'), 'a file\n');
      await rm(join(dir, 'text'));
      await mkdir(join(dir, 'text'));
      await writeFile(join(dir, 'text', 'inner'), 'inside\n');
      await run('add', '-A');
    });
    const filepath = ['folder/inner', 'text'];
    await resetIndex({ fs, dir: ours.dir, filepath });
    await theirs.run('reset', '-q', '--', ...filepath);
    await expectSame(ours, theirs);
  });

  it('resolves a file in favour of the commit', async () => {
    const [ours, theirs] = await twice(async ({ dir, run }) => {
      await run('checkout', '-q', '-b', 'side', 'HEAD~1');
      await writeFile(join(dir, 'text'), 'side\n');
      await run('commit', '-q', '-a', '-m', 'Side');
      await expect(run('merge', '-q', '-')).rejects.toThrow();
    });
    expect(await ours.run('ls-files', '-u')).not.toBe('');
    await resetIndex({ fs, dir: ours.dir, filepath: 'text' });
    await theirs.run('reset', '-q', '--', 'text');
    await expectSame(ours, theirs);
  });

  it('forgets what is staged where there is no commit yet', async () => {
    const fresh = at(await temporaryDirectory());
    await fresh.run('init', '-q');
    await writeFile(join(fresh.dir, 'first'), 'first\n');
    await fresh.run('add', 'first');
    await resetIndex({ fs, dir: fresh.dir, filepath: 'first' });
    expect(await fresh.run('ls-files')).toBe('');
  });
});
