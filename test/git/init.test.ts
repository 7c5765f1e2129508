/** What a clone's configuration says of the file system, and what native git makes of that. */
import * as fs from 'node:fs';
import { chmod, lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let url: string;

beforeAll(async () => {
  const root = await temporaryDirectory();
  const { gitDir } = await makeRepository(join(root, 'site.git'));
  const work = await temporaryDirectory();
  const run = (...args: string[]) => realGit(args, { cwd: work });
  await realGit(['clone', '-q', gitDir, work]);
  await fs.promises.symlink('a-target', join(work, 'a-link'));
  await fs.promises.writeFile(join(work, 'a-file'), '');
  await run('add', '.');
  await run('commit', '-q', '-m', 'A link');
  await run('push', '-q', 'origin', 'HEAD');
  url = `${(await startServer({ root })).url}/site.git`;
});

/** Node's, with some functions replaced. */
function fsWith(changes: object): typeof fs {
  return { promises: { ...fs.promises, ...changes } } as unknown as typeof fs;
}

async function coreOf(dir: string): Promise<string[]> {
  const text = await realGit(['config', '--local', '--get-regexp', '^core\\.'], { cwd: dir });
  return text.split('\n').sort();
}

const usual = ['core.bare false', 'core.logallrefupdates true', 'core.repositoryformatversion 0'];

describe('the configuration of a clone', () => {
  it('is that of native git', async () => {
    const [dir, expected] = [await temporaryDirectory(), await temporaryDirectory()];
    await git.clone({ fs, dir, url });
    await realGit(['init', '-q', expected]);
    expect(await coreOf(dir)).toEqual(await coreOf(expected));
    const names = await fs.promises.readdir(join(dir, '.git'));
    expect(names.filter((name) => name.startsWith('gitws'))).toEqual([]);
  });

  it('lets native git see a changed executable bit, and write links as links', async () => {
    const dir = await temporaryDirectory();
    await git.clone({ fs, dir, url });
    await rm(join(dir, 'a-link'));
    await realGit(['checkout', '-q', 'a-link'], { cwd: dir });
    expect((await lstat(join(dir, 'a-link'))).isSymbolicLink()).toBe(true);
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
    const rows = await git.statusMatrix({ fs, dir });
    expect(rows.filter(([, head, work, stage]) => head !== 1 || work !== 1 || stage !== 1)).toEqual(
      [],
    );
    await chmod(join(dir, 'a-file'), 0o755);
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('M a-file');
  });

  it('says where a file system keeps no executable bits', async () => {
    const dir = await temporaryDirectory();
    const writeFile = (path: string, bytes: Uint8Array) => fs.promises.writeFile(path, bytes);
    await git.clone({ fs: fsWith({ writeFile }), dir, url });
    expect(await coreOf(dir)).toEqual([...usual, 'core.filemode false'].sort());
  });

  it('says where a file system has no symbolic links', async () => {
    const dir = await temporaryDirectory();
    const symlink = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOSYS' }));
    await git.clone({ fs: fsWith({ symlink }), dir, url });
    expect(await coreOf(dir)).toEqual(
      [...usual, 'core.filemode true', 'core.symlinks false'].sort(),
    );
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
  });

  it('says where names that differ by case are one', async () => {
    const dir = await temporaryDirectory();
    const lstatFolding = (path: string) => fs.promises.lstat(path.replace('/hEaD', '/HEAD'));
    await git.clone({ fs: fsWith({ lstat: lstatFolding }), dir, url });
    expect(await coreOf(dir)).toEqual(
      [...usual, 'core.filemode true', 'core.ignorecase true'].sort(),
    );
  });

  it('is left as it is where there was a repository', async () => {
    const dir = await temporaryDirectory();
    await realGit(['init', '-q', '-b', 'main', dir]);
    await realGit(['config', 'core.symlinks', 'false'], { cwd: dir });
    const before = await coreOf(dir);
    await git.clone({ fs, dir, url });
    expect(await coreOf(dir)).toEqual(before);
  });
});
