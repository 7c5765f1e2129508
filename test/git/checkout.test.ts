/** `checkout` and `clone` of gitws/git, held against native git, and usable as isomorphic-git's are. */
import * as nodeFs from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import isomorphicGit, { Errors } from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository } from '../../src/index.js';
import git, * as named from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let url: string;
let gitDir: string;
let dir: string;

const run = (...args: string[]) => realGit(args, { cwd: dir });
const fs = nodeFs;
const bound = () => bindRepository({ fs, dir, url });

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git'), { commits: 12, files: 8 }));
  const at = (...args: string[]) => realGit(['--git-dir', gitDir, ...args]);
  await at('branch', 'older', 'main~4');
  // A tag and a branch of one name.
  await at('branch', 'both', 'main~2');
  await at('tag', '-a', '-m', 'Both', 'both', 'main~6');
  await at('tag', '-a', '-m', 'One', 'v1', 'main~3');
  url = `${(await startServer({ root })).url}/site.git`;
});

beforeEach(async () => {
  dir = await temporaryDirectory();
});

describe('gitws/git', () => {
  it('has everything that isomorphic-git has, and replaces what it says', () => {
    const added = ['Errors', 'default', 'listStashes', 'mergeStatus', 'sparseCheckout'];
    const all = new Set([...Object.keys(isomorphicGit), ...added, 'unmergedFiles']);
    expect(new Set(Object.keys(git))).toEqual(all);
    const replaced = Object.entries(isomorphicGit).filter(
      ([name, value]) => git[name as keyof typeof git] !== value,
    );
    const changed = ['checkout', 'clone', 'fastForward', 'fetch', 'pull', 'push'];
    const asking = ['getRemoteInfo', 'getRemoteInfo2', 'listServerRefs'];
    // isomorphic-git's own, but for a merge that waits, and for what is outside of a sparse checkout.
    const merging = ['WORKDIR', 'abortMerge', 'commit', 'merge', 'walk'];
    const minding = ['add', 'cherryPick', 'remove', 'resetIndex', 'stash', 'status'];
    expect(replaced.map(([name]) => name).sort()).toEqual(
      [...changed, ...asking, ...merging, ...minding, 'statusMatrix', 'updateIndex'].sort(),
    );
    expect(named.log).toBe(isomorphicGit.log);
    expect(named.checkout).toBe(git.checkout);
  });
});

describe('clone', () => {
  it('has a working tree that git and isomorphic-git find clean', async () => {
    const heard: string[] = [];
    const progress: string[] = [];
    await git.clone({
      ...bound(),
      onPostCheckout: ({ previousHead, newHead, type }) =>
        void heard.push(previousHead, newHead, type),
      onProgress: ({ phase }) => void progress.push(phase),
    });
    expect(await run('status', '--porcelain', '--branch')).toBe('## main...origin/main');
    const matrix = await git.statusMatrix({ fs, dir });
    expect(matrix.length).toBeGreaterThan(5);
    expect(matrix.filter(([, ...sides]) => sides.join() !== '1,1,1')).toEqual([]);
    expect(heard).toEqual(['0'.repeat(40), await run('rev-parse', 'HEAD'), 'branch']);
    expect(progress).toContain('Updating workdir');
    await expectSoundRepository(dir);
  });

  it('of one branch, of some commits, and without a checkout, is what isomorphic-git makes', async () => {
    await git.clone({ ...bound(), ref: 'older', singleBranch: true, depth: 2 });
    expect(await run('status', '--porcelain', '--branch')).toBe('## older...origin/older');
    expect(await run('rev-list', '--count', 'HEAD')).toBe('2');
    dir = await temporaryDirectory();
    await git.clone({ ...bound(), noCheckout: true });
    expect(await readdir(dir)).toEqual(['.git']);
  });

  it('of a repository with a path that must not be written has all that was fetched, and rejects', async () => {
    const blob = await realGit(['--git-dir', gitDir, 'hash-object', '-w', '--stdin'], {
      input: 'x',
    });
    const bytes = Buffer.concat([Buffer.from('100644 .git\0'), Buffer.from(blob, 'hex')]);
    const make = ['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'];
    const tree = await realGit(['--git-dir', gitDir, ...make], { input: bytes });
    const commit = await realGit(['--git-dir', gitDir, 'commit-tree', tree, '-m', 'Evil']);
    await realGit(['--git-dir', gitDir, 'update-ref', 'refs/heads/evil', commit]);
    try {
      const cloned = git.clone({ ...bound(), ref: 'evil' });
      await expect(cloned).rejects.toMatchObject({
        code: 'UnsafeFilepathError',
        data: { filepath: '.git' },
      });
      expect(await run('rev-parse', 'HEAD')).toBe(commit);
      expect(await readdir(dir)).toEqual(['.git']);
      await git.checkout({ fs, dir, ref: 'main' });
      expect(await run('status', '--porcelain', '--branch')).toBe('## main...origin/main');
    } finally {
      await realGit(['--git-dir', gitDir, 'update-ref', '-d', 'refs/heads/evil']);
    }
  });

  it('of an empty repository has no working tree and no error', async () => {
    const root = await temporaryDirectory();
    await realGit(['init', '-q', '--bare', join(root, 'empty.git')]);
    const server = await startServer({ root });
    await git.clone({ ...bindRepository({ fs, dir, url: `${server.url}/empty.git` }) });
    expect(await readdir(dir)).toEqual(['.git']);
  });
});

describe('checkout', () => {
  beforeEach(async () => {
    await git.clone({ ...bound() });
  });

  it('of a branch of the remote makes one of the same name that follows it', async () => {
    await git.checkout({ fs, dir, ref: 'older' });
    expect(await run('status', '--porcelain', '--branch')).toBe('## older...origin/older');
    await git.checkout({ fs, dir, ref: 'main' });
    expect(await run('status', '--porcelain', '--branch')).toBe('## main...origin/main');
  });

  it('of a tag and of an oid leaves HEAD detached, at the commit', async () => {
    for (const ref of ['v1', await run('rev-parse', 'main~5')]) {
      await git.checkout({ fs, dir, ref });
      expect(await run('rev-parse', 'HEAD')).toBe(await run('rev-parse', `${ref}^{commit}`));
      expect(await run('status', '--porcelain', '--branch')).toBe('## HEAD (no branch)');
    }
  });

  it('takes the branch where a tag has the same name, as git does', async () => {
    await run('branch', 'both', 'origin/both');
    await git.checkout({ fs, dir, ref: 'both' });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/both');
    expect(await run('status', '--porcelain')).toBe('');
  });

  it('that is refused has moved nothing, and rejects with isomorphic-git’s own error', async () => {
    const [path = ''] = (await run('diff', '--name-only', 'main', 'origin/older')).split('\n');
    await writeFile(join(dir, path), 'mine');
    const before = await readFile(join(dir, '.git/index'));
    const refused = git.checkout({ fs, dir, ref: 'older' });
    await expect(refused).rejects.toBeInstanceOf(Errors.CheckoutConflictError);
    await expect(refused).rejects.toMatchObject({ data: { filepaths: [path] } });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await run('branch', '--list', 'older')).toBe('');
    expect(await readFile(join(dir, path), 'utf8')).toBe('mine');
    expect(await readFile(join(dir, '.git/index'))).toEqual(before);
    await git.checkout({ fs, dir, ref: 'older', force: true });
    expect(await run('status', '--porcelain', '--branch')).toBe('## older...origin/older');
  });

  it('of what is not there rejects as isomorphic-git does', async () => {
    await expect(git.checkout({ fs, dir, ref: 'nowhere' })).rejects.toMatchObject({
      code: 'NotFoundError',
    });
    await expect(git.checkout({ fs, dir, ref: '1'.repeat(40) })).rejects.toMatchObject({
      code: 'CommitNotFetchedError',
    });
  });

  it('of single files is isomorphic-git’s', async () => {
    const [path = ''] = (await run('ls-files')).split('\n');
    await writeFile(join(dir, path), 'mine');
    await git.checkout({ fs, dir, filepaths: [path], force: true });
    expect(await run('status', '--porcelain')).toBe('');
  });

  it('leaves HEAD where that is asked for', async () => {
    await git.checkout({ fs, dir, ref: 'v1', noUpdateHead: true });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await run('diff', '--name-only', 'v1')).toBe('');
  });

  it('leaves HEAD to others who change it meanwhile', async () => {
    const before = await run('rev-parse', 'main');
    const promises = {
      ...nodeFs.promises,
      writeFile: async (...given: Parameters<typeof nodeFs.promises.writeFile>) => {
        await nodeFs.promises.writeFile(...given);
        const [path] = given;
        const isIndex = typeof path === 'string' && path.includes('index');
        if (isIndex) await run('symbolic-ref', 'HEAD', 'refs/heads/other');
      },
    };
    const moved = git.checkout({ fs: { promises }, dir, ref: 'older' });
    await expect(moved).rejects.toMatchObject({ code: 'REF_CHANGED', data: { ref: 'HEAD' } });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/other');
    expect(await run('for-each-ref', '--format=%(refname)', 'refs/heads/older')).toBe('');
    expect(await run('rev-parse', 'main')).toBe(before);
  });

  it('is not done where the file system says that it wrote HEAD, and did not', async () => {
    const promises = {
      ...nodeFs.promises,
      rename: async (...given: Parameters<typeof nodeFs.promises.rename>) => {
        if (!String(given[1]).endsWith('/HEAD')) await nodeFs.promises.rename(...given);
      },
    };
    const moved = git.checkout({ fs: { promises }, dir, ref: 'older' });
    await expect(moved).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
  });

  it('and a commit of isomorphic-git’s go on from each other', async () => {
    const cache = {};
    await git.checkout({ fs, dir, ref: 'older', cache });
    await writeFile(join(dir, 'mine.txt'), 'mine');
    await git.add({ fs, dir, filepath: 'mine.txt', cache });
    const author = { name: 'Ann', email: 'ann@example.com' };
    await git.commit({ fs, dir, message: 'Mine', author, cache });
    await git.checkout({ fs, dir, ref: 'main', cache });
    expect(await git.listFiles({ fs, dir, cache })).not.toContain('mine.txt');
    await git.checkout({ fs, dir, ref: 'older', cache });
    expect(await run('status', '--porcelain')).toBe('');
    expect(await readFile(join(dir, 'mine.txt'), 'utf8')).toBe('mine');
  });
});

it.each([false, true])(
  'a checkout whose signal has fired before rejects, also where nothing is to be written (noCheckout: %s)',
  async (noCheckout) => {
    await git.clone({ fs, dir, url });
    const signal = AbortSignal.abort();
    const ref = noCheckout ? 'older' : 'main';
    await expect(git.checkout({ fs, dir, ref, noCheckout, signal })).rejects.toMatchObject({
      code: 'UserCanceledError',
    });
    expect(await run('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(await run('status', '--porcelain')).toBe('');
  },
);
