/** Partial clones by gitws/git, held against native git's of the same repository. */
import * as fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, vi } from 'vitest';
import { it, long } from '../helpers/long.js';
import { bindRepository } from '../../src/index.js';
import git, { type CloneArguments } from '../../src/git/index.js';
import { git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { copyRemote } from './own-remote.js';
import { objectsReached, partialState } from './partial-state.js';

let template: string;
let root: string;
let base: string;
let bare: string;
let url: string;
let dir: string;
let expected: string;

const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);

/** @returns a new commit of the remote. */
const commit = (parent: string, file?: string, words?: string): Promise<string> =>
  commitUpstream(bare, parent, file, words);

beforeAll(async () => {
  template = join(await temporaryDirectory(), 'site.git');
  await makeRepository(template, { commits: 24, files: 8 });
  await realGit(['--git-dir', template, 'config', 'uploadpack.allowFilter', 'true']);
  root = await temporaryDirectory();
  base = (await startServer({ root })).url;
});

beforeEach(async () => {
  ({ bare, url, dir, expected } = await copyRemote(template, root, base));
});

async function cloned(filter: CloneArguments['filter'], native: string[]): Promise<void> {
  await git.clone({ fs, dir, url, filter, noCheckout: true });
  const options = native.map((one) => `--filter=${one}`);
  await realGit(['clone', '-q', '-n', ...options, `file://${bare}`, expected]);
}

async function expectSame(): Promise<void> {
  expect(await partialState(dir, bare)).toEqual(await partialState(expected, bare));
  expect(await realGit(['fsck', '--strict', '--no-dangling', '--no-progress'], { cwd: dir })).toBe(
    '',
  );
}

const filters: [name: string, own: string | string[], native: string[]][] = [
  ['blob:none', 'blob:none', ['blob:none']],
  ['blob:limit=100', 'blob:limit=100', ['blob:limit=100']],
  ['blob:limit=1k', 'blob:limit=1k', ['blob:limit=1k']],
  ['tree:0', 'tree:0', ['tree:0']],
  ['tree:1', 'tree:1', ['tree:1']],
  ['tree:2', 'tree:2', ['tree:2']],
  ['combine:', 'combine:blob:none+tree:2', ['combine:blob:none+tree:2']],
  ['several', ['blob:limit=1k', 'tree:3'], ['blob:limit=1k', 'tree:3']],
  ['object:type=commit', 'object:type=commit', ['object:type=commit']],
];

describe('clone with a filter', () => {
  it.each(filters)('%s lacks what native git’s lacks, and is sound', async (_, own, native) => {
    await cloned(own, native);
    await expectSame();
  });

  it('is one that native git goes on with', async () => {
    await cloned('blob:none', ['blob:none']);
    await expectSame();
    const run = (...args: string[]) => realGit(args, { cwd: dir });
    await run('checkout', '-q', 'main');
    expect(await run('status', '--porcelain')).toBe('');
    expect(await run('log', '-p', '--format=%H')).toBe(
      await remote('log', '-p', '--format=%H', 'main'),
    );
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await run('fetch', '-q');
    expect(await run('rev-parse', 'origin/main')).toBe(await remote('rev-parse', 'main'));
    await run('gc', '-q', '--prune=now');
    await run('fsck', '--strict');
  });

  it('of a server that knows none is whole, and says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    await remote('config', 'uploadpack.allowFilter', 'false');
    // The server's own setting is looser than the repository's, which counts.
    await cloned('blob:none', ['blob:none']);
    expect(warn.mock.calls).toEqual([['gitws: the server knows no filter: it sends everything.']]);
    await expectSame();
  });

  it('that is none rejects, and leaves nothing', async () => {
    const failed = git.clone({ fs, dir, url, filter: 'blob:some' });
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      data: { filter: 'blob:some' },
    });
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('through the http of others rejects', async () => {
    const http = { request: () => Promise.reject(new Error('never')) };
    await expect(git.clone({ fs, dir, url, http, filter: 'tree:0' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('is interrupted, and leaves nothing', async () => {
    const abort = new AbortController();
    const failed = git.clone({
      ...{ fs, dir, url, filter: 'blob:none', signal: abort.signal },
      onProgress: () => {
        abort.abort();
      },
    });
    await expect(failed).rejects.toMatchObject({ code: 'UserCanceledError' });
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('names beside its pack what was asked for', async () => {
    await cloned('blob:none', ['blob:none']);
    const marks = async (place: string): Promise<string[]> => {
      const packs = join(place, '.git/objects/pack');
      const [name = ''] = (await readdir(packs)).filter((one) => one.endsWith('.promisor'));
      return (await readFile(join(packs, name), 'utf8')).split('\n').sort();
    };
    expect(await marks(dir)).toEqual(await marks(expected));
  });
});

describe('fetch', () => {
  const fetched = async (filter?: string): Promise<void> => {
    await git.fetch({ fs, dir, url, filter });
    const options = filter === undefined ? [] : [`--filter=${filter}`];
    // To look for submodules, git would fetch HEAD's tree before all else.
    await realGit(['fetch', '-q', '--recurse-submodules=no', ...options], { cwd: expected });
  };

  const few = ['blob:none', 'blob:limit=1k', 'tree:0', 'several'];
  long.each(filters.filter(([name]) => few.includes(name)))(
    'into a clone with %s leaves the same out',
    async (_, own, native) => {
      await cloned(own, native);
      const newest = await commit(await commit('main'), 'larger.txt', 'words '.repeat(2_000));
      await remote('update-ref', 'refs/heads/main', newest);
      await remote('branch', 'fresh', 'main~3');
      await remote('tag', '-a', '-m', 'Next', 'v2', newest);
      await remote('tag', 'apart', await commit('main~9', 'apart.txt'));
      await fetched();
      await expectSame();
      await fetched();
      await expectSame();
    },
  );

  it('with another filter than the clone’s takes that, and keeps the clone’s', async () => {
    await cloned('blob:none', ['blob:none']);
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await fetched('blob:limit=1k');
    await expectSame();
  });

  it('with a filter makes a whole clone a partial one', async () => {
    for (const place of [dir, expected]) await realGit(['clone', '-q', `file://${bare}`, place]);
    await remote('update-ref', 'refs/heads/main', await commit('main'));
    await fetched('blob:none');
    await expectSame();
  });

  it('of a remote that has promised nothing brings all into a partial clone', async () => {
    await cloned('blob:none', ['blob:none']);
    const { bare: other, url: otherUrl } = await copyRemote(bare, root, base);
    await realGit(['--git-dir', other, 'branch', 'theirs', 'main~1']);
    bare = other;
    await remote('update-ref', 'refs/heads/theirs', await commit('main~1', 'theirs.txt'));
    const refspec = '+refs/heads/*:refs/remotes/other/*';
    for (const cwd of [dir, expected]) {
      await realGit(['config', 'remote.other.url', `file://${other}`], { cwd });
      await realGit(['config', 'remote.other.fetch', refspec], { cwd });
    }
    // With an http that looks at all that is reached, as git does.
    const { http } = bindRepository({ fs, dir, url: otherUrl, checkConnectivity: 'full' });
    await git.fetch({ fs, dir, url: otherUrl, remote: 'other', http });
    await realGit(['fetch', '-q', 'other'], { cwd: expected });
    // This git writes no HEAD of a remote when it fetches.
    await realGit(['symbolic-ref', '-d', 'refs/remotes/other/HEAD'], { cwd: dir });
    expect(await objectsReached(dir)).toEqual(await objectsReached(expected));
    const theirs = await remote('rev-parse', 'theirs:theirs.txt');
    expect(await realGit(['cat-file', '-t', theirs], { cwd: dir })).toBe('blob');
    await realGit(['fsck', '--strict'], { cwd: dir });
  });
});
