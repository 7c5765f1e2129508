/** What a partial clone lacks is got when it is needed: by our commands, and by the `fs` of `bindRepository`. */
import * as fs from 'node:fs';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import { bindRepository } from '../../src/index.js';
import git from '../../src/git/index.js';
import {
  expectSoundRepository,
  git as realGit,
  gitBytes,
  gitStatus,
  makeRepository,
} from '../helpers/git.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { pktLine } from '../helpers/git-stream.js';
import { startProxy } from '../helpers/proxy.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { objectsReached, partialState } from './partial-state.js';

let template: string;
let root: string;
let bare: string;
let server: TestServer;
let mayRead = true;
/** WebSockets that were opened. */
let connections = 0;
let url: string;
let count = 0;
let dir: string;

const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);
const local = (...args: string[]) => realGit(args, { cwd: dir });

async function serve(): Promise<void> {
  server = await startServer({ root, allowPush: true, authorize: () => mayRead });
  server.httpServer.on('connection', () => {
    connections += 1;
  });
}

beforeAll(async () => {
  template = await temporaryDirectory();
  const site = join(template, 'site.git');
  await makeRepository(site, { commits: 24, files: 8 });
  const work = join(template, 'work');
  await realGit(['clone', '-q', site, work]);
  for (let number = 0; number < 200; number += 1) {
    await writeFile(join(work, `many-${number}.txt`), `File ${number}\n`.repeat(20));
  }
  await realGit(['add', '.'], { cwd: work });
  await realGit(['commit', '-q', '-m', 'Many'], { cwd: work });
  await realGit(['push', '-q', 'origin', 'main'], { cwd: work });
  await realGit(['--git-dir', site, 'config', 'uploadpack.allowFilter', 'true']);
  root = await temporaryDirectory();
  await serve();
});

beforeEach(async () => {
  count += 1;
  mayRead = true;
  bare = join(root, `${count}.git`);
  url = `${server.url}/${count}.git`;
  await cp(join(template, 'site.git'), bare, { recursive: true });
  dir = join(await temporaryDirectory(), 'own');
});

/** Packs of a repository, of which each request brings one. */
const packs = async (): Promise<number> =>
  (await readdir(join(dir, '.git/objects/pack'))).filter((name) => name.endsWith('.pack')).length;

/** Objects of all packs: one that is in two counts twice. */
async function objectsHere(): Promise<number> {
  const counts = await local('count-objects', '-v');
  return Number(/^in-pack: (\d+)$/m.exec(counts)?.[1]);
}

async function manyBlobs(): Promise<string[]> {
  const text = await remote('ls-tree', '-r', 'main');
  const lines = text.split('\n').filter((line) => line.includes('many-'));
  return lines.map((line) => line.split(/[\t ]/)[2] ?? '');
}

describe('clone with a filter', () => {
  it.each([
    ['blob:none', 2],
    ['blob:limit=100', 2],
    // All trees, then all blobs.
    ['tree:0', 3],
  ])('%s checks out what a whole one does, in few requests', async (filter, most) => {
    connections = 0;
    await git.clone({ fs, dir, url, filter });
    // What the checkout lacks comes over the connection of the clone.
    expect(connections).toBe(1);
    expect(await packs()).toBeLessThanOrEqual(most);
    const expected = join(await temporaryDirectory(), 'native');
    await realGit(['clone', '-q', `--filter=${filter}`, `file://${bare}`, expected]);
    const [own, native] = [await partialState(dir, bare), await partialState(expected, bare)];
    expect(own).toEqual(native);
    expect(await local('diff', '--stat', 'HEAD')).toBe('');
    await expectSoundRepository(dir);
  });
});

describe('commands of gitws/git in a partial clone', () => {
  it('checkout gets what it writes, over one connection, in one batch', async () => {
    await git.clone({ fs, dir, url, filter: 'blob:none' });
    const before = await packs();
    connections = 0;
    await git.checkout({ fs, dir, ref: 'topic' });
    expect([connections, await packs()]).toEqual([1, before + 1]);
    const names = await readdir(join(dir, '.git/objects/pack'));
    expect(names.filter((name) => name.endsWith('.promisor'))).toHaveLength(await packs());
    await local('config', 'remote.origin.url', `file://${bare}`);
    expect(await local('status', '--porcelain')).toBe('');
    await expectSoundRepository(dir);
  });

  it('checkout of another commit gets the trees that it lacks, and none again', async () => {
    await git.clone({ fs, dir, url, filter: 'tree:0' });
    const work = join(await temporaryDirectory(), 'work');
    await realGit(['clone', '-q', bare, work]);
    await mkdir(join(work, 'new/deep'), { recursive: true });
    await writeFile(join(work, 'new/deep/file'), 'new\n');
    await realGit(['add', '.'], { cwd: work });
    await realGit(['commit', '-q', '-m', 'New'], { cwd: work });
    await realGit(['push', '-q', 'origin', 'HEAD:refs/heads/new'], { cwd: work });
    await git.fetch({ fs, dir });
    const before = await objectsHere();
    await git.checkout({ fs, dir, ref: 'new' });
    // Its root, two folders, and the file.
    expect(await objectsHere()).toBe(before + 4);
    await expectSoundRepository(dir);
  });

  it('pull fast-forwards and merges', async () => {
    await git.clone({ fs, dir, url, filter: 'blob:none' });
    const work = join(await temporaryDirectory(), 'work');
    await realGit(['clone', '-q', bare, work]);
    const change = async (name: string, words: string): Promise<void> => {
      await writeFile(join(work, name), words);
      await realGit(['add', '.'], { cwd: work });
      await realGit(['commit', '-q', '-m', words], { cwd: work });
      await realGit(['push', '-q', 'origin', 'main'], { cwd: work });
    };
    await change('many-1.txt', 'theirs');
    const author = { name: 'Ada', email: 'ada@example.com' };
    await git.pull({ fs, dir, url, author });
    expect(await local('rev-parse', 'HEAD')).toBe(await remote('rev-parse', 'main'));
    await change('many-2.txt', 'theirs again');
    await writeFile(join(dir, 'many-3.txt'), 'ours');
    await git.add({ fs, dir, filepath: 'many-3.txt' });
    await git.commit({ fs, dir, message: 'Ours', author });
    await git.pull({ fs, dir, url, author });
    expect(fs.readFileSync(join(dir, 'many-2.txt'), 'utf8')).toBe('theirs again');
    expect(await local('log', '-1', '--format=%P', 'HEAD')).toContain(
      await remote('rev-parse', 'main'),
    );
    await git.push({ fs, dir, url });
    expect(await remote('rev-parse', 'main')).toBe(await local('rev-parse', 'HEAD'));
    await expectSoundRepository(bare);
    await local('config', 'remote.origin.url', `file://${bare}`);
    expect(await local('status', '--porcelain')).toBe('');
    await local('fsck', '--strict');
  });

  long('merge gets what merge bases have, too, where there are several', async () => {
    const work = join(await temporaryDirectory(), 'work');
    await realGit(['clone', '-q', bare, work]);
    const run = (...args: string[]) => realGit(args, { cwd: work });
    const change = async (branch: string, words: string, other?: string): Promise<void> => {
      await run('checkout', '-q', branch);
      if (other !== undefined) await run('merge', '-q', '-s', 'ours', '--no-edit', other);
      await writeFile(join(work, 'many-1.txt'), words);
      await run('commit', '-q', '-a', '-m', words);
      await run('branch', words.replace(' ', '-'));
    };
    await run('branch', 'two');
    await change('main', 'one');
    await change('two', 'other');
    await change('main', 'one again', 'other');
    await change('two', 'other again', 'one');
    await run('push', '-q', 'origin', 'main', 'two');
    await git.clone({ fs, dir, url, filter: 'blob:none' });
    const author = { name: 'Ada', email: 'ada@example.com' };
    const sides = { ours: 'main', theirs: 'origin/two', author, abortOnConflict: false };
    await expect(git.merge({ fs, dir, ...sides })).rejects.toMatchObject({
      data: { filepaths: ['many-1.txt'] },
    });
    await run('checkout', '-q', 'main');
    await gitStatus(['merge', '-q', 'origin/two'], { cwd: work });
    const look = (where: string) => realGit(['ls-files', '-u'], { cwd: where });
    expect(await look(dir)).toBe(await look(work));
    expect(await local('show', ':1:many-1.txt')).toContain('<<<<<<<<< Temporary merge branch 1');
  });

  it('push sends what is not here to where it is not there, either', async () => {
    await git.clone({ fs, dir, url, filter: 'blob:none', noCheckout: true });
    const other = join(root, `${count}-empty.git`);
    await realGit(['init', '-q', '--bare', other]);
    await local('config', 'remote.other.url', `${server.url}/${count}-empty.git`);
    const before = await packs();
    await git.push({ fs, dir, remote: 'other', ref: 'main' });
    expect((await packs()) - before).toBe(1);
    const pushed = await realGit(['--git-dir', other, 'rev-parse', 'main']);
    expect(pushed).toBe(await remote('rev-parse', 'main'));
    await expectSoundRepository(other);
  });
});

describe('the fs of a bound partial clone', () => {
  beforeEach(async () => {
    await git.clone({ fs, dir, url, filter: 'blob:none', noCheckout: true });
    connections = 0;
  });

  long(
    'reads 200 files one after the other in as many requests, over one connection',
    async () => {
      const bound = bindRepository({ fs, dir, url });
      const before = await packs();
      const [cache, oids] = [{}, await manyBlobs()];
      for (const oid of oids) {
        const { blob } = await git.readBlob({ ...bound, oid, cache });
        expect(blob.length).toBeGreaterThan(100);
      }
      expect(oids).toHaveLength(200);
      expect((await packs()) - before).toBe(200);
      // None, where the one of the clone is still kept.
      expect(connections).toBeLessThanOrEqual(1);
      // What is here is read without another.
      for (const oid of oids) await git.readBlob({ ...bound, oid, cache });
      expect((await packs()) - before).toBe(200);
      await expectSoundRepository(dir);
    },
    300_000,
  );

  it('reads 200 files at once in at most 4 requests, each asked for once', async () => {
    const bound = bindRepository({ fs, dir, url });
    const before = await packs();
    const oids = await manyBlobs();
    const reads = [...oids, ...oids].map((oid) => git.readBlob({ ...bound, oid, cache: {} }));
    expect(await Promise.all(reads)).toHaveLength(400);
    const requests = (await packs()) - before;
    expect(requests).toBeGreaterThanOrEqual(1);
    expect(requests).toBeLessThanOrEqual(4);
    // None, where the one of the clone is still kept.
    expect(connections).toBeLessThanOrEqual(1);
    // Nothing but those: of each there is one copy.
    const format = '--batch-check=%(objectname) %(objecttype)';
    const all = await local('cat-file', '--batch-all-objects', '--unordered', format);
    expect(all.split('\n').filter((line) => line.endsWith(' blob'))).toHaveLength(oids.length);
  });

  it('tells all who wait that there is no network, and gets it when there is one', async () => {
    const authorization = 'Basic x';
    const closed = await startServer({ root });
    await closed.close();
    const away = bindRepository({ fs, dir, url: `${closed.url}/${count}.git`, authorization });
    const [oid = '', other = ''] = await manyBlobs();
    const reads = [oid, other, oid].map((one) => git.readBlob({ ...away, oid: one, cache: {} }));
    const settled = await Promise.allSettled(reads);
    expect(settled.map((one) => (one as PromiseRejectedResult).reason as unknown)).toMatchObject(
      [oid, other, oid].map((one) => ({
        code: 'OBJECT_UNAVAILABLE',
        data: { oid: one },
        cause: { code: 'CONNECTION_FAILED' },
      })),
    );
    const bound = bindRepository({ fs, dir, url });
    await git.readBlob({ ...bound, oid, cache: {} });
  });

  it('says so where the rights were taken away, and reads on when they are back', async () => {
    const bound = bindRepository({ fs, dir, url, keepOpen: 0 });
    const [first = '', oid = ''] = await manyBlobs();
    await git.readBlob({ ...bound, oid: first, cache: {} });
    mayRead = false;
    await expect(git.readBlob({ ...bound, oid, cache: {} })).rejects.toMatchObject({
      code: 'OBJECT_UNAVAILABLE',
      data: { oid },
      cause: { code: 'REFUSED' },
    });
    // What is here can be read all the same.
    await git.readBlob({ ...bound, oid: first, cache: {} });
    mayRead = true;
    await git.readBlob({ ...bound, oid, cache: {} });
  });

  it('opens another connection where the server was started anew', async () => {
    const first = await startServer({ root });
    const proxy = await startProxy(first.url);
    const bound = bindRepository({ fs, dir, url: `${proxy.url}/${count}.git` });
    const [one = '', two = '', three = ''] = await manyBlobs();
    await git.readBlob({ ...bound, oid: one, cache: {} });
    await first.close();
    proxy.away = true;
    await expect(git.readBlob({ ...bound, oid: two, cache: {} })).rejects.toMatchObject({
      code: 'OBJECT_UNAVAILABLE',
      data: { oid: two },
    });
    proxy.target = (await startServer({ root })).url;
    proxy.away = false;
    await git.readBlob({ ...bound, oid: two, cache: {} });
    await git.readBlob({ ...bound, oid: three, cache: {} });
    await proxy.close();
  });

  it('takes nothing else for what it has asked for, and keeps none of it', async () => {
    const [oid = '', other = ''] = await manyBlobs();
    const pack = await gitBytes(['--git-dir', bare, 'pack-objects', '-q', '--stdout'], {
      input: `${other}\n`,
    });
    const fake = await startFakeServer((session) => {
      session.write(pktLine('version 2\n'), pktLine('fetch=filter\n'), '0000');
      session.write(pktLine('packfile\n'), pktLine(Buffer.concat([Buffer.of(1), pack])), '0000');
    });
    const before = await packs();
    const bound = bindRepository({ fs, dir, url: `${fake.url}/x.git` });
    await expect(git.readBlob({ ...bound, oid, cache: {} })).rejects.toMatchObject({
      code: 'OBJECT_UNAVAILABLE',
      data: { oid },
      cause: { code: 'MISSING_OBJECTS' },
    });
    expect(await packs()).toBe(before);
    await fake.close();
  });

  it('says which object its server does not have', async () => {
    const bound = bindRepository({ fs, dir, url });
    const oid = '1'.repeat(40);
    await expect(git.readBlob({ ...bound, oid, cache: {} })).rejects.toMatchObject({
      code: 'OBJECT_UNAVAILABLE',
      data: { oid },
    });
  });
});

describeLong('commands of isomorphic-git over a partial clone', () => {
  long.each(['blob:none', 'tree:0', 'blob:limit=100'])(
    'give over %s what they give over a full one',
    async (filter) => {
      await git.clone({ fs, dir, url, filter, noCheckout: true });
      const full = join(await temporaryDirectory(), 'full');
      await git.clone({ fs, dir: full, url });
      const results = async (place: string): Promise<unknown[]> => {
        const bound = bindRepository({ fs, dir: place, url });
        const at = { ...bound, cache: {} };
        const head = await git.resolveRef({ ...at, ref: 'HEAD' });
        const paths = await git.listFiles({ ...at, ref: 'HEAD' });
        const tree = await git.readTree({ ...at, oid: head });
        const entries = (await git.walk({
          ...at,
          trees: [git.TREE({ ref: 'HEAD' }), git.TREE({ ref: 'origin/topic' })],
          map: async (path, [one, other]) => [
            ...[path, await one?.oid(), await other?.oid(), await one?.type()],
            (await one?.content())?.length,
          ],
        })) as unknown;
        const blobs = await Promise.all(
          paths.map(async (filepath) => {
            const { blob } = await git.readBlob({ ...at, oid: head, filepath });
            return Buffer.from(blob).toString('hex');
          }),
        );
        const commit = await git.readCommit({ ...at, oid: head });
        const log = await git.log({ ...at, ref: 'HEAD' });
        const ofFile = await git.log({ ...at, ref: 'HEAD', filepath: 'file-0.txt', force: true });
        const topic = await git.resolveRef({ ...at, ref: 'origin/topic' });
        const base = (await git.findMergeBase({ ...at, oids: [head, topic] })) as unknown;
        return [head, paths, tree, entries, blobs, commit, log, ofFile, base];
      };
      expect(await results(dir)).toEqual(await results(full));
      // Everything was read: now a checkout, and the state of it, are the same, too.
      await git.checkout({ ...bindRepository({ fs, dir, url }), force: true });
      const matrix = (place: string) =>
        git.statusMatrix({ ...bindRepository({ fs, dir: place, url }), cache: {} });
      expect(await matrix(dir)).toEqual(await matrix(full));
      await local('config', 'remote.origin.url', `file://${bare}`);
      expect(await local('status', '--porcelain')).toBe('');
      expect((await objectsReached(dir)).length).toBeGreaterThan(100);
      await expectSoundRepository(dir);
    },
  );
});
