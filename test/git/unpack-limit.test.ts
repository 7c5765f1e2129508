/** What a fetch leaves of a pack: its objects, or the pack (`fetch.unpackLimit`), held against native git. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { smallPackBytes, unpackedBytes } from '../../src/repository/small-pack.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { copyRemote } from './own-remote.js';

let template: string;
let root: string;
let base: string;
let bare: string;
let url: string;
let dir: string;
let expected: string;

beforeAll(async () => {
  template = join(await temporaryDirectory(), 'site.git');
  await makeRepository(template, { commits: 12, files: 8 });
  root = await temporaryDirectory();
  base = (await startServer({ root })).url;
});

beforeEach(async () => {
  ({ bare, url, dir, expected } = await copyRemote(template, root, base));
  for (const cwd of [dir, expected]) await realGit(['clone', '-q', `file://${bare}`, cwd]);
});

const both = async (...args: string[]): Promise<void> => {
  for (const cwd of [dir, expected]) await realGit(args, { cwd });
};

/** Files of packs, and the objects that are files of their own. */
async function storedIn(cwd: string) {
  const objects = join(cwd, '.git/objects');
  const names = await readdir(objects, { recursive: true });
  return {
    packs: names.filter((name) => name.endsWith('.pack')).length,
    loose: names.filter((name) => /^[0-9a-f]{2}.[0-9a-f]{38}$/.test(name)).sort(),
    others: names.filter((name) => /tmp|promisor/.test(name)),
  };
}

/** Three objects more: a commit, its tree, and a file. */
async function commitOne(words?: string): Promise<void> {
  const commit = await commitUpstream(bare, 'main', 'one.txt', words);
  await realGit(['--git-dir', bare, 'update-ref', 'refs/heads/main', commit]);
}

/** A commit of a file that is somewhere else. */
async function commitFile(content: Uint8Array): Promise<void> {
  const work = join(await temporaryDirectory(), 'work');
  await realGit(['clone', '-q', bare, work]);
  await writeFile(join(work, 'large'), content);
  await realGit(['add', '-A'], { cwd: work });
  await realGit(['commit', '-q', '-m', 'Large'], { cwd: work });
  await realGit(['push', '-q', 'origin', 'main'], { cwd: work });
}

describe('a fetch of few objects', () => {
  it('leaves those that native git leaves, also where a thin pack was completed', async () => {
    await commitOne();
    await git.fetch({ fs, dir, url });
    await realGit(['fetch', '-q'], { cwd: expected });
    const stored = await storedIn(dir);
    expect(stored.loose).toHaveLength(3);
    expect(stored).toEqual(await storedIn(expected));
    await expectSoundRepository(dir);
  });

  it.each([
    ['fetch.unpackLimit=4', false],
    ['fetch.unpackLimit=3', true],
    ['transfer.unpackLimit=3', true],
    ['transfer.unpackLimit=1 fetch.unpackLimit=4', false],
    ['transfer.unpackLimit=3 fetch.unpackLimit=-1', true],
    ['fetch.unpackLimit=0', false],
    ['fetch.unpackLimit=1k', false],
  ])('with %s has a pack of its own: %s', async (settings, isPack) => {
    for (const setting of settings.split(' ')) await both('config', ...setting.split('='));
    await commitOne();
    await git.fetch({ fs, dir, url });
    await realGit(['fetch', '-q'], { cwd: expected });
    const { packs } = await storedIn(dir);
    expect(packs).toBe(isPack ? 2 : 1);
    // Of the two, git as of 2.43 takes the one for fetches, as it always said, and git before the other.
    const isToldApart = /transfer.*fetch.*=[0-9]/.test(settings);
    if (!isToldApart) expect((await storedIn(expected)).packs).toBe(packs);
    await expectSoundRepository(dir);
  });

  it('keeps a pack that is large, or whose objects are', async () => {
    await commitFile(randomBytes(smallPackBytes));
    await git.fetch({ fs, dir, url });
    expect((await storedIn(dir)).packs).toBe(2);
    await commitFile(new Uint8Array(unpackedBytes + 1));
    await git.fetch({ fs, dir, url });
    expect((await storedIn(dir)).packs).toBe(3);
    await expectSoundRepository(dir);
  });

  it('unpacks many where no number is too many, some at a time', async () => {
    await realGit(['config', 'fetch.unpackLimit', '0'], { cwd: dir });
    const work = join(await temporaryDirectory(), 'work');
    await realGit(['clone', '-q', bare, work]);
    for (let file = 0; file < 300; file += 1)
      await writeFile(join(work, `${file}`), `file ${file}`);
    await realGit(['add', '-A'], { cwd: work });
    await realGit(['commit', '-q', '-m', 'Many'], { cwd: work });
    await realGit(['push', '-q', 'origin', 'main'], { cwd: work });
    let open = 0;
    let most = 0;
    const counting = {
      promises: {
        ...fs.promises,
        writeFile: async (path: string, ...rest: [never]) => {
          most = Math.max(most, (open += 1));
          await fs.promises.writeFile(path, ...rest);
          open -= 1;
        },
      },
    };
    await git.fetch({ fs: counting, dir, url });
    const { packs, loose } = await storedIn(dir);
    expect([packs, loose.length]).toEqual([1, 302]);
    expect(most).toBeLessThanOrEqual(128);
    await expectSoundRepository(dir);
  });

  it('unpacks what a pull brings', async () => {
    await commitOne('Pulled');
    const author = { name: 'Grace', email: 'grace@example.com' };
    await git.pull({ fs, dir, url, author });
    expect(await storedIn(dir)).toMatchObject({ packs: 1, others: [] });
    expect(await realGit(['status', '--short'], { cwd: dir })).toBe('');
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: dir })).toBe(
      await realGit(['--git-dir', bare, 'rev-parse', 'main']),
    );
  });

  it('keeps the pack in a partial clone, with the word that the rest is promised', async () => {
    await both('config', 'remote.origin.promisor', 'true');
    await git.fetch({ fs, dir, url, filter: 'blob:none' });
    await commitOne();
    await git.fetch({ fs, dir, url });
    expect(await storedIn(dir)).toMatchObject({
      packs: 2,
      others: [expect.stringContaining('.promisor') as string],
    });
  });

  it('leaves nothing but what is whole where the file system fails', async () => {
    await commitOne();
    const before = await realGit(['rev-parse', 'origin/main'], { cwd: dir });
    let writes = 0;
    const failing = {
      promises: {
        ...fs.promises,
        writeFile: async (path: string, ...rest: [never]) => {
          if (path.includes('tmp_obj_') && ++writes === 2) throw new Error('full');
          return fs.promises.writeFile(path, ...rest);
        },
      },
    };
    await expect(git.fetch({ fs: failing, dir, url })).rejects.toThrow('full');
    expect(await realGit(['rev-parse', 'origin/main'], { cwd: dir })).toBe(before);
    expect((await storedIn(dir)).others).toEqual([]);
    await git.fetch({ fs, dir, url });
    await expectSoundRepository(dir);
  });
});
