/** `fetch` of gitws/git, held against native git's fetch into the same repository. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import git, { type FetchArguments } from '../../src/git/index.js';
import {
  expectSoundRepository,
  git as realGit,
  gitStatus,
  makeRepository,
} from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { copyRemote } from './own-remote.js';
import { stateOf } from './state.js';

let template: string;
let root: string;
let base: string;
/** The remote of one test. */
let bare: string;
let url: string;
/** Two copies of one clone. */
let dir: string;
let expected: string;

const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);
const local = async (...args: string[]) => {
  for (const cwd of [dir, expected]) await realGit(args, { cwd });
};

/** @returns a new commit of the remote. */
const commit = (parent: string, file?: string, words?: string): Promise<string> =>
  commitUpstream(bare, parent, file, words);

/** As `git fetch origin topic`. */
const named = { remote: 'origin', remoteRef: 'topic', singleBranch: true, tags: false };

beforeAll(async () => {
  template = join(await temporaryDirectory(), 'site.git');
  await makeRepository(template, { commits: 24, files: 8 });
  root = await temporaryDirectory();
  base = (await startServer({ root })).url;
});

beforeEach(async () => {
  ({ bare, url, dir, expected } = await copyRemote(template, root, base));
});

async function cloned(...args: string[]): Promise<void> {
  for (const cwd of [dir, expected]) {
    await realGit(['clone', '-q', ...args, `file://${bare}`, cwd]);
  }
}

/** Fetches into both, and compares. */
async function expectSame(own: Partial<FetchArguments>, native: string[] = []): Promise<void> {
  await git.fetch({ fs, dir, url, ...own });
  await realGit(['fetch', '-q', ...native], { cwd: expected });
  expect(await stateOf(dir)).toEqual(await stateOf(expected));
  await expectSoundRepository(dir);
}

/** Every object that a repository has, each once. */
const objectsOf = async (cwd: string): Promise<string[]> => {
  const format = '--batch-check=%(objectname)';
  const text = await realGit(['cat-file', '--batch-all-objects', format], { cwd });
  return [...new Set(text.split('\n'))];
};

describe('fetch', () => {
  it('of nothing new changes nothing', async () => {
    await cloned();
    const before = await stateOf(dir);
    const result = await git.fetch({ fs, dir, url });
    expect(result).toMatchObject({ defaultBranch: 'refs/heads/main', updated: [], rejected: [] });
    expect({ ...(await stateOf(dir)), fetchHead: [] }).toEqual({ ...before, fetchHead: [] });
  });

  it('brings new commits, branches and the tags of them', async () => {
    await cloned();
    const newest = await commit('main');
    await remote('update-ref', 'refs/heads/main', newest);
    await remote('branch', 'fresh', 'main~3');
    await remote('tag', '-a', '-m', 'Next', 'v2', newest);
    await remote('tag', 'light', newest);
    await remote('tag', 'apart', await commit('main~9', 'apart.txt'));
    await expectSame({});
  });

  it('brings tags of what is here already, and all tags where all are asked for', async () => {
    await cloned();
    await remote('tag', '-a', '-m', 'Old', 'old', 'main~5');
    await remote('tag', 'apart', await commit('main~9', 'apart.txt'));
    await expectSame({});
    await expectSame({ tags: true }, ['--tags']);
  });

  it('leaves tags alone where none are wanted', async () => {
    await cloned('--no-tags');
    await local('config', '--unset', 'remote.origin.tagOpt');
    await expectSame({ tags: false }, ['--no-tags']);
    await expectSame({});
  });

  it('keeps a tag that is here as another one, and says so', async () => {
    await cloned();
    const before = await realGit(['rev-parse', 'v1.0'], { cwd: dir });
    await remote('tag', '-f', 'v1.0', 'main~1');
    const { rejected = [] } = await git.fetch({ fs, dir, url, tags: true });
    expect(rejected).toEqual([{ ref: 'refs/tags/v1.0', reason: 'would clobber existing tag' }]);
    expect(await realGit(['rev-parse', 'v1.0'], { cwd: dir })).toBe(before);
  });

  it('follows a branch that was set back, and one that was written anew', async () => {
    await cloned();
    await remote('update-ref', 'refs/heads/topic', 'main~7');
    await remote('update-ref', 'refs/heads/main', await commit('main~12', 'anew.txt'));
    await expectSame({});
  });

  it('of a remote that has nothing of what it had offers history, and gets what it lacks', async () => {
    await cloned();
    const fresh = await commit('main~8', 'fresh.txt');
    await remote('update-ref', 'refs/heads/main', fresh);
    for (const name of ['topic', 'release/1.0']) await remote('branch', '-D', name);
    for (const tag of (await remote('tag')).split('\n')) await remote('tag', '-d', tag);
    await remote('reflog', 'expire', '--expire=now', '--all');
    await remote('gc', '-q', '--prune=now');
    // Of its branches nothing is left there, but for what lies 8 commits and more behind.
    await local('update-ref', '-d', 'refs/remotes/origin/topic');
    await local('update-ref', '-d', 'refs/remotes/origin/release/1.0');
    const before = (await objectsOf(dir)).length;
    await expectSame({});
    expect((await objectsOf(dir)).length - before).toBe(3);
  });

  it('removes what is gone, and makes room for what takes its place', async () => {
    await remote('branch', 'x/y', 'main~1');
    await remote('branch', 'z', 'main~1');
    await remote('tag', 'gone', 'main~2');
    await cloned();
    await remote('branch', '-D', 'x/y');
    await remote('branch', 'x', 'main~2');
    await remote('branch', '-D', 'z');
    await remote('branch', 'z/a', 'main~2');
    await remote('tag', '-d', 'gone');
    const result = await git.fetch({ fs, dir, url, prune: true });
    expect(result.pruned?.sort()).toEqual(['refs/remotes/origin/x/y', 'refs/remotes/origin/z']);
    await realGit(['fetch', '-q', '--prune'], { cwd: expected });
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    await expectSame({ prune: true, pruneTags: true }, ['--prune', '--prune-tags']);
  });

  it.each<[string, Partial<FetchArguments>, string[]]>([
    ['all that is gone', { prune: true, pruneTags: true }, ['--prune', '--prune-tags']],
    ['branches, where no tags are to go', { prune: true, tags: true }, ['--prune', '--tags']],
    [
      'nothing, where one branch is asked for by its name',
      { ...named, prune: true, pruneTags: true },
      ['--prune', '--prune-tags', 'origin', 'topic'],
    ],
  ])('removes %s, and moves no tag', async (_, own, native) => {
    for (const name of ['gone', 'moved']) await remote('tag', name, 'main~2');
    await remote('tag', '-a', '-m', 'Once', 'signed', 'main~2');
    await cloned();
    await local('tag', 'own', 'main~1');
    await local('update-ref', 'refs/remotes/origin/gone', 'main~3');
    await remote('tag', '-d', 'gone');
    await remote('tag', '-f', 'moved', 'main');
    await remote('tag', '-f', '-a', '-m', 'Again', 'signed', 'main');
    await remote('tag', 'fresh', 'main');
    await remote('update-ref', 'refs/heads/topic', await commit('topic'));
    const { rejected = [] } = await git.fetch({ fs, dir, url, ...own });
    const { stderr } = await gitStatus(['fetch', ...native], { cwd: expected });
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    const refused = [...stderr.matchAll(/! \[rejected\] +\S+ +-> (\S+) +\((.*)\)/g)];
    expect(rejected.map(({ ref, reason }) => [ref, reason]).sort()).toEqual(
      refused.map(([, name, reason]) => [`refs/tags/${name}`, reason]).sort(),
    );
    await expectSoundRepository(dir);
  });

  it('without pruning rejects what has no room, and changes nothing', async () => {
    await remote('branch', 'x', 'main~1');
    await cloned();
    await remote('branch', '-D', 'x');
    await remote('branch', 'x/y', 'main~2');
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    const { refs } = await stateOf(dir);
    await expect(git.fetch({ fs, dir, url })).rejects.toMatchObject({
      code: 'REF_CONFLICT',
      data: { ref: 'refs/remotes/origin/x/y', other: 'refs/remotes/origin/x' },
    });
    expect((await stateOf(dir)).refs).toEqual(refs);
  });

  it('takes the refspecs of the configuration, and none by force unless they say so', async () => {
    await cloned();
    await local('config', '--unset-all', 'remote.origin.fetch');
    await local(
      'config',
      '--add',
      'remote.origin.fetch',
      '+refs/heads/main:refs/remotes/origin/top',
    );
    await local('config', '--add', 'remote.origin.fetch', 'refs/heads/release/*:refs/kept/*');
    await expectSame({});
    await remote('update-ref', 'refs/heads/release/1.0', 'main~2');
    await expect(git.fetch({ fs, dir, url })).rejects.toMatchObject({
      code: 'REF_REJECTED',
      data: { rejected: [{ ref: 'refs/kept/1.0', reason: 'non-fast-forward' }] },
    });
  });

  it('does not move the branch that is checked out', async () => {
    await cloned();
    await local('config', '--add', 'remote.origin.fetch', '+refs/heads/*:refs/heads/*');
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await expect(git.fetch({ fs, dir, url })).rejects.toMatchObject({
      code: 'REF_REJECTED',
      data: { rejected: [{ ref: 'refs/heads/main', reason: 'checked out' }] },
    });
  });

  it('deepens, cuts off and makes whole again', async () => {
    await cloned('--depth=2', '--no-single-branch');
    await expectSame({ depth: 4 }, ['--depth=4']);
    await expectSame({ depth: 3, relative: true }, ['--deepen=3']);
    await expectSame({ depth: 1 }, ['--depth=1']);
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await expectSame({});
    await expectSame({ depth: Infinity }, ['--unshallow']);
  });

  it('offers what a person has committed, and brings what others have', async () => {
    await cloned();
    await local('commit', '-q', '--allow-empty', '-m', 'Mine');
    const before = (await objectsOf(dir)).length;
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await expectSame({});
    // No more than native git gets: a commit, its tree, its blob.
    expect(await objectsOf(dir)).toEqual(await objectsOf(expected));
    expect((await objectsOf(dir)).length - before).toBe(3);
  });
});
