/** Amending in the demo, held against `git commit --amend`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { amendCommit, readAmendable } from '../../demo/worker/amend.js';
import { isReachable, readLabels } from '../../demo/worker/history.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

const author = { name: 'Ada', email: 'ada@example.com' };
const message = 'Said better\n\nAnd with a body.';

/** A clone with two commits of its own, the last of them a merge, written long ago. */
async function clone(): Promise<{ dir: string; run: (...args: string[]) => Promise<string> }> {
  const root = await temporaryDirectory();
  const dir = join(root, 'clone');
  await makeRepository(join(root, 'origin.git'), { commits: 3 });
  await git(['clone', '-q', join(root, 'origin.git'), dir]);
  const run = (...args: string[]): Promise<string> => git(args, { cwd: dir });
  await run('checkout', '-q', '-b', 'side', 'HEAD~1');
  await run('commit', '-q', '--allow-empty', '-m', 'Side');
  await run('checkout', '-q', '-');
  await run('merge', '-q', '--no-ff', '-m', 'Merge', 'side');
  await run('commit', '-q', '--amend', '--no-edit', '--date=2001-02-03T04:05:06+0230');
  return { dir, run };
}

const withoutTime = (commit: string): string => commit.replace(/^(committer .*>) .*$/m, '$1');

describe('the last commit', () => {
  it('is amended as git does it: parents and author stay, the committer is new', async () => {
    const { dir, run } = await clone();
    const before = await run('rev-parse', 'HEAD');
    const branch = await run('symbolic-ref', '--short', 'HEAD');
    await writeFile(join(dir, 'new.txt'), 'new\n');
    await writeFile(join(dir, 'left.txt'), 'left\n');
    const what = { stage: ['new.txt'], message, author, branch, oid: before };
    const oid = await amendCommit({ ...onDisk(dir), ...what });
    expect(await run('rev-parse', 'HEAD')).toBe(oid);
    expect(await run('status', '--porcelain')).toBe('?? left.txt');
    const made = await run('cat-file', 'commit', oid);
    await run('reset', '-q', '--soft', before);
    const who = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
    await git([...who, 'commit', '-q', '--amend', '-m', message], {
      cwd: dir,
      env: { GIT_COMMITTER_NAME: author.name, GIT_COMMITTER_EMAIL: author.email },
    });
    const expected = await run('cat-file', 'commit', 'HEAD');
    expect(withoutTime(made)).toBe(withoutTime(expected));
    const time = Number(/^committer .*> (\d+)/m.exec(made)?.[1]);
    expect(time).toBeGreaterThan(Date.UTC(2020) / 1000);
    await expectSoundRepository(dir);
  });

  it('is left alone where the branch has moved meanwhile', async () => {
    const { dir, run } = await clone();
    const oid = await run('rev-parse', 'HEAD');
    const branch = await run('symbolic-ref', '--short', 'HEAD');
    await run('commit', '-q', '--allow-empty', '-m', 'Another tab’s');
    const moved = await run('rev-parse', 'HEAD');
    const what = { stage: [], message, author, branch, oid };
    await expect(amendCommit({ ...onDisk(dir), ...what })).rejects.toMatchObject({
      name: 'BranchMoved',
    });
    expect(await run('rev-parse', 'HEAD')).toBe(moved);
  });

  it('can be amended unless a branch of the remote has it', async () => {
    const { dir, run } = await clone();
    const repository = onDisk(dir);
    const list = async (from: string): Promise<string[]> =>
      (await run('rev-list', from)).split('\n');
    const commits = await list('--all');
    const pushed = await list('--remotes');
    const [tip = ''] = commits;
    for (const from of commits) {
      const amendable = await readAmendable(repository, from, await readLabels(repository));
      expect(amendable === undefined, from).toBe(pushed.includes(from));
      const below = await list(from);
      for (const oid of commits) {
        const found = await isReachable({ ...repository, oid, from: [from] });
        expect(found, `${oid} from ${from}`).toBe(below.includes(oid));
      }
    }
    expect(await readAmendable(repository, tip, await readLabels(repository))).toEqual({
      oid: tip,
      message: 'Merge',
    });
  });
});
