/**
 * What is not known for want of descriptors, rights or a sound disk is not "no": where a protection or
 * a repository's hook hangs on the answer, nothing goes on.
 */
import type * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { initRepository } from '../../bin/commands/init.js';
import { HookDirectories } from '../../server/hooks/directory.js';
import { findOwnHooks, foldsNames } from '../../server/hooks/own-hooks.js';
import { ownWords } from '../../server/text/own-paths.js';
import { listRepositories } from '../../server/git/repository-list.js';
import { git, gitBytes } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** What fails with what: calls by their name and the end of their path. */
let fault: { readonly call: string; readonly path: string; readonly code: string } | undefined;

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  const calls = ['access', 'lstat', 'stat', 'readFile', 'opendir', 'utimes', 'realpath'] as const;
  const faulty = calls.map((name) => {
    const call = real[name] as (path: string, ...rest: unknown[]) => Promise<unknown>;
    return [
      name,
      (path: string, ...rest: unknown[]) =>
        fault?.call.split(' ').includes(name) === true && path.endsWith(fault.path)
          ? Promise.reject(Object.assign(new Error(fault.code), { code: fault.code }))
          : call(path, ...rest),
    ];
  });
  return { ...real, ...Object.fromEntries(faulty) } as typeof fs;
});

const unknown = ['EMFILE', 'ENFILE', 'EIO', 'ENOMEM'];
const judging = { judging: true, own: new Set<never>() };
let root: string;
let gitDir: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  gitDir = join(root, 'site.git');
  await git(['init', '-q', '--bare', gitDir]);
});

afterEach(() => {
  fault = undefined;
});

const askGit = (directory: string, args: readonly string[]): Promise<Uint8Array> =>
  gitBytes(args, { cwd: directory, env: { GIT_DIR: '.' } });

describe.each(unknown)('where the system says %s', (code) => {
  it("a repository's own hook is not taken for none", async () => {
    fault = { call: 'access', path: 'hooks/pre-receive', code };
    await expect(findOwnHooks(gitDir, askGit)).rejects.toMatchObject({ code });
  });

  it('a file system is not taken for one that tells names apart', async () => {
    fault = { call: 'lstat', path: 'hEAD', code };
    await expect(foldsNames(gitDir)).rejects.toMatchObject({ code });
  });

  it('hooks that are there are not made again elsewhere, and the push does not begin', async () => {
    const { readdir } = await vi.importActual<typeof fs>('node:fs/promises');
    const parent = await temporaryDirectory();
    const directories = new HookDirectories(parent);
    await directories.directoryForPush(judging);
    const before = await readdir(parent);
    fault = { call: 'access', path: '', code };
    await expect(directories.directoryForPush(judging)).rejects.toMatchObject({ code });
    fault = { call: 'access', path: before[0] ?? '', code };
    await expect(directories.directoryForPush(judging)).rejects.toMatchObject({ code });
    fault = undefined;
    await directories.directoryForPush(judging);
    expect(await readdir(parent)).toEqual(before);
    await directories.remove();
    expect(await readdir(parent)).toEqual([]);
  });

  it("paths of the server's that are not known are not left in what git says", async () => {
    const place = { repository: { gitDir, root }, name: 'site', root };
    fault = { call: 'readFile', path: 'info/alternates', code };
    await expect(ownWords(place)).rejects.toMatchObject({ code });
  });

  it('a list of repositories is not short without a word', async () => {
    const bounds = { maxListed: 10, maxListScan: 10 };
    fault = { call: 'lstat', path: 'site.git/HEAD', code };
    await expect(listRepositories(root, bounds)).rejects.toMatchObject({ code });
  });

  it('no repository is made inside of what may be one', async () => {
    fault = { call: 'stat', path: 'team/HEAD', code };
    await expect(initRepository(root, 'team/new', 'main')).rejects.toMatchObject({ code });
  });
});

describe('where the system says EACCES', () => {
  it('of a directory of hooks, none of them is passed over', async () => {
    fault = { call: 'access stat', path: 'hooks/update', code: 'EACCES' };
    await expect(findOwnHooks(gitDir, askGit)).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('of what may be a repository in the list, the others are listed', async () => {
    await git(['init', '-q', '--bare', join(root, 'other.git')]);
    fault = { call: 'lstat', path: 'site.git/HEAD', code: 'EACCES' };
    const { names } = await listRepositories(root, { maxListed: 10, maxListScan: 10 });
    expect(names).toEqual(['other.git']);
  });
});
