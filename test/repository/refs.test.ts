/** Refs that are read and changed, with git as the oracle. */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { updateRefs, packedFrom, type RefChange } from '../../src/repository/ref-update.js';
import { Refs } from '../../src/repository/refs.js';
import { promisesOf, type PromiseFileSystem } from '../../src/storage/file-system.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let gitdir: string;
let refs: Refs;
let [one, other, tag]: string[] = [];
const plain = promisesOf({ promises: fs });

const run = (...args: string[]) => git(['--git-dir', gitdir, ...args]);
const update = (changes: RefChange[], using: PromiseFileSystem = plain) =>
  updateRefs(using, gitdir, changes);
const listed = async () =>
  (await run('for-each-ref', '--format=%(refname) %(objectname)')).split('\n').filter(Boolean);

beforeEach(async () => {
  gitdir = join(await temporaryDirectory(), 'x.git');
  await makeRepository(gitdir, { commits: 4, files: 2, branches: [], tags: false });
  await run('tag', '-a', '-m', 'One', 'v1', 'main~1');
  [one, other, tag] = (await run('rev-parse', 'main', 'main~1', 'v1')).split('\n');
  refs = new Refs(plain, gitdir);
});

describe('refs', () => {
  it('are read out of files and out of packed-refs, as git reads them', async () => {
    await run('pack-refs', '--all');
    await run('update-ref', 'refs/heads/feature/x', other ?? '');
    await run('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    await fs.writeFile(join(gitdir, 'refs/heads/broken'), 'nothing\n');
    expect(await refs.read('HEAD')).toEqual({ symbolic: 'refs/heads/main' });
    expect(await refs.resolve('HEAD')).toEqual({ name: 'refs/heads/main', oid: one });
    expect(Object.fromEntries(await refs.list('refs/'))).toEqual({
      'refs/heads/main': { oid: one },
      'refs/heads/feature/x': { oid: other },
      'refs/tags/v1': { oid: tag },
      'refs/remotes/origin/HEAD': { symbolic: 'refs/remotes/origin/main' },
    });
    expect([...(await refs.list('refs/heads/feature/')).keys()]).toEqual(['refs/heads/feature/x']);
    expect(await refs.read('refs/heads/none')).toBeUndefined();
    expect(await refs.resolve('refs/remotes/origin/HEAD')).toMatchObject({ oid: undefined });
  });

  it('are made, moved and removed, those in packed-refs too', async () => {
    await run('pack-refs', '--all');
    await update([
      { name: 'refs/heads/new/deep', old: null, value: { oid: one ?? '' } },
      { name: 'refs/heads/main', old: { oid: one ?? '' }, value: { oid: other ?? '' } },
      { name: 'refs/tags/v1', old: { oid: tag ?? '' }, value: undefined },
    ]);
    expect(await listed()).toEqual([`refs/heads/main ${other}`, `refs/heads/new/deep ${one}`]);
    await update([{ name: 'refs/heads/new/deep', value: undefined }]);
    expect(await listed()).toEqual([`refs/heads/main ${other}`]);
    await expect(fs.readdir(join(gitdir, 'refs/heads/new'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await run('fsck', '--strict');
  });

  it('go into packed-refs where they are many, with what tags stand for', async () => {
    await run('update-ref', 'refs/heads/n1', other ?? '');
    const many = Array.from({ length: packedFrom }, (_, n) => ({
      name: `refs/heads/n${n}`,
      value: { oid: one ?? '' },
    }));
    const peeled = { name: 'refs/tags/v2', value: { oid: tag ?? '' }, peeled: other };
    await update([...many, peeled, { name: 'refs/heads/größe', value: { oid: one ?? '' } }]);
    expect(await listed()).toContain(`refs/heads/n1 ${one}`);
    expect(await listed()).toHaveLength(packedFrom + 4);
    expect(await run('show-ref', '--dereference', 'v2')).toContain(`${other} refs/tags/v2^{}`);
    const before = await fs.readFile(join(gitdir, 'packed-refs'), 'utf8');
    await run('pack-refs', '--all');
    const lines = (text: string) => text.split('\n').filter((line) => /n\d+$|größe/.test(line));
    expect(lines(await fs.readFile(join(gitdir, 'packed-refs'), 'utf8'))).toEqual(lines(before));
    expect(await fs.readdir(join(gitdir, 'refs/heads'))).not.toContain('n0');
  });

  it.each<[string, () => RefChange]>([
    [
      'says something else',
      () => ({ name: 'refs/heads/main', old: { oid: other ?? '' }, value: { oid: tag ?? '' } }),
    ],
    ['is there already', () => ({ name: 'refs/tags/v1', old: null, value: { oid: one ?? '' } })],
    [
      'is gone',
      () => ({ name: 'refs/heads/no', old: { oid: one ?? '' }, value: { oid: other ?? '' } }),
    ],
  ])('stay as they are, all of them, where one %s', async (_, change) => {
    const before = await listed();
    const sound = { name: 'refs/heads/sound', value: { oid: one ?? '' } };
    await expect(update([sound, change()])).rejects.toMatchObject({ code: 'REF_CHANGED' });
    expect(await listed()).toEqual(before);
  });

  it('are no quarrel where somebody else has done the same', async () => {
    await update([
      { name: 'refs/heads/main', old: { oid: other ?? '' }, value: { oid: one ?? '' } },
    ]);
    expect(await listed()).toContain(`refs/heads/main ${one}`);
  });

  it.each([
    ['a file', false],
    ['packed-refs', true],
  ])('make no room for each other: x and x/y, in %s', async (_, isPacked) => {
    await run('update-ref', 'refs/heads/x/y', one ?? '');
    if (isPacked) await run('pack-refs', '--all');
    const value = { oid: one ?? '' };
    const conflict = { code: 'REF_CONFLICT' };
    await expect(update([{ name: 'refs/heads/x', value }])).rejects.toMatchObject(conflict);
    await expect(update([{ name: 'refs/heads/x/y/z', value }])).rejects.toMatchObject(conflict);
    const both = [
      { name: 'refs/heads/a', value },
      { name: 'refs/heads/a/b', value },
    ];
    await expect(update(both)).rejects.toMatchObject(conflict);
    await run('update-ref', '-d', 'refs/heads/x/y');
    await fs.mkdir(join(gitdir, 'refs/heads/x/empty'), { recursive: true });
    await update([{ name: 'refs/heads/x', value }]);
    expect(await listed()).toContain(`refs/heads/x ${one}`);
  });

  it('wait for the lock of another program, and say which one it is', async () => {
    const lock = join(gitdir, 'refs/heads/main.lock');
    await fs.writeFile(lock, '');
    const change = { name: 'refs/heads/main', value: { oid: other ?? '' } };
    await expect(update([change])).rejects.toMatchObject({
      code: 'REF_LOCKED',
      data: { ref: 'refs/heads/main', path: lock },
    });
    const waiting = update([change]);
    await fs.unlink(lock);
    await waiting;
    expect(await run('rev-parse', 'main')).toBe(other);
  });

  it.each([1, 2, 3, 4])(
    'are all as they were where the file system fails in write %d',
    async (which) => {
      let writes = 0;
      const failing = {
        ...plain,
        writeFile: async (path: string, bytes: Uint8Array) => {
          writes += 1;
          // A file system may reject with nothing.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          if (writes === which) return Promise.reject(null);
          return plain.writeFile(path, bytes);
        },
      };
      const before = await listed();
      const changes = ['a', 'b', 'c', 'd'].map((name) => ({
        name: `refs/heads/${name}`,
        value: { oid: one ?? '' },
      }));
      await expect(update(changes, failing)).rejects.toBeNull();
      expect(await listed()).toEqual(before);
      expect(
        (await fs.readdir(join(gitdir, 'refs/heads'))).filter((name) => name.includes('lock')),
      ).toEqual([]);
    },
  );

  it('are not taken for written where the file system has written less', async () => {
    const lying = {
      ...plain,
      writeFile: (path: string) => plain.writeFile(path, new Uint8Array(0)),
    };
    const change = { name: 'refs/heads/main', value: { oid: other ?? '' } };
    await expect(update([change], lying)).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    expect(await run('rev-parse', 'main')).toBe(one);
  });

  it('are not taken for removed where the file system has removed nothing', async () => {
    const removing = (name: string) => ({ name, value: undefined });
    const lying = { ...plain, unlink: () => Promise.resolve() };
    const before = await listed();
    const failed = { code: 'FILE_SYSTEM_FAILED' };
    await expect(update([removing('refs/tags/v1')], lying)).rejects.toMatchObject(failed);
    expect(await listed()).toEqual(before);
  });

  it.each([true, false])(
    'are not taken for removed where packed-refs stays as it is, renaming: %s',
    async (canRename) => {
      await run('pack-refs', '--all');
      const before = await listed();
      const nothing = () => Promise.resolve();
      const lies = canRename ? { rename: nothing } : { rename: undefined, writeFile: nothing };
      const change = { name: 'refs/tags/v1', value: undefined };
      await expect(update([change], { ...plain, ...lies })).rejects.toMatchObject({
        code: 'FILE_SYSTEM_FAILED',
      });
      expect(await listed()).toEqual(before);
    },
  );
});
