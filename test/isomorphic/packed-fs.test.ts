/**
 * isomorphic-git over the file system that bindRepository hands out: its commands say what they say
 * over the plain one, and read no pack.
 */
import * as nodeFs from 'node:fs';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository } from '../../src/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { packAll } from '../pack/packs.js';

const url = 'http://localhost/site.git';
const author = { name: 'Ann', email: 'ann@example.com', timestamp: 1_600_000_000 };
/** Of several blocks as they are stored, and no delta of anything. */
const large = Buffer.from(seededRandom(1).bytes(2_500_000));
let original: string;
let dir: string;

beforeAll(async () => {
  const bare = join(await temporaryDirectory(), 'site.git');
  await makeRepository(bare, { commits: 30, files: 12 });
  original = await temporaryDirectory();
  await realGit(['clone', '-q', bare, original]);
  await writeFile(join(original, 'large.bin'), large);
  await realGit(['add', 'large.bin'], { cwd: original });
  await realGit(['commit', '-q', '-m', 'Add a large file'], { cwd: original });
  await realGit(['tag', '-a', '-m', 'One', 'v1', 'HEAD~3'], { cwd: original });
  await realGit(['repack', '-adq'], { cwd: original });
  await realGit(['prune-packed', '-q'], { cwd: original });
});

beforeEach(async () => {
  dir = await temporaryDirectory();
  await cp(original, dir, { recursive: true });
});

const folder = (): string => join(dir, '.git/objects/pack');
const head = (): Promise<string> => realGit(['rev-parse', 'HEAD'], { cwd: dir });

/** Node's file system in the shapes that applications bring, with the paths that were read whole. */
function shapes(): Record<string, { fs: object; whole: string[] }> {
  const made = (make: (promises: Record<string, unknown>) => object) => {
    const whole: string[] = [];
    const readFile = (path: string, ...rest: []) => {
      if (/\.(pack|idx)$/.test(path)) whole.push(path);
      return nodeFs.promises.readFile(path, ...rest);
    };
    return { fs: make({ ...nodeFs.promises, readFile }), whole };
  };
  const withCallbacks = (promises: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(promises).map(([name, call]) => [
        name,
        (...args: unknown[]) => {
          const done = args.pop() as ((error: unknown, value?: unknown) => void) | undefined;
          if (done === undefined) throw new TypeError('There is no callback.');
          const made = (call as (...given: unknown[]) => Promise<unknown>)(...args);
          made.then((value) => done(null, value), done);
        },
      ]),
    );
  return {
    'promises of its own': made((promises) => ({ promises })),
    'functions that give promises': made((promises) => promises),
    callbacks: made(withCallbacks),
    'whole files alone': made(({ open: _, ...promises }) => ({ promises })),
  };
}

/** What isomorphic-git's commands that read objects say. */
async function everything(fs: object) {
  const common = { fs: fs as typeof nodeFs, dir, cache: {} };
  const oid = await git.resolveRef({ ...common, ref: 'HEAD' });
  const older = await realGit(['rev-parse', 'HEAD~5'], { cwd: dir });
  const { blob } = await git.readBlob({ ...common, oid, filepath: 'large.bin' });
  const walked: unknown = await git.walk({
    ...common,
    trees: [git.TREE({ ref: oid }), git.TREE({ ref: older })],
    map: async (path, entries) => {
      const all = entries.map(async (entry) => [await entry?.oid(), await entry?.mode()]);
      return [path, ...(await Promise.all(all))];
    },
  });
  return {
    log: await git.log({ ...common, ref: 'HEAD' }),
    status: await git.statusMatrix(common),
    walked,
    large: Buffer.from(blob).equals(large),
    short: await git.expandOid({ ...common, oid: oid.slice(0, 8) }),
    tag: await git.readTag({ ...common, oid: await git.resolveRef({ ...common, ref: 'v1' }) }),
    isBehind: await git.isDescendent({ ...common, oid, ancestor: older }),
    missing: await git
      .readCommit({ ...common, oid: '1'.repeat(40) })
      .catch((error: unknown) => (error as { code: string }).code),
  };
}

describe('isomorphic-git over the file system of bindRepository', () => {
  for (const shape of Object.keys(shapes())) {
    it(`reads what it reads over the plain one, and no pack or index as it stands: ${shape}`, async () => {
      const { fs, whole } = shapes()[shape] ?? { fs: nodeFs, whole: [] };
      const bound = bindRepository({ fs, dir, url });
      const found = await everything(bound.fs);
      // What cannot be opened is read whole, once each.
      expect(whole).toHaveLength(shape === 'whole files alone' || shape === 'callbacks' ? 2 : 0);
      expect(found.large).toBe(true);
      expect(found.missing).toBe('NotFoundError');
      expect(found.log).toHaveLength(
        Number(await realGit(['rev-list', '--count', 'HEAD'], { cwd: dir })),
      );
      expect(found).toEqual(await everything(nodeFs));
    });
  }

  it('is the file system itself where that is asked for', () => {
    expect(bindRepository({ fs: nodeFs, dir, url, readPacks: false }).fs).toBe(nodeFs);
  });

  it('has all else of the file system as it is', () => {
    const bound = bindRepository({ fs: nodeFs, dir, url });
    expect(bound.fs.existsSync(dir)).toBe(true);
    expect('createReadStream' in bound.fs).toBe(true);
    expect(bound.fs.promises.mkdtemp).toBe(nodeFs.promises.mkdtemp);
  });

  it('follows a .git that is a file', async () => {
    const gitdir = join(await temporaryDirectory(), 'elsewhere');
    await rename(join(dir, '.git'), gitdir);
    await writeFile(join(dir, '.git'), `gitdir: ${gitdir}\n`);
    const { fs, whole } = shapes()['promises of its own'] ?? { fs: nodeFs, whole: [] };
    const bound = bindRepository({ fs, dir, url });
    const log = await git.log({ fs: bound.fs as typeof nodeFs, dir });
    expect(log).toEqual(await git.log({ fs: nodeFs, gitdir }));
    expect(whole).toEqual([]);
  });

  it('finds objects that are borrowed from another repository, files or packed', async () => {
    const borrower = await temporaryDirectory();
    await realGit(
      ['-c', 'core.hooksPath=/dev/null', 'commit', '-q', '--allow-empty', '-m', 'Loose'],
      { cwd: dir },
    );
    await realGit(['clone', '-q', '--shared', dir, borrower]);
    const bound = bindRepository({ fs: nodeFs, dir: borrower, url });
    const log = await git.log({ fs: bound.fs, dir: borrower });
    expect(log.map(({ oid }) => oid)).toEqual(
      (await realGit(['log', '--format=%H'], { cwd: dir })).split('\n'),
    );
  });
});

describe('small packs', () => {
  it('are left to isomorphic-git, which is faster with them', async () => {
    const small = await temporaryDirectory();
    await realGit(['clone', '-q', '--no-checkout', original, small]);
    await realGit(['update-ref', 'refs/heads/small', 'HEAD~1'], { cwd: small });
    await realGit(['checkout', '-q', 'small'], { cwd: small });
    await realGit(['branch', '-qD', 'main'], { cwd: small }).catch(() => undefined);
    await realGit(['remote', 'remove', 'origin'], { cwd: small });
    await realGit(['reflog', 'expire', '--expire=now', '--all'], { cwd: small });
    await realGit(['gc', '-q', '--prune=now'], { cwd: small });
    const { fs, whole } = shapes()['promises of its own'] ?? { fs: nodeFs, whole: [] };
    const bound = bindRepository({ fs, dir: small, url });
    const log = await git.log({ fs: bound.fs as typeof nodeFs, dir: small });
    expect(log).toEqual(await git.log({ fs: nodeFs, dir: small }));
    expect(whole).toHaveLength(2);
    // Of another repository isomorphic-git finds none.
    const borrower = await temporaryDirectory();
    await realGit(['clone', '-q', '--shared', small, borrower]);
    const borrowing = bindRepository({ fs: nodeFs, dir: borrower, url });
    expect(await git.log({ fs: borrowing.fs, dir: borrower })).toEqual(log);
  });
});

describe('what changes while it is in use', () => {
  it('is seen where it is written through it: commits, and a pack that isomorphic-git indexes', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    await everything(fs);
    await fs.promises.writeFile(join(dir, 'new.txt'), 'new');
    await git.add({ fs, dir, filepath: 'new.txt' });
    const oid = await git.commit({ fs, dir, message: 'New', author });
    expect((await git.readCommit({ fs, dir, oid })).commit.message).toBe('New\n');
    const other = join(await temporaryDirectory(), 'b.git');
    await makeRepository(other, { commits: 3 });
    const bytes = await packAll(other);
    const name = `pack-${Buffer.from(bytes.subarray(-20)).toString('hex')}.pack`;
    await fs.promises.writeFile(join(folder(), name), bytes);
    const { oids } = await git.indexPack({ fs, dir, filepath: `.git/objects/pack/${name}` });
    for (const each of oids)
      expect(await git.expandOid({ fs, dir, oid: each.slice(0, 12) })).toBe(each);
    const [newest] = await git.log({
      fs,
      dir,
      ref: await realGit(['rev-parse', 'main'], { cwd: other }),
    });
    expect((await git.readTree({ fs, dir, oid: newest?.oid ?? '' })).tree.length).toBeGreaterThan(
      0,
    );
    await expectSoundRepository(join(dir, '.git'));
  });

  it('is seen where another program packs anew, or unpacks', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const before = await everything(fs);
    await realGit(['commit', '-q', '--allow-empty', '-m', 'Another'], { cwd: dir });
    await realGit(['repack', '-adfq', '--depth=1'], { cwd: dir });
    await realGit(['prune-packed', '-q'], { cwd: dir });
    const after = await everything(fs);
    expect(after.log).toHaveLength(before.log.length + 1);
    expect(after).toEqual(await everything(nodeFs));
    const [name = ''] = (await readdir(folder())).filter((each) => each.endsWith('.pack'));
    const pack = await readFile(join(folder(), name));
    for (const each of await readdir(folder())) await rm(join(folder(), each));
    await realGit(['unpack-objects', '-q'], { cwd: dir, input: pack });
    expect(await everything(fs)).toEqual(after);
  });

  it('is seen where a pack is removed through it', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const oid = await head();
    expect((await git.readCommit({ fs, dir, oid })).oid).toBe(oid);
    for (const name of await readdir(folder())) await fs.promises.unlink(join(folder(), name));
    await expect(git.readCommit({ fs, dir, oid })).rejects.toMatchObject({ code: 'NotFoundError' });
  });
});

describe('listings and stats', () => {
  it('show the objects of packs, and not the indexes of those packs', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const names = await fs.promises.readdir(folder());
    expect(names.some((name) => name.endsWith('.pack'))).toBe(true);
    expect(names.filter((name) => name.endsWith('.idx'))).toEqual([]);
    const oid = await head();
    const list = await fs.promises.readdir(join(dir, '.git/objects', oid.slice(0, 2)));
    expect(list).toContain(oid.slice(2));
  });

  it('show an index that cannot be read so, since isomorphic-git has to read that', async () => {
    const [name = ''] = (await readdir(folder())).filter((each) => each.endsWith('.pack'));
    const idx = name.replace('.pack', '.idx');
    await rm(join(folder(), idx));
    await realGit(['index-pack', '--index-version=1', name], { cwd: folder() });
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    expect(await fs.promises.readdir(folder())).toContain(idx);
  });

  it('tell as many bytes as reading gives', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const oid = await head();
    const path = join(dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
    const stat = await fs.promises.stat(path);
    expect(stat.isFile()).toBe(true);
    expect(stat.size).toBe((await fs.promises.readFile(path)).length);
    expect(nodeFs.existsSync(path)).toBe(false);
  });

  it('leave what is nowhere to the file system', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const path = join(dir, '.git/objects/00', '0'.repeat(38));
    await expect(fs.promises.readFile(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.promises.lstat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(fs.promises.readdir(join(dir, 'objects/zz'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('a pack that is damaged', () => {
  async function damage(): Promise<void> {
    const [name = ''] = (await readdir(folder())).filter((each) => each.endsWith('.pack'));
    const bytes = await readFile(join(folder(), name));
    bytes.fill(0xff, 12, bytes.length - 20);
    await rm(join(folder(), name));
    await writeFile(join(folder(), name), bytes);
  }

  it('is an error, and not an object that is not there', async () => {
    await damage();
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    const oid = await head();
    await expect(git.readCommit({ fs, dir, oid })).rejects.toMatchObject({
      code: 'CORRUPT_PACK',
      data: { oid },
    });
  });

  it('does no harm to an object of which there is another copy', async () => {
    const { fs } = bindRepository({ fs: nodeFs, dir, url });
    await everything(fs);
    const oid = await head();
    const { commit } = await git.readCommit({ fs: nodeFs, dir, oid });
    await git.writeCommit({ fs: nodeFs, dir, commit });
    await damage();
    const again = bindRepository({ fs: nodeFs, dir, url }).fs;
    // Packs are read before files once their indexes are.
    await again.promises.readdir(folder());
    expect((await git.readCommit({ fs: again, dir, oid })).oid).toBe(oid);
  });
});
