/** A file system that keeps no executable bits and has no links, as Windows’: git is asked with the same settings. */
import * as nodeFs from 'node:fs';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const author = { name: 'Ann', email: 'ann@example.com' };

/** Node's, where every file looks the same and nothing is a link. */
const fs = {
  promises: {
    ...nodeFs.promises,
    writeFile: async (path: string, bytes: Uint8Array, options?: { mode?: number } | string) => {
      const others = typeof options === 'string' ? options : { ...options, mode: 0o644 };
      return nodeFs.promises.writeFile(path, bytes, others as object);
    },
    symlink: async () => {
      await Promise.reject(Object.assign(new Error('not permitted'), { code: 'EPERM' }));
    },
  },
};

let url: string;
let dir: string;

const run = (...args: string[]) => realGit(args, { cwd: dir });

beforeAll(async () => {
  const root = await temporaryDirectory();
  const work = join(root, 'work');
  const at = (...args: string[]) => realGit(args, { cwd: work });
  await realGit(['init', '-q', '-b', 'main', work]);
  await writeFile(join(work, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(work, 'run.sh'), 0o755);
  await symlink('run.sh', join(work, 'link'));
  await mkdir(join(work, 'docs'));
  await writeFile(join(work, 'docs/text'), 'one\n');
  await at('add', '-A');
  await at('commit', '-q', '-m', 'One');
  await at('branch', 'older');
  await rename(join(work, 'link'), join(work, 'moved'));
  await writeFile(join(work, 'run.sh'), '#!/bin/sh\necho two\n');
  await at('add', '-A');
  await at('commit', '-q', '-m', 'Two');
  await realGit(['clone', '-q', '--bare', work, join(root, 'site.git')]);
  ({ url } = await startServer({ root, allowPush: true }));
  url += '/site.git';
  dir = await temporaryDirectory();
  await git.clone({ fs, dir, url });
});

describe('where a file system keeps no executable bits and has no links', () => {
  it('a clone is clean, and git says so', async () => {
    expect(await run('config', 'core.filemode')).toBe('false');
    expect(await run('config', 'core.symlinks')).toBe('false');
    expect(await run('status', '--porcelain')).toBe('');
    expect(await run('ls-files', '-s')).toBe(
      await run('ls-tree', '-r', '--format=%(objectmode) %(objectname) 0\t%(path)', 'HEAD'),
    );
  });

  it('other branches are checked out, there and back', async () => {
    for (const [ref, modes] of [
      ['older', '100644 docs/text,120000 link,100755 run.sh'],
      ['main', '100644 docs/text,120000 moved,100755 run.sh'],
    ] as const) {
      await git.checkout({ fs, dir, ref });
      expect(await run('status', '--porcelain')).toBe('');
      const listed = await run('ls-files', '--format=%(objectmode) %(path)');
      expect(listed.split('\n').join()).toBe(modes);
    }
  });

  it('what is changed there is seen, and in the way', async () => {
    await writeFile(join(dir, 'moved'), 'elsewhere');
    await expect(git.checkout({ fs, dir, ref: 'older' })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['moved'] },
    });
    await git.checkout({ fs, dir, ref: 'main', force: true });
    expect(await run('status', '--porcelain')).toBe('');
  });

  it('what is added and committed keeps its mode', async () => {
    await writeFile(join(dir, 'run.sh'), '#!/bin/sh\necho three\n');
    await writeFile(join(dir, 'moved'), 'docs/text');
    await writeFile(join(dir, 'new.sh'), '#!/bin/sh\n');
    await git.add({ fs, dir, filepath: ['run.sh', 'new.sh'] });
    await git.add({ fs, dir, filepath: '.' });
    await git.updateIndex({ fs, dir, filepath: 'docs/text' });
    await git.commit({ fs, dir, message: 'Three', author });
    const listed = await run('ls-tree', '-r', '--format=%(objectmode) %(path)', 'HEAD');
    expect(listed.split('\n')).toEqual([
      '100644 docs/text',
      '120000 moved',
      '100644 new.sh',
      '100755 run.sh',
    ]);
    expect(await run('cat-file', 'blob', 'HEAD:moved')).toBe('docs/text');
    expect(await run('status', '--porcelain')).toBe('');
    await expectSoundRepository(dir);
  });
});
