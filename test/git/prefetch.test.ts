/** Files of a folder that come along with one, out of a partial clone: how many requests, and that nothing fails. */
import * as fs from 'node:fs';
import { readdir, rm, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { bindRepository, type BindRepositoryOptions } from '../../src/index.js';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitBytes } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const files = 200;

let server: TestServer;
let bare: string;
let url: string;
let dir: string;
let head: string;

const local = (...args: string[]) => realGit(args, { cwd: dir });

beforeAll(async () => {
  const root = await temporaryDirectory();
  const work = join(root, 'work');
  bare = join(root, 'site.git');
  await realGit(['init', '-q', '-b', 'main', work]);
  for (const folder of ['many', 'other', 'deep']) await mkdir(join(work, folder));
  for (let number = 0; number < files; number += 1) {
    const name = `${number}`.padStart(3, '0');
    await writeFile(join(work, 'many', name), `File ${number}\n`.repeat(100));
    await writeFile(join(work, 'other', name), `Other ${number}\n`.repeat(100));
    await mkdir(join(work, 'deep', name));
    await writeFile(join(work, 'deep', name, 'file'), `Deep ${number}\n`);
  }
  await realGit(['add', '.'], { cwd: work });
  await realGit(['commit', '-q', '-m', 'All'], { cwd: work });
  await realGit(['clone', '-q', '--bare', work, bare]);
  await realGit(['--git-dir', bare, 'config', 'uploadpack.allowFilter', 'true']);
  head = await realGit(['--git-dir', bare, 'rev-parse', 'main']);
  server = await startServer({ root });
  url = `${server.url}/site.git`;
});

async function cloned(filter = 'blob:none'): Promise<void> {
  dir = join(await temporaryDirectory(), 'own');
  await git.clone({ fs, dir, url, filter, noCheckout: true });
}

beforeEach(() => cloned());

const packs = async (): Promise<number> =>
  (await readdir(join(dir, '.git/objects/pack'))).filter((name) => name.endsWith('.pack')).length;

const blobsHere = async (): Promise<number> => {
  const format = '--batch-check=%(objecttype)';
  const all = await local('cat-file', '--batch-all-objects', '--unordered', format);
  return all.split('\n').filter((type) => type === 'blob').length;
};

const name = (number: number) => `${number}`.padStart(3, '0');

/** @returns the requests that it took. */
async function readFiles(
  paths: readonly string[],
  options: Partial<BindRepositoryOptions<typeof fs>> = {},
): Promise<number> {
  const bound = bindRepository({ fs, dir, url, ...options });
  const before = await packs();
  const cache = {};
  for (const filepath of paths) {
    const { blob } = await git.readBlob({ ...bound, oid: head, filepath, cache });
    expect(blob.length).toBeGreaterThan(6);
  }
  return (await packs()) - before;
}

const many = Array.from({ length: files }, (_, number) => `many/${name(number)}`);

describe('files of a folder that are read one after the other', () => {
  it('come in a few requests, each once, and none of another folder', async () => {
    expect(await readFiles(many)).toBe(8);
    expect(await blobsHere()).toBe(files);
    await expectSoundRepository(dir);
  });

  it('come one by one with `prefetch: 0`', async () => {
    const some = many.slice(0, 8);
    expect(await readFiles(some, { prefetch: 0 })).toBe(8);
    expect(await blobsHere()).toBe(8);
  });

  it('are one file where one is read, and few more where two are', async () => {
    await readFiles(many.slice(90, 91));
    expect(await blobsHere()).toBe(1);
    await readFiles(many.slice(10, 12));
    expect(await blobsHere()).toBe(1 + 2 + 4);
  });

  long('are folders where folders are read', async () => {
    await cloned('tree:0');
    const paths = Array.from({ length: 50 }, (_, number) => `deep/${name(number)}/file`);
    // Two trees above them, 0 + 4 + 8 + 16 + 17 along with folders; the file of each is alone in its folder.
    expect(await readFiles(paths)).toBe(2 + 5 + 50);
    await expectSoundRepository(dir);
  });

  long('are read where the server lacks some of the others', async () => {
    const root = await temporaryDirectory();
    const lacking = join(root, 'site.git');
    await realGit(['init', '-q', '--bare', lacking]);
    const pack = await gitBytes(['--git-dir', bare, 'pack-objects', '--all', '-q', '--stdout']);
    await gitBytes(['--git-dir', lacking, 'unpack-objects', '-q'], { input: pack });
    for (const at of [5, 40]) {
      const oid = await realGit(['--git-dir', bare, 'rev-parse', `main:${many[at] ?? ''}`]);
      await rm(join(lacking, 'objects', oid.slice(0, 2), oid.slice(2)));
    }
    const other = await startServer({ root });
    const rest = many.filter((_, at) => ![5, 40].includes(at));
    await readFiles(rest, { url: `${other.url}/site.git` });
    // As many as there are, and the two are asked for by whoever needs them.
    expect(await blobsHere()).toBe(files - 2);
    await expect(readFiles([many[5] ?? ''], { url: `${other.url}/site.git` })).rejects.toThrow(
      expect.objectContaining({ code: 'OBJECT_UNAVAILABLE' }),
    );
    expect(await readFiles([many[5] ?? ''])).toBe(1);
    await other.close();
  });

  it('are read where the others are too much for a pack', async () => {
    const paths = many.slice(0, 12);
    // One of them, and not five. It would be 3 requests: 0, 4 and 8 along.
    expect(await readFiles(paths, { limits: { packBytes: 200 } })).toBeGreaterThan(3);
    expect(await blobsHere()).toBeGreaterThanOrEqual(paths.length);
    await expectSoundRepository(dir);
  });
});

describe('prefetch', () => {
  it.each([-1, 0.5, 10_001, Infinity])('is no %d', (prefetch) => {
    expect(() => bindRepository({ fs, dir, url, prefetch })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: { prefetch } }),
    );
  });
});
