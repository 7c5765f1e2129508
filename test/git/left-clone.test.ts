/** What is left of a clone whose process is killed, at each step and damaged in each way: what the next one makes of it. */
import * as fs from 'node:fs';
import { appendFile, cp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import git, { type CloneArguments } from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { Moment } from './clone-process.js';
import { KillingWay } from './killed-clone.js';

const path = '/big.git';
let server: TestServer;
let root: string;
let head: string;
/** One that is left, for those that damage what is stored of it. */
let midwayLeft: Left;

/** What a clone is when two MiB are stored. */
const midway: Moment = { call: 'rename', path: 'gitws-clone/progress', nth: 2, when: 'after' };

/** When half of a file is in the working tree. */
const half: Moment = { call: 'writeFile', path: 'file-0\\.txt', when: 'half' };

beforeAll(async () => {
  root = await temporaryDirectory();
  const bigBlobs = { count: 5, bytes: 2 ** 20 };
  await makeRepository(join(root, 'big.git'), { commits: 12, files: 10, bigBlobs });
  head = await realGit(['--git-dir', join(root, 'big.git'), 'rev-parse', 'HEAD'], { cwd: root });
  server = await startServer({ root });
  midwayLeft = await leave(midway);
});

/** A clone whose process killed itself, and whose lease has ended. @param prepare what is there before. */
async function leave(moment: Moment, prepare?: (dir: string) => Promise<unknown>, to = server) {
  const dir = join(await temporaryDirectory(), 'clone');
  await prepare?.(dir);
  const way = await KillingWay.to(to.url, path);
  expect((await way.clone(dir, Infinity, moment)).exit).toBe('SIGKILL');
  const kept = join(dir, '.git/gitws-clone');
  const claim = JSON.parse(await readFile(join(kept, 'claim'), 'utf8')) as object;
  await writeFile(join(kept, 'claim'), JSON.stringify({ ...claim, until: 0 }));
  // Through the same proxy: the same URL.
  return { dir, kept, url: way.url };
}

type Left = Awaited<ReturnType<typeof leave>>;

async function copy(left: Left): Promise<Left> {
  const dir = join(await temporaryDirectory(), 'clone');
  await cp(left.dir, dir, { recursive: true, verbatimSymlinks: true });
  return { ...left, dir, kept: join(dir, '.git/gitws-clone') };
}

/** Clones again. @returns the states of the connection. */
async function goOn({ dir, url }: Left, options: Partial<CloneArguments> = {}): Promise<string[]> {
  const states: string[] = [];
  const onConnection = ({ state }: { state: string }) => void states.push(state);
  await git.clone({ fs, dir, url, onConnection, ...options });
  return states;
}

async function expectWhole({ dir }: Left): Promise<void> {
  await expectSoundRepository(join(dir, '.git'));
  expect(await realGit(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
  expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
  expect(await readdir(join(dir, '.git'))).not.toContain('gitws-clone');
  const packs = await readdir(join(dir, '.git/objects/pack'));
  expect(packs.filter((name) => name.startsWith('tmp_'))).toEqual([]);
}

/** Expects that a clone fails, and that nothing of it is left. */
async function expectNothing(left: Left, options: Partial<CloneArguments>, code: string) {
  await expect(goOn(left, options)).rejects.toMatchObject({ code });
  expect(await readdir(join(left.dir, '..'))).toEqual([]);
}

describe('a clone goes on whose process is killed', () => {
  it.each<[string, Moment, readonly string[]]>([
    ['in the middle of the pack', midway, ['connecting', 'resumed']],
    ['before the pack gets its name', before('rename', '\\.pack'), []],
    ['when it has it, without an index', after('rename', '\\.pack'), []],
    ['when its index is there', after('rename', '\\.idx'), []],
    ['before refs are written', before('rename', '/(refs/.*|packed-refs)'), []],
  ])('%s', async (_what, moment, states) => {
    const left = await leave(moment);
    expect(await goOn(left)).toEqual(states);
    await expectWhole(left);
  });

  it.each<[string, Moment]>([
    ['before HEAD is written', before('rename', '\\.git/HEAD')],
    ['when half of a file is checked out', half],
    ['before the index is written', before('rename', '\\.git/index')],
    ['when only what was stored has to be removed', before('unlink', 'gitws-clone/progress')],
  ])('%s', async (_what, moment) => {
    const left = await leave(moment);
    await goOn(left);
    await expectWhole(left);
  });

  it('has no token in storage when all has come', async () => {
    const left = await leave(half);
    for (const name of await readdir(left.kept)) {
      expect(await readFile(join(left.kept, name), 'latin1')).not.toContain('token');
    }
  });
});

describe('what a user wrote meanwhile', () => {
  it('is in the way where the clone has another file, and not lost', async () => {
    const left = await leave(half);
    await writeFile(join(left.dir, 'file-0.txt'), 'Mine');
    await expect(goOn(left)).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['file-0.txt'] },
    });
    expect(await readFile(join(left.dir, 'file-0.txt'), 'utf8')).toBe('Mine');
  });

  it('stays where the clone goes on, and where it is aborted', async () => {
    const left = await leave(before('rename', '\\.git/index'));
    const tracked = (
      await realGit(['ls-tree', '-r', '--name-only', 'HEAD'], { cwd: left.dir })
    ).split('\n');
    const inFolder = tracked.find((name) => name.includes('/')) ?? '';
    const mine = join(inFolder, '../mine.txt');
    await writeFile(join(left.dir, mine), 'Mine');
    const other = await copy(left);
    await goOn(left);
    expect(await realGit(['status', '--porcelain'], { cwd: left.dir })).toBe(`?? ${mine}`);
    const controller = new AbortController();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'Updating workdir') controller.abort();
    };
    await writeFile(join(other.dir, 'file-0.txt'), '');
    await expect(goOn(other, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'UserCanceledError',
    });
    expect(await readFile(join(other.dir, mine), 'utf8')).toBe('Mine');
    expect(await readdir(other.dir)).toEqual([mine.split('/')[0]]);
  });

  it('stays where the folder had files before, whatever becomes of the clone', async () => {
    const left = await leave(midway, async (dir) => {
      await fs.promises.mkdir(dir);
      await writeFile(join(dir, 'mine.txt'), 'Mine');
    });
    const signal = AbortSignal.abort();
    await expect(goOn(left, { signal })).rejects.toMatchObject({ code: 'UserCanceledError' });
    await goOn(left);
    expect(await realGit(['status', '--porcelain'], { cwd: left.dir })).toBe('?? mine.txt');
  });

  it('is kept as a commit where the clone is asked for once more', async () => {
    const dir = join(await temporaryDirectory(), 'clone');
    const url = server.url + path;
    await git.clone({ fs, dir, url });
    await writeFile(join(dir, 'mine.txt'), 'Mine');
    await git.add({ fs, dir, filepath: 'mine.txt' });
    const oid = await git.commit({
      fs,
      dir,
      message: 'Mine',
      author: { name: 'A', email: 'a@b.c' },
    });
    await git.clone({ fs, dir, url });
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: dir })).toBe(oid);
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
  });
});

/** Changes what one of the stored files says. */
function edit(name: string, change: (record: Record<string, unknown>) => unknown) {
  return async ({ kept }: Left): Promise<void> => {
    const record = JSON.parse(await readFile(join(kept, name), 'utf8')) as Record<string, unknown>;
    await writeFile(join(kept, name), JSON.stringify(change(record)));
  };
}

async function packOf({ dir }: Left): Promise<string> {
  const folder = join(dir, '.git/objects/pack');
  const [name = ''] = await readdir(folder);
  return join(folder, name);
}

function session(change: object) {
  return edit('progress', (record) => ({
    ...record,
    session: { ...(record['session'] as object), ...change },
  }));
}

/** What was damaged, and how. */
type Damage = readonly [what: string, damage: (left: Left) => Promise<unknown>];

/** Those that are like others are left to the long run. */
function whereDamaged(
  how: string,
  damages: readonly Damage[],
  others: ReadonlySet<string>,
  run: (what: string, damage: Damage[1]) => Promise<void>,
): void {
  it.each(damages.filter(([what]) => !others.has(what)))(how, run);
  long.each(damages.filter(([what]) => others.has(what)))(how, run);
}

describe('a clone begins anew, and is whole, where', () => {
  const damages: Damage[] = [
    ['progress is cut', ({ kept }) => truncate(join(kept, 'progress'), 40)],
    ['progress is empty', ({ kept }) => truncate(join(kept, 'progress'), 0)],
    ['progress is null', edit('progress', () => null)],
    ['progress is of another version', edit('progress', (it) => ({ ...it, version: 2 }))],
    ['progress has no version', edit('progress', (it) => ({ ...it, version: undefined }))],
    [
      'progress names a commit that is none',
      edit('progress', () => ({ version: 1, phase: 'populated', head: '../x' })),
    ],
    [
      'progress counts what cannot be counted',
      edit('progress', (it) => ({ ...it, packBytes: -1 })),
    ],
    [
      'more of the pack is said to be there',
      edit('progress', (it) => ({ ...it, packBytes: 2 ** 40 })),
    ],
    ['less of it is', async (left) => truncate(await packOf(left), 5_000)],
    ['the pack is gone', async (left) => fs.promises.rm(await packOf(left))],
    ['it is said to be in its place', edit('progress', () => ({ version: 1, phase: 'placed' }))],
    ['its session is none of the server’s', session({ token: 'a'.repeat(43) })],
    ['its token is too short', session({ token: 'abc' })],
    ['its token is no word', session({ token: 'a b\r\nc' })],
    ['its session is none', edit('progress', (it) => ({ ...it, session: 5 }))],
    ['the request is cut', ({ kept }) => truncate(join(kept, 'request'), 40)],
    [
      'the request names another file',
      edit('request', (it) => ({ ...it, packName: '../../config' })),
    ],
    ['the advertisement is cut', ({ kept }) => truncate(join(kept, 'advertisement'), 40)],
    [
      'the advertisement is none',
      async ({ kept }) => {
        const file = join(kept, 'advertisement');
        await writeFile(file, (await readFile(file)).fill(120));
      },
    ],
    ['the claim is cut', ({ kept }) => truncate(join(kept, 'claim'), 9)],
    [
      'the claim says something else',
      edit('claim', (it) => ({ ...it, said: { key: 5, names: 5 } })),
    ],
    ['the claim says nothing', edit('claim', (it) => ({ ...it, said: null }))],
    ['something else is asked for', edit('claim', (it) => ({ ...it, said: { key: 'x' } }))],
  ];
  const like = new Set([
    ...['progress is empty', 'progress is null', 'progress has no version', 'the pack is gone'],
    ...['progress counts what cannot be counted', 'its token is no word', 'its session is none'],
    ...['the request is cut', 'the claim is cut', 'the claim says nothing'],
  ]);
  whereDamaged('%s', damages, like, async (_what, damage) => {
    const left = await copy(midwayLeft);
    await damage(left);
    expect(await goOn(left)).toContain('open');
    await expectWhole(left);
  });

  const inSession: Damage[] = [
    [
      'it has more than there is to come',
      async (left) => appendFile(await packOf(left), new Uint8Array(2 ** 23)),
    ],
    [
      'other bytes of it are',
      async (left) => {
        const pack = await packOf(left);
        const bytes = await readFile(pack);
        await writeFile(pack, bytes.fill(0, 5_000, 50_000));
      },
    ],
    [
      'all of it is said to have come',
      edit('progress', (it) => ({ ...it, skip: 0, session: undefined })),
    ],
    ['its counts are wrong', session({ received: 1 })],
    ...[1, 2, 3, 4, 40].map((more): Damage => [
      `it goes on ${more} bytes too late`,
      edit('progress', (it) => ({ ...it, skip: Number(it['skip']) + more })),
    ]),
    ['more was sent', session({ sent: 9 })],
    ['the request is another one', edit('request', (it) => ({ ...it, request: '0000' }))],
  ];
  const moreBytes = new Set([2, 3, 4].map((more) => `it goes on ${more} bytes too late`));
  whereDamaged('%s, and its session is there', inSession, moreBytes, async (_what, damage) => {
    const left = await leave(midway);
    await damage(left);
    expect(await goOn(left)).toContain('open');
    await expectWhole(left);
  });

  it('its session is another user’s now', async () => {
    const guarded = await startServer({
      root,
      authenticate: ({ credentials }) =>
        credentials?.scheme === 'basic' ? { name: credentials.username } : { name: 'nobody' },
    });
    const left = await leave(midway, undefined, guarded);
    const states = await goOn(left, { headers: { Authorization: `Basic ${btoa('ann:x')}` } });
    expect(states).toEqual(expect.arrayContaining(['open']));
    expect(states).not.toContain('resumed');
    await expectWhole(left);
  });
});

describe('of a clone that goes on nothing is left', () => {
  it('when it is aborted', async () => {
    const left = await leave(midway);
    const controller = new AbortController();
    const onConnection = ({ state }: { state: string }) => {
      if (state === 'resumed') controller.abort();
    };
    await expectNothing(left, { signal: controller.signal, onConnection }, 'UserCanceledError');
  });

  it('when there is no room for more', async () => {
    const left = await leave(midway);
    const full = async (...given: Parameters<typeof fs.promises.open>) => {
      const file = await fs.promises.open(...given);
      if (String(given[0]).includes('tmp_pack_')) {
        file.write = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      }
      return file;
    };
    const own = { ...fs, promises: { ...fs.promises, open: full } };
    await expectNothing(left, { fs: own }, 'QUOTA');
  });
});

it('two that go on at once go on once, and both have it', async () => {
  const left = await leave(midway);
  const states = await Promise.all([goOn(left), goOn(left)]);
  expect(states.flat().filter((state) => state === 'resumed')).toHaveLength(1);
  await expectWhole(left);
});

it('one that looks while another takes it over waits for that', async () => {
  const left = await leave(midway);
  let taken = (): void => undefined;
  const isTaken = new Promise<void>((resolve) => (taken = resolve));
  const claims: string[] = [];
  /** For a moment there is no claim: the dead one is away, and the new one not yet there. */
  const between = async (path: string, ...given: []) => {
    if (!path.endsWith('gitws-clone/claim')) return fs.promises.readFile(path, ...given);
    claims.push('looked');
    if (claims.length > 3) return fs.promises.readFile(path, ...given);
    await isTaken;
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  };
  const own = { ...fs, promises: { ...fs.promises, readFile: between } };
  const onConnection = ({ state }: { state: string }) => {
    if (state === 'resumed') taken();
  };
  const states: string[] = [];
  await Promise.all([
    git.clone({ fs, dir: left.dir, url: left.url, onConnection }),
    goOn(left, { fs: own }).then((told) => states.push(...told)),
  ]);
  expect(claims.length).toBeGreaterThan(3);
  expect(states).not.toContain('resumed');
  await expectWhole(left);
});

function before(call: Moment['call'], path: string): Moment {
  return { call, path, when: 'before' };
}

function after(call: Moment['call'], path: string): Moment {
  return { call, path, when: 'after' };
}
