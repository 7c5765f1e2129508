/** `FETCH_HEAD` of `fetch` of gitws/git, byte for byte as native git's fetch from the same server leaves it. */
import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import git, { type FetchArguments } from '../../src/git/index.js';
import { git as realGit, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { copyRemote } from './own-remote.js';

let template: string;
let root: string;
let base: string;
let env: Awaited<ReturnType<typeof nativeEnvironment>>;
let url: string;
/** Two copies of one clone. */
let dir: string;
let expected: string;

beforeAll(async () => {
  template = join(await temporaryDirectory(), 'site.git');
  await makeRepository(template, { commits: 6, files: 4 });
  const inTemplate = (...args: string[]) => realGit(['--git-dir', template, ...args]);
  await inTemplate('branch', 'twin', 'main');
  root = await temporaryDirectory();
  base = (await startServer({ root, smartHttp: true })).url;
  env = await nativeEnvironment();
});

beforeEach(async () => {
  let bare: string;
  ({ bare, url, dir, expected } = await copyRemote(template, root, base));
  for (const cwd of [dir, expected]) await realGit(['clone', '-q', url, cwd], { env });
  const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);
  const newest = await commitUpstream(bare, 'main');
  await remote('update-ref', 'refs/heads/main', newest);
  await remote('update-ref', 'refs/heads/topic', await commitUpstream(bare, 'topic'));
  await remote('tag', '-a', '-m', 'Next', 'v2', newest);
  await remote('tag', 'light', newest);
});

const local = async (...args: string[]) => {
  for (const cwd of [dir, expected]) await realGit(args, { cwd, env });
};

/** Fetches into both, and compares. */
async function expectSame(own: Partial<FetchArguments>, native: string[] = []): Promise<void> {
  await git.fetch({ fs, dir, ...own });
  await realGit(['fetch', '-q', ...native], { cwd: expected, env });
  const [ours, theirs] = await Promise.all(
    [dir, expected].map((at) => readFile(join(at, '.git/FETCH_HEAD'), 'utf8')),
  );
  expect(ours).toBe(theirs);
}

const one = { remote: 'origin', singleBranch: true, tags: false };

it('of the branch that is configured', () => expectSame({}));
it('of all, and all tags', () => expectSame({ tags: true }, ['--tags']));
it('of a branch by its name', () =>
  expectSame({ ...one, remoteRef: 'topic' }, ['origin', 'topic']));
it('of a tag by its name', () => expectSame({ ...one, remoteRef: 'v2' }, ['origin', 'v2']));
it('of a tag in full', () =>
  expectSame({ ...one, remoteRef: 'refs/tags/light' }, ['origin', 'refs/tags/light']));
it('of HEAD', () => expectSame({ ...one, remoteRef: 'HEAD' }, ['origin', 'HEAD']));
it('of an oid', async () => {
  const oid = await realGit(['rev-parse', 'origin/topic~1'], { cwd: dir });
  await expectSame({ ...one, remoteRef: oid }, ['origin', oid]);
});
it('of another remote than the branch has', async () => {
  await local('remote', 'add', 'other', url);
  await expectSame({ remote: 'other' }, ['other']);
});
it('of a branch that merges another one', async () => {
  await local('config', 'branch.main.merge', 'refs/heads/topic');
  await expectSame({});
});
it('of a branch without a configuration', async () => {
  await local('checkout', '-q', '-b', 'own');
  await expectSame({});
});
it('on no branch', async () => {
  await local('checkout', '-q', '--detach');
  await expectSame({});
});
it('of two refspecs that take one ref', async () => {
  await local('config', '--add', 'remote.origin.fetch', '+refs/heads/main:refs/mine/main');
  await expectSame({});
});
it('of two refspecs that take one ref, the single one first, without a branch to merge', async () => {
  await local('checkout', '-q', '--detach');
  await local('config', '--unset-all', 'remote.origin.fetch');
  await local('config', '--add', 'remote.origin.fetch', '+refs/heads/topic:refs/mine/topic');
  await local('config', '--add', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  await expectSame({});
});
it('of a refspec for HEAD', async () => {
  await local('config', '--add', 'remote.origin.fetch', '+HEAD:refs/remotes/origin/HEAD-there');
  await expectSame({});
});
it('of a branch to merge that no refspec takes', async () => {
  await local('config', 'remote.origin.fetch', '+refs/heads/topic:refs/remotes/origin/topic');
  await expectSame({});
});
it('of a remote without refspecs', async () => {
  await local('config', '--unset-all', 'remote.origin.fetch');
  await local('checkout', '-q', '--detach');
  // Native git follows no tags there.
  await expectSame({ tags: false });
});
it('of two refspecs of which one says what another has said', async () => {
  await local('config', '--add', 'remote.origin.fetch', '+refs/heads/t*:refs/remotes/origin/t*');
  await local('config', '--add', 'remote.origin.fetch', '^refs/heads/twin');
  await expectSame({});
});
it('after a fetch of nothing new', async () => {
  await expectSame({});
  await expectSame({});
});
