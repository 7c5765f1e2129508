import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGitServer } from '../../../server/index.js';
import { checkHooksParent, HookDirectories } from '../../../server/hooks/directory.js';
import { foldsNames } from '../../../server/hooks/own-hooks.js';
import type { HookSet } from '../../../server/hooks/scripts.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { ProtectedRepository } from './protected-repository.js';

const judging: HookSet = { judging: true, own: new Set() };
const isRoot = process.getuid?.() === 0;

async function modeOf(path: string): Promise<string> {
  return ((await lstat(path)).mode & 0o7777).toString(8);
}

describe('directories of hooks', () => {
  test('can be read and written by nobody else, and hooks by nobody at all', async () => {
    const parent = await temporaryDirectory();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    const directory = await new HookDirectories(parent).directoryFor(judging);
    process.umask(umask);
    expect(await modeOf(directory)).toBe('700');
    expect(await modeOf(dirname(directory))).toBe('700');
    expect(await readdir(directory)).toEqual(['pre-receive', 'update']);
    for (const hook of ['pre-receive', 'update'])
      expect(await modeOf(join(directory, hook))).toBe('500');
  });

  test('are made once for each set of hooks', async () => {
    const parent = await temporaryDirectory();
    const directories = new HookDirectories(parent);
    const own = new Set(['update', 'post-receive'] as const);
    const sets: HookSet[] = [judging, { judging: true, own }, { judging: false, own }];
    const made = await Promise.all(
      [...sets, ...sets].map((hooks) => directories.directoryFor(hooks)),
    );
    const turned = new Set(['post-receive', 'update'] as const);
    made.push(await directories.directoryFor({ judging: false, own: turned }));
    expect(new Set(made).size).toBe(3);
    expect(await readdir(dirname(made[0] ?? ''))).toHaveLength(3);
    expect(await readdir(made[1] ?? '')).toEqual(['post-receive', 'pre-receive', 'update']);
    expect(await readdir(made[2] ?? '')).toEqual(['post-receive', 'update']);
  });

  test('are gone when the server is', async () => {
    const parent = await temporaryDirectory();
    const directories = new HookDirectories(parent);
    await directories.directoryFor(judging);
    await directories.remove();
    expect(await readdir(parent)).toEqual([]);
    await directories.remove();
  });
});

describe('a rule is not lost with its hook, which git would pass over without a word', () => {
  test.each([
    ['a hook', (directory: string) => join(directory, 'update')],
    ['the directory', (directory: string) => directory],
    ['the directory of all', (directory: string) => dirname(directory)],
  ])('where a cleaner of temporary files has removed %s', async (_, what) => {
    const directories = new HookDirectories(await temporaryDirectory());
    const before = await directories.directoryFor(judging);
    await rm(what(before), { recursive: true });
    const after = await directories.directoryFor(judging);
    expect((await readdir(after)).sort()).toEqual(['pre-receive', 'update']);
  });

  test('where somebody has made it a file that cannot be run', async () => {
    const directories = new HookDirectories(await temporaryDirectory());
    const directory = await directories.directoryFor(judging);
    await chmod(join(directory, 'update'), 0o400);
    await directories.directoryFor(judging);
    expect(await modeOf(join(directory, 'update'))).toBe('500');
  });

  test('and its hooks look new at each push, so that no cleaner takes them', async () => {
    const directories = new HookDirectories(await temporaryDirectory());
    const hook = join(await directories.directoryFor(judging), 'update');
    const longAgo = new Date('2001-01-01');
    await utimes(hook, longAgo, longAgo);
    await directories.directoryFor(judging);
    expect((await stat(hook)).mtime.getFullYear()).toBeGreaterThan(2001);
  });

  test.runIf(isRoot && canMount())(
    'where the file system is mounted noexec: the push is refused',
    async () => {
      const parent = await temporaryDirectory();
      mountNoExec(parent);
      onTestFinished(() => void execFileSync('umount', [parent]));
      const directories = new HookDirectories(parent);
      await expect(directories.directoryFor(judging)).rejects.toThrow('noexec');
      await expect(directories.directoryFor(judging)).rejects.toThrow('noexec');
    },
  );

  test('where there is no place for it: the push is refused', async () => {
    const parent = join(await temporaryDirectory(), 'missing');
    const directories = new HookDirectories(parent);
    await expect(directories.directoryFor(judging)).rejects.toThrow('ENOENT');
    await mkdir(parent);
    await directories.directoryFor(judging);
  });
});

describe('a server that could not run its hooks', () => {
  const named = { code: 'INVALID_OPTION', data: { option: 'hooksParent' } };

  function start(hooksParent: string | undefined, allowPush = true): void {
    void createGitServer({ root: '.', allowPush, hooksParent }).close();
  }

  async function missing(): Promise<string> {
    return join(await temporaryDirectory(), 'missing');
  }

  test('does not start, and names the directory', async () => {
    const parent = await missing();
    expect(() => {
      start(parent);
    }).toThrow(
      expect.objectContaining({
        ...named,
        message: expect.stringContaining(`${parent}: it cannot`),
      }),
    );
  });

  test.runIf(isRoot && canMount())(
    'does not start on a file system mounted noexec, and leaves nothing there',
    async () => {
      const parent = await temporaryDirectory();
      mountNoExec(parent);
      onTestFinished(() => void execFileSync('umount', [parent]));
      expect(() => {
        start(parent);
      }).toThrow(expect.objectContaining({ ...named, message: expect.stringMatching('noexec') }));
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test('looks where the temporary files are, if it is not told another place', async () => {
    const before = process.env['TMPDIR'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    const parent = await temporaryDirectory();
    process.env['TMPDIR'] = await missing();
    expect(() => {
      start(undefined);
    }).toThrow(expect.objectContaining(named));
    start(parent);
  });

  test('starts where nobody can push: there will be no hooks', async () => {
    start(await missing(), false);
  });

  test('leaves nothing where they can be run', async () => {
    const parent = await temporaryDirectory();
    checkHooksParent(parent);
    expect(await readdir(parent)).toEqual([]);
  });
});

function mountNoExec(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'noexec,size=1m', 'tmpfs', path], {
    stdio: 'ignore',
  });
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

describe('hooks cannot be planted', () => {
  test('by what a push brings', async () => {
    const repository = await ProtectedRepository.make({ 'refs/heads/forbidden': [] });
    const marker = join(repository.directory, 'planted');
    const { clone } = repository;
    for (const name of ['hooks/update', 'update', 'config']) {
      await mkdir(dirname(join(clone, name)), { recursive: true });
      await writeFile(join(clone, name), `#!/bin/sh\ntouch "${marker}"\n`, { mode: 0o755 });
    }
    await repository.commitAll('hooks in the tree');
    await repository.push('main', 'main:refs/hooks/update', 'main:refs/heads/hooks/update');
    await repository.push('main:refs/heads/x');
    await expect(stat(marker)).rejects.toThrow('ENOENT');
  });
});

test('a file system that folds names is found out by its own behaviour', async () => {
  const gitDir = await temporaryDirectory();
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/main\n');
  expect(await foldsNames(gitDir)).toBe(process.platform !== 'linux');
  // As on a file system where both are one file.
  await writeFile(join(gitDir, 'hEAD'), 'ref: refs/heads/main\n');
  expect(await foldsNames(gitDir)).toBe(true);
});
