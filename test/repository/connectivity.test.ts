/**
 * Whether all that new tips reach is there, down to the last blob: each object of a history is taken
 * away once, and `git rev-list --objects --not --all` says which of them matter.
 */
import * as nodeFs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkConnected } from '../../src/repository/connectivity.js';
import { PackIndex } from '../../src/pack/format/pack-index.js';
import type { AskedFor } from '../../src/repository/fetched-objects.js';
import type { ReadablePack } from '../../src/repository/packed-objects.js';
import { FaultyFs } from '../helpers/faulty-fs.js';
import { git, gitBytes, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { gitIndex, makePack, oidOf, packAll, plain } from '../pack/packs.js';

/** The server's, and one that has some of it. */
let remote: string;
let local: string;

const lines = async (dir: string, ...args: string[]): Promise<string[]> =>
  (await git(['--git-dir', dir, ...args])).split('\n').filter((line) => line !== '');
const objectsOf = async (dir: string, ...args: string[]): Promise<string[]> =>
  (await lines(dir, 'rev-list', '--objects', ...args)).map((line) => line.slice(0, 40));
const oid = (name: string): Promise<string> => git(['--git-dir', remote, 'rev-parse', name]);

const boundaryOf = async (dir: string): Promise<Set<string>> =>
  new Set((await readFile(join(dir, 'shallow'), 'utf8')).trim().split('\n'));

/** An index of which one object is hidden. */
class Lacking extends PackIndex {
  hidden = '';

  override find(wanted: Uint8Array): number | undefined {
    return Buffer.from(wanted).toString('hex') === this.hidden ? undefined : super.find(wanted);
  }
}

async function readable(pack: Uint8Array): Promise<ReadablePack<Lacking>> {
  const index = new Lacking((await gitIndex(pack)) ?? new Uint8Array(0));
  // In pieces, as a file may be read.
  const read = (at: number, length: number) => pack.subarray(at, at + Math.min(length, 1_000));
  return { index, end: pack.length - 20, read };
}

async function packOf(...revisions: string[]) {
  return readable(
    await gitBytes(['--git-dir', remote, 'pack-objects', '--revs', '--stdout', '-q'], {
      input: `${revisions.join('\n')}\n`,
    }),
  );
}

const nothing: AskedFor = {
  ...{ wants: [], haves: new Set(), shallow: new Set(), cutOff: new Set(), hasFilter: false },
};

/** @returns those that it says are missing, or nothing. */
async function missing(
  gitdir: string,
  asked: Partial<AskedFor>,
  pack: ReadablePack<PackIndex> | undefined,
  fs: object = nodeFs,
): Promise<readonly string[]> {
  const what = { fs, gitdir, pack, signal: undefined };
  return checkConnected({ ...nothing, ...asked }, what).then(
    () => [],
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'MISSING_OBJECTS' });
      return (error as { data: { missing: string[] } }).data.missing;
    },
  );
}

/** Takes away one object after the other. @returns those whose lack is not found out. */
async function unnoticed(
  gitdir: string,
  asked: Partial<AskedFor>,
  pack: Awaited<ReturnType<typeof packOf>>,
  objects: readonly string[],
): Promise<string[]> {
  const left: string[] = [];
  for (const object of objects) {
    pack.index.hidden = object;
    const found = await missing(gitdir, asked, pack);
    if (!found.includes(object)) left.push(object);
  }
  pack.index.hidden = '';
  return left;
}

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ gitDir: remote } = await makeRepository(join(root, 'site.git'), { commits: 20, files: 12 }));
  // A submodule's commit is in no repository of these.
  const tree = await git(['--git-dir', remote, 'ls-tree', 'main']);
  const withModule = `160000 commit ${'5'.repeat(40)}\tmodule\n${tree}\n`;
  const made = await git(['--git-dir', remote, 'mktree', '--missing'], { input: withModule });
  const commit = await git(['--git-dir', remote, 'commit-tree', made, '-p', 'main', '-m', 'last']);
  await git(['--git-dir', remote, 'update-ref', 'refs/heads/main', commit]);
  const blob = await git(['--git-dir', remote, 'hash-object', '-w', '--stdin'], {
    input: 'a blob',
  });
  await git(['--git-dir', remote, 'update-ref', 'refs/tags/blob', blob]);
  await git(['--git-dir', remote, 'tag', '-a', '-m', 'a tree', 'tree', 'main~3^{tree}']);
  local = join(root, 'local.git');
  await git(['init', '-q', '--bare', local]);
  await git(['--git-dir', remote, 'branch', 'older', 'main~5']);
  await git(['--git-dir', local, 'fetch', '-q', remote, 'older:main']);
  await git(['--git-dir', local, 'repack', '-adq']);
});

describe('of a clone', () => {
  it('nothing is missing, and nothing can be taken away unseen, as git says', async () => {
    const wants = await lines(remote, 'for-each-ref', '--format=%(objectname)');
    const objects = await objectsOf(remote, '--all');
    const pack = await readable(await packAll(remote));
    const empty = await temporaryDirectory();
    expect(await missing(empty, { wants }, pack)).toEqual([]);
    expect(objects.length).toBeGreaterThan(100);
    expect(pack.index.count).toBe(objects.length);
    expect(await unnoticed(empty, { wants }, pack, objects)).toEqual([]);
  });

  it('nothing is said of what no tip reaches', async () => {
    const pack = await readable(await packAll(remote));
    pack.index.hidden = await oid('main');
    const wants = [await oid('main~5')];
    expect(await missing(await temporaryDirectory(), { wants }, pack)).toEqual([]);
  });

  it('that is shallow, what lies behind the boundary may be missing, and nothing before it', async () => {
    const tip = await oid('main');
    const shallow = await temporaryDirectory();
    await git(['init', '-q', '--bare', shallow]);
    const depth = ['--depth=3', `file://${remote}`, 'main'];
    await git(['--git-dir', shallow, '-c', 'fetch.unpackLimit=1', 'fetch', '-q', ...depth]);
    const cutOff = await boundaryOf(shallow);
    const folder = join(shallow, 'objects/pack');
    const name = (await readdir(folder)).find((each) => each.endsWith('.pack')) ?? '';
    const pack = await readable(await readFile(join(folder, name)));
    const empty = await temporaryDirectory();
    const asked = { wants: [tip], cutOff };
    expect(await missing(empty, asked, pack)).toEqual([]);
    const objects = await objectsOf(shallow, tip);
    expect(await unnoticed(empty, asked, pack, objects)).toEqual([]);
    expect(await missing(empty, { wants: [tip] }, pack)).not.toEqual([]);
  });
});

describe('of a fetch into a repository that has a part', () => {
  const asked = async (): Promise<Partial<AskedFor>> => ({
    ...{ wants: [await oid('main')], haves: new Set([await oid('main~5')]) },
  });

  it('nothing is missing, and nothing of the new part can be taken away unseen', async () => {
    const pack = await packOf('main', '^main~5');
    expect(await missing(local, await asked(), pack)).toEqual([]);
    const whole = new FaultyFs('whole files, no renaming');
    expect(await missing(local, await asked(), pack, whole)).toEqual([]);
    const objects = await objectsOf(remote, 'main', '--not', 'main~5');
    expect(objects.length).toBeGreaterThan(15);
    expect(await unnoticed(local, await asked(), pack, objects)).toEqual([]);
  });

  it('objects that are there, and that no ref reaches, are looked into as well', async () => {
    const other = await temporaryDirectory();
    await git(['clone', '-q', '--bare', local, '.'], { cwd: other });
    // As an interrupted program may leave it: a commit without its tree, and no ref on it.
    const parent = await oid('main~4');
    const content = await gitBytes(['--git-dir', remote, 'cat-file', 'commit', parent]);
    const put = ['--git-dir', other, 'hash-object', '-w', '-t', 'commit', '--stdin', '--literally'];
    expect(await git(put, { input: content })).toBe(parent);
    const pack = await packOf('main', '^main~4');
    expect(await missing(other, await asked(), pack)).toContain(await oid('main~4^{tree}'));
  });

  it('what is not reached from what was offered, but there, is not missing', async () => {
    const haves = new Set([await oid('main~12')]);
    const wants = [await oid('main~5'), await oid('main')];
    expect(await missing(local, { wants, haves }, await packOf('main', '^main~5'))).toEqual([]);
    expect(await missing(local, { wants: [await oid('main~5')], haves }, undefined)).toEqual([]);
    expect(await missing(local, { wants }, undefined)).toEqual([await oid('main')]);
  });

  it('whose boundary moves, the refs are not trusted: what lies behind it has to be there', async () => {
    const wants = [await oid('main~5')];
    const shallow = join(await temporaryDirectory(), 'shallow.git');
    await git(['init', '-q', '--bare', shallow]);
    const depth = ['--depth=3', `file://${local}`, 'main:refs/heads/main'];
    await git(['--git-dir', shallow, 'fetch', '-q', ...depth]);
    const boundary = await boundaryOf(shallow);
    const had = { wants, haves: new Set(wants), shallow: boundary };
    expect(await missing(shallow, { ...had, cutOff: boundary }, undefined)).toEqual([]);
    const [first = ''] = boundary;
    const behind = await lines(remote, 'rev-parse', `${first}^@`);
    const found = await missing(shallow, had, undefined);
    expect(behind.filter((parent) => found.includes(parent))).toEqual(behind);
    expect(await missing(shallow, had, await packOf('older'))).toEqual([]);
  });
});

describe('of a pack by hand', () => {
  const file = plain('blob', 'content');
  const blob = Buffer.from(oidOf('blob', 'content'), 'hex');
  const entry = (mode: string, of: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from(`${mode} name\0`), of]);
  const commitOf = (tree: string): string =>
    `tree ${tree}\nauthor A <a@b.c> 0 +0000\ncommitter A <a@b.c> 0 +0000\n\nOne\n`;
  const check = async (tree: Buffer, commit = commitOf(oidOf('tree', tree))) => {
    const pack = await readable(makePack([plain('commit', commit), plain('tree', tree), file]));
    const asked = { ...nothing, wants: [oidOf('commit', commit)] };
    return checkConnected(asked, { fs: nodeFs, gitdir: '/nowhere', pack, signal: undefined });
  };

  it('a blob in the place of a tree is missing, and a tree that cannot be read is damage', async () => {
    await check(entry('100644', blob));
    const code = (name: string) => ({ code: name });
    await expect(check(entry('40000', blob))).rejects.toMatchObject(code('MISSING_OBJECTS'));
    await expect(check(Buffer.from('100644 name'))).rejects.toMatchObject(code('CORRUPT_PACK'));
    await expect(check(Buffer.from('one name\0'))).rejects.toMatchObject(code('CORRUPT_PACK'));
    await expect(check(entry('100644', blob), commitOf('none'))).rejects.toMatchObject(
      code('CORRUPT_PACK'),
    );
  });

  it('ends when the signal fires', async () => {
    const wants = await lines(remote, 'for-each-ref', '--format=%(objectname)');
    const pack = await readable(await packAll(remote));
    const what = { fs: nodeFs, gitdir: '/nowhere', signal: AbortSignal.abort() };
    const read = async (at: number, length: number) => {
      // Longer than a slice.
      for (const start = performance.now(); performance.now() - start < 9;);
      return pack.read(at, length);
    };
    await expect(
      checkConnected({ ...nothing, wants }, { ...what, pack: { ...pack, read } }),
    ).rejects.toMatchObject({ code: 'UserCanceledError' });
  });
});
