/** `stash` of gitws/git in a clone that lacks blobs, held against native git's in a copy of it. */
import * as fs from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import git from '../../src/git/index.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { put } from './merge-ground.js';
import { copyRemote, templateOf } from './own-remote.js';
import { expectSame, run, stash, withLines, type Own } from './stash-ground.js';

let root: string;
let base: string;
let template: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  base = (await startServer({ root })).url;
  const work = await temporaryDirectory();
  await run(work, 'init', '-q', '-b', 'main');
  const files = { 'a.txt': withLines({}), 'gone.txt': 'gone\n', 'same.txt': 'same\n' };
  await put(work, { ...files, 'folder/gone.txt': 'gone, too\n' });
  await run(work, 'add', '-A');
  await run(work, 'commit', '-q', '-m', 'First');
  await put(work, { 'a.txt': withLines({ 1: 'next' }), 'gone.txt': null, folder: null });
  await put(work, { 'new.txt': 'new\n' });
  await run(work, 'add', '-A');
  await run(work, 'commit', '-q', '-m', 'Next');
  template = await templateOf(work);
});

/** Where the first commit is HEAD, whose files are not here: those of the next one are staged. */
async function makePartial() {
  const { bare, url, dir, expected } = await copyRemote(template, root, base);
  await git.clone({ fs, dir, url, filter: 'blob:none' });
  await run(dir, 'reset', '-q', '--soft', 'HEAD~1');
  await cp(dir, expected, { recursive: true, preserveTimestamps: true });
  const asksFor = (where: string, address: string) =>
    run(where, 'config', 'remote.origin.url', address);
  // Native git knows no gitws here.
  await asksFor(expected, `file://${bare}`);
  const lacks = async (path: string): Promise<boolean> => {
    const oid = await run(dir, 'rev-parse', `origin/main~1:${path}`);
    const objects = ['rev-list', '--objects', '--all', '--missing=print'];
    return (await run(dir, ...objects)).includes(`?${oid}`);
  };
  /** Native git may ask for what is missing while it looks. */
  const expectAlike = async (): Promise<void> => {
    await asksFor(dir, `file://${bare}`);
    await expectSame(dir, expected);
    await asksFor(dir, url);
  };
  const inBoth = async (own: Own, native: string[]): Promise<void> => {
    await stash(dir, own);
    await run(expected, 'stash', ...native);
    await expectAlike();
  };
  const both = async (act: (where: string) => Promise<unknown>): Promise<void> => {
    await act(dir);
    await act(expected);
  };
  return { dir, expected, lacks, expectAlike, inBoth, both };
}

describe.concurrent('a stash where blobs are missing', () => {
  it('gets those of HEAD, and comes back, as with git', async () => {
    const { dir, lacks, inBoth, both } = await makePartial();
    await both((where) => put(where, { 'a.txt': withLines({ 1: 'next', 9: 'mine' }) }));
    for (const path of ['a.txt', 'gone.txt', 'folder/gone.txt']) {
      expect(await lacks(path)).toBe(true);
    }
    await inBoth({}, ['push', '-q']);
    expect(fs.readFileSync(join(dir, 'gone.txt'), 'utf8')).toBe('gone\n');
    await inBoth({ op: 'pop', restoreIndex: true }, ['pop', '-q', '--index']);
  });

  it('is merged where what it was based on is missing, as with git', async () => {
    const { dir, expected, lacks, inBoth, both } = await makePartial();
    await both((where) => put(where, { 'a.txt': withLines({ 9: 'mine' }) }));
    const oid = String(await stash(dir, { op: 'create' }));
    expect(await run(expected, 'stash', 'create')).toBe(oid);
    await both(async (where) => {
      await run(where, 'stash', 'store', '-q', oid);
      await run(where, 'reset', '-q', '--hard', 'origin/main');
    });
    expect(await lacks('a.txt')).toBe(true);
    await inBoth({ op: 'apply' }, ['apply', '-q']);
    expect(fs.readFileSync(join(dir, 'a.txt'), 'utf8')).toBe(withLines({ 1: 'next', 9: 'mine' }));
  });
});
