/** What the list says of each stash, and the index of what is to be resolved, held against native git's. */
import * as fs from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Errors } from 'isomorphic-git';
import git from '../../src/git/index.js';
import { gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { put } from './merge-ground.js';
import { author, makeGround, run, stash, withLines } from './stash-ground.js';

const list = (dir: string) => git.listStashes({ fs, dir });

describe.concurrent('the list of stashes', () => {
  it('says of each what native git and its commit do, and what it was called', async () => {
    const { dir } = await makeGround();
    const change = (text: string) => put(dir, { 'b.txt': text });
    await change('one\n');
    await stash(dir, { message: 'Half: done', author: { ...author, timezoneOffset: -345 } });
    await change('two\n');
    await run(dir, 'checkout', '-q', '-b', 'feature/x');
    await stash(dir, { author: { ...author, timezoneOffset: 210 } });
    await change('three\n');
    await run(dir, 'checkout', '-q', '--detach');
    await run(dir, '-c', 'user.name=Zoë <x> Ann', 'stash', 'push', '-q', '-m', 'Later');
    await run(dir, 'stash', 'store', '-m', 'Kept', await run(dir, 'rev-parse', 'stash@{1}'));
    const listed = await list(dir);
    expect(listed.map(({ title, branch }) => ({ title, branch }))).toEqual([
      { title: 'Kept', branch: undefined },
      { title: 'Later', branch: undefined },
      { title: undefined, branch: 'feature/x' },
      { title: 'Half: done', branch: 'main' },
    ]);
    const format = '--format=%H %gs';
    const lines = (await run(dir, 'stash', 'list', format)).split('\n');
    expect(listed.map(({ oid, message }) => `${oid} ${message}`)).toEqual(lines);
    // Whoever stores a stash of another one says so with their own name and time.
    for (const { oid, committer } of listed.slice(1)) {
      const { commit } = await git.readCommit({ fs, dir, oid });
      expect(committer).toEqual(commit.committer);
    }
  });

  it('has none where there are none, and refuses a linked worktree', async () => {
    const { dir } = await makeGround();
    expect(await list(dir)).toEqual([]);
    const linked = join(await temporaryDirectory(), 'linked');
    await run(dir, 'worktree', 'add', '-q', linked);
    await expect(list(linked)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const unmerged = git.unmergedFiles({ fs, dir: linked });
    await expect(unmerged).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('does not say who, and when, where its line is damaged', async () => {
    const { dir } = await makeGround();
    await put(dir, { 'b.txt': 'one\n' });
    const oid = await stash(dir, { message: 'One' });
    const log = join(dir, '.git/logs/refs/stash');
    await writeFile(log, (await readFile(log, 'utf8')).replace(/<.*\t/, 'damaged\t'));
    expect(await list(dir)).toEqual([
      { oid, message: 'On main: One', title: 'One', branch: 'main', committer: undefined },
    ]);
  });
});

describe.concurrent('what is to be resolved is what git ls-files --unmerged says', () => {
  const expectListed = async (dir: string): Promise<void> => {
    const told = await git.unmergedFiles({ fs, dir });
    const listed = told.flatMap(({ path, base, ours, theirs }) =>
      [base, ours, theirs].flatMap((side, at) =>
        side === undefined ? [] : [`${side.mode} ${side.oid} ${at + 1}\t${path}`],
      ),
    );
    expect(listed.join('\n')).toBe(await run(dir, 'ls-files', '--unmerged'));
    expect(await git.mergeStatus({ fs, dir })).toBeUndefined();
  };

  it('of a stash, up to its end', async () => {
    const { dir } = await makeGround();
    expect(await git.unmergedFiles({ fs, dir })).toEqual([]);
    await put(dir, { 'a.txt': withLines({ 3: 'stashed' }), 'b.txt': null, empty: 'e\n' });
    await stash(dir);
    await put(dir, { 'a.txt': withLines({ 3: 'mine' }), 'b.txt': 'mine\n' });
    await run(dir, 'commit', '-q', '-a', '-m', 'Mine');
    await expect(stash(dir, { op: 'pop' })).rejects.toMatchObject({ code: 'MergeConflictError' });
    await expectListed(dir);
    expect(await git.unmergedFiles({ fs, dir })).toHaveLength(2);
    await run(dir, 'branch', 'other', 'HEAD~1');
    const ref = await run(dir, 'commit-tree', '-p', 'other', '-m', 'Other', 'HEAD~1^{tree}');
    const refused = { code: 'UnmergedPathsError' };
    await expect(git.merge({ fs, dir, theirs: ref, author })).rejects.toMatchObject(refused);
    await expect(git.checkout({ fs, dir, ref })).rejects.toMatchObject(refused);
    await expectListed(dir);
    const error: unknown = await git
      .commit({ fs, dir, author, message: 'Too early' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Errors.UnmergedPathsError);
    expect(error).toMatchObject({
      message: expect.stringContaining('to be resolved first: a.txt, b.txt. ') as string,
      data: { filepaths: ['a.txt', 'b.txt'] },
    });
    await git.add({ fs, dir, filepath: 'a.txt' });
    await expectListed(dir);
    await git.remove({ fs, dir, filepath: 'b.txt' });
    await expectListed(dir);
    expect(await git.unmergedFiles({ fs, dir })).toEqual([]);
  });

  it.each(['cherry-pick', 'revert'])(
    'of a %s of native git, which is given up',
    async (command) => {
      const { dir } = await makeGround();
      for (const text of ['one\n', 'two\n', 'three\n']) {
        await put(dir, { 'b.txt': text });
        await run(dir, 'commit', '-q', '-a', '-m', text.trim());
      }
      const before = await run(dir, 'status', '--porcelain=v2', '--branch');
      expect((await gitStatus([command, 'HEAD~1'], { cwd: dir })).code).toBe(1);
      await expectListed(dir);
      expect(await git.unmergedFiles({ fs, dir })).toHaveLength(1);
      await git.abortMerge({ fs, dir });
      expect(await run(dir, 'status', '--porcelain=v2', '--branch')).toBe(before);
      expect(await run(dir, 'status')).toContain('nothing to commit, working tree clean');
      expect(await run(dir, 'status')).not.toMatch(/cherry-pick|revert/i);
      expect((await gitStatus([command, 'HEAD~1'], { cwd: dir })).code).toBe(1);
      await put(dir, { 'b.txt': 'both\n' });
      await git.add({ fs, dir, filepath: 'b.txt' });
      await git.commit({ fs, dir, author, message: 'Both' });
      expect(await run(dir, 'status')).not.toMatch(/cherry-pick|revert/i);
      expect(await run(dir, 'log', '-1', '--format=%s')).toBe('Both');
      // Nothing waits that would be in the way.
      const theirs = await run(dir, 'rev-parse', 'HEAD~1');
      await git.merge({ fs, dir, ours: 'main', theirs, author });
    },
  );
});
