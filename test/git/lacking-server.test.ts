/** A partial clone whose server has lost some of what it promised: the rest of it comes all the same. */
import * as fs from 'node:fs';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository, type BoundRepository } from '../../src/index.js';
import git from '../../src/git/index.js';
import { mostRefused } from '../../src/remote/each-object.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { expectSoundRepository, git as realGit, gitBytes } from '../helpers/git.js';
import { pktLine } from '../helpers/git-stream.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const files = 40;

let template: string;
let root: string;
let server: TestServer;
/** upload-packs that were started. */
let runs = 0;
let count = 0;
let bare: string;
let url: string;
let dir: string;
/** Of the files, in the order of their names. */
let oids: string[];

const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);

beforeAll(async () => {
  const place = await temporaryDirectory();
  template = join(place, 'site.git');
  const work = join(place, 'work');
  await realGit(['init', '-q', '-b', 'main', work]);
  for (let number = 10; number < 10 + files; number += 1) {
    await writeFile(join(work, `${number}.txt`), `File ${number}\n`.repeat(20));
  }
  await realGit(['add', '.'], { cwd: work });
  await realGit(['commit', '-q', '-m', 'All'], { cwd: work });
  await realGit(['clone', '-q', '--bare', work, template]);
  root = await temporaryDirectory();
  server = await startServer({
    root,
    authorize: () => {
      runs += 1;
      return true;
    },
  });
});

beforeEach(async () => {
  count += 1;
  bare = join(root, `${count}.git`);
  url = `${server.url}/${count}.git`;
  await cp(template, bare, { recursive: true });
  await remote('config', 'uploadpack.allowFilter', 'true');
  // Each object a file, so that single ones can be taken away.
  const packs = join(bare, 'objects/pack');
  for (const name of (await readdir(packs)).filter((each) => each.endsWith('.pack'))) {
    const pack = await fs.promises.readFile(join(packs, name));
    await rm(packs, { recursive: true });
    await gitBytes(['--git-dir', bare, 'unpack-objects', '-q'], { input: pack });
  }
  const tree = await remote('ls-tree', '-r', 'main');
  oids = tree.split('\n').map((line) => line.split(/[\t ]/)[2] ?? '');
  dir = join(await temporaryDirectory(), 'own');
  await git.clone({ fs, dir, url, filter: 'blob:none', noCheckout: true });
  runs = 0;
});

const objectPath = (oid: string) => join(bare, 'objects', oid.slice(0, 2), oid.slice(2));

async function readAll(bound: BoundRepository<typeof fs>): Promise<unknown[]> {
  const reads = oids.map((oid) => git.readBlob({ ...bound, oid, cache: {} }));
  const settled = await Promise.allSettled(reads);
  const outcomes: unknown[] = [];
  for (const one of settled) outcomes.push(one.status === 'rejected' ? one.reason : 'read');
  return outcomes;
}

/** What the readers of all files are told where some are lacking, and why. */
const expected = (lacking: readonly string[], cause: (oid: string) => object): unknown[] =>
  oids.map((oid): unknown =>
    lacking.includes(oid)
      ? expect.objectContaining({
          code: 'OBJECT_UNAVAILABLE',
          data: expect.objectContaining({ oid }) as unknown,
          cause: expect.objectContaining(cause(oid)) as unknown,
        })
      : 'read',
  );

const notOurRef = (oid: string) => ({
  code: 'REMOTE_ERROR',
  data: expect.objectContaining({
    message: expect.stringContaining(`not our ref ${oid}`) as unknown,
  }) as unknown,
});

describe('a server that lacks objects', () => {
  it.each(['false', 'true'])(
    'sends all others, one request more for each (allowAnySHA1InWant %s)',
    async (allowAny) => {
      await remote('config', 'uploadpack.allowAnySHA1InWant', allowAny);
      const lacking = [0, 17, files - 1].map((at) => oids[at] ?? '');
      for (const oid of lacking) await rm(objectPath(oid));
      const bound = bindRepository({ fs, dir, url });
      expect(await readAll(bound)).toEqual(expected(lacking, notOurRef));
      expect(runs).toBeLessThanOrEqual(lacking.length + 1);
      await expectSoundRepository(dir);
    },
  );

  it('is asked again, and has it when it is mended', async () => {
    const [oid = ''] = oids;
    await rm(objectPath(oid));
    const bound = bindRepository({ fs, dir, url });
    await readAll(bound);
    await cp(template, bare, { recursive: true });
    expect(await readAll(bound)).toEqual(oids.map(() => 'read'));
  });

  it('that names nothing, since an object is damaged, sends all others', async () => {
    const [damaged = ''] = oids.slice(21);
    const bytes = fs.readFileSync(objectPath(damaged));
    // The header can be read, and the rest cannot.
    bytes.fill(0xff, Math.floor(bytes.length / 2));
    await rm(objectPath(damaged));
    await writeFile(objectPath(damaged), bytes);
    const bound = bindRepository({ fs, dir, url });
    const outcomes = await readAll(bound);
    expect(outcomes).toEqual(
      expected([damaged], () => ({
        code: expect.stringMatching(/^(REMOTE_ERROR|REMOTE_EXIT|CORRUPT_PACK)$/) as unknown,
      })),
    );
    await expectSoundRepository(dir);
  });

  it('fails a checkout with the object that is lacking, and the next one goes on', async () => {
    const [lacking = ''] = oids.slice(5);
    await rm(objectPath(lacking));
    await expect(git.checkout({ fs, dir, ref: 'main' })).rejects.toMatchObject({
      code: 'OBJECT_UNAVAILABLE',
      data: { oid: lacking },
      cause: notOurRef(lacking),
    });
    await cp(template, bare, { recursive: true });
    await git.checkout({ fs, dir, ref: 'main' });
    expect((await readdir(dir)).length).toBe(files + 1);
    await expectSoundRepository(dir);
  });
});

describe('a server that lies', () => {
  it('and sends something else is asked only so often, and nothing of it is kept', async () => {
    const pack = await gitBytes(['--git-dir', bare, 'pack-objects', '-q', '--stdout'], {
      input: `${await remote('rev-parse', 'main')}\n`,
    });
    let started = 0;
    const fake = await startFakeServer((session) => {
      started += 1;
      session.write(pktLine('version 2\n'), pktLine('fetch=filter\n'), '0000');
      session.write(pktLine('packfile\n'), pktLine(Buffer.concat([Buffer.of(1), pack])), '0000');
    });
    const before = await readdir(join(dir, '.git/objects/pack'));
    const bound = bindRepository({ fs, dir, url: `${fake.url}/x.git` });
    const outcomes = await readAll(bound);
    expect(outcomes).toEqual(expected(oids, () => ({ code: 'MISSING_OBJECTS' })));
    // What was missed at the same moment may be two requests.
    expect(started).toBeLessThanOrEqual(2 * mostRefused);
    expect(await readdir(join(dir, '.git/objects/pack'))).toEqual(before);
    await fake.close();
  });
});
