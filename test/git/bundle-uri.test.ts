/** Clones with `bundleUri`, held against native git's and against those without. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, vi } from 'vitest';
import { bindRepository } from '../../src/index.js';
import git, { type CloneArguments } from '../../src/git/index.js';
import { git as realGit, gitBytes } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { cloneBundled, makeBundleGround, type BundleGround } from './bundle-ground.js';
import { stateOf } from './state.js';

let ground: BundleGround;
const uri = (path = '/all.bundle') => `${ground.host.url}${path}`;
const clone = (own: Partial<CloneArguments> = {}) =>
  cloneBundled(ground, { bundleUri: uri(), ...own });

/** Puts a list on the host. */
function list(mode: string, lines: readonly string[], path = '/list'): string {
  const text = `[bundle]\n\tversion = 1\n\tmode = ${mode}\n${lines.join('\n')}\n`;
  ground.host.files.set(path, Buffer.from(text));
  return uri(path);
}

const listed = (id: string, at: string, token?: number) =>
  `[bundle "${id}"]\n\turi = ${at}\n${token === undefined ? '' : `\tcreationToken = ${token}\n`}`;

beforeAll(async () => {
  ground = await makeBundleGround();
});

beforeEach(() => {
  ground.host.fault = () => undefined;
  ground.host.requests.length = 0;
});

describe('a clone with a bundle', () => {
  it('has what native git has with the same bundle, and takes little from the server', async () => {
    const { dir, down, warnings } = await clone();
    expect(warnings).toEqual([]);
    const expected = join(await temporaryDirectory(), 'native');
    const url = `file://${ground.bare}`;
    await realGit(['clone', '-q', `--bundle-uri=${uri()}`, url, expected]);
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    expect(down).toBeLessThan(ground.whole / 20);
  });

  it('asks the host once, and without credentials', async () => {
    await clone();
    const [request, ...others] = ground.host.requests;
    expect(others).toEqual([]);
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(request?.headers).not.toHaveProperty('cookie');
    expect(request?.range).toBeUndefined();
  });

  it('tells how far it is in a phase of its own', async () => {
    const events: { phase: string; loaded: number; total?: number }[] = [];
    await clone({ onProgress: (event) => void events.push(event) });
    const own = events.filter(({ phase }) => phase === 'Receiving bundle');
    const bytes = ground.host.files.get('/all.bundle')?.length;
    expect(own.at(-1)).toEqual({ phase: 'Receiving bundle', loaded: bytes, total: bytes });
  });

  it('asks the server for nothing but its refs where the bundle has all', async () => {
    await ground.bundle('/new.bundle', ['--branches', '--tags']);
    const { down, warnings, kept } = await clone({ bundleUri: uri('/new.bundle') });
    expect(warnings).toEqual([]);
    expect(kept).toContain(`refs/bundles/main ${await ground.remote('rev-parse', 'main')} `);
    expect(down).toBeLessThan(2_000);
  });

  it.each<[string, Partial<CloneArguments>, string[]]>([
    ['one branch', { singleBranch: true, ref: 'topic' }, ['--single-branch', '-b', 'topic']],
    ['no tags', { noTags: true }, ['--no-tags']],
    ['a tag', { ref: 'v1.0' }, ['-b', 'v1.0']],
    ['no blobs', { filter: 'blob:none' }, ['--filter=blob:none']],
  ])('goes with what is asked for: %s', async (_, own, native) => {
    const [dir, expected] = [await temporaryDirectory(), await temporaryDirectory()];
    await git.clone({ fs, dir, url: ground.url, bundleUri: uri(), ...own });
    const url = `file://${ground.bare}`;
    await ground.remote('config', 'uploadpack.allowFilter', 'true');
    await realGit(['clone', '-q', `--bundle-uri=${uri()}`, ...native, url, expected]);
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    expect(await realGit(['fsck', '--strict'], { cwd: dir })).not.toMatch(/error|missing/);
  });

  it('is fetched into, and pushed from, as any other', async () => {
    const { dir } = await clone();
    const { fetchHead } = await git.fetch({ fs, dir, url: ground.url });
    expect(fetchHead).toBe(await ground.remote('rev-parse', 'main'));
    await realGit(['gc', '-q', '--prune=now'], { cwd: dir });
    await realGit(['fsck', '--strict'], { cwd: dir });
  });

  it.each<[string, string[]]>([
    ['of version 3', ['--version=3', '--branches', '--tags']],
    ['of tags alone', ['--tags']],
    ['with HEAD', ['HEAD', '--branches', '--tags']],
  ])('takes a bundle %s', async (_, args) => {
    await ground.bundle('/other.bundle', args);
    const { warnings, down } = await clone({ bundleUri: uri('/other.bundle') });
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 2);
  });
});

describe('a list of bundles', () => {
  beforeAll(async () => {
    await ground.bundle('/lists/1.bundle', ['main~12']).catch(() => undefined);
    await ground.remote('branch', 'part', 'main~12');
    await ground.bundle('/lists/1.bundle', ['part']);
    await ground.remote('branch', '-f', 'part', 'main~6');
    await ground.bundle('/lists/2.bundle', ['part', '^main~12']);
    await ground.bundle('/lists/3.bundle', ['main', '^main~6']);
    await ground.remote('branch', '-D', 'part');
  });

  const all = ['1', '2', '3'].map((id) => `lists/${id}.bundle`);

  it.each([
    ['in order', [0, 1, 2]],
    ['in any order', [2, 1, 0]],
  ])('is taken %s, where all of them are the history', async (_, order) => {
    const lines = order.map((at) => listed(String(at), all[at] ?? ''));
    const { warnings, down, kept } = await clone({ bundleUri: list('all', lines) });
    expect(warnings).toEqual([]);
    expect(kept.map((line) => line.split(' ')[0])).toEqual([
      'refs/bundles/main',
      'refs/bundles/part',
    ]);
    expect(down).toBeLessThan(ground.whole / 2);
    expect(ground.host.requests.length).toBeLessThanOrEqual(1 + 2 * 3);
  });

  it('is taken from the newest that will do, where they say when they were made', async () => {
    await ground.bundle('/lists/base.bundle', ['main']);
    const lines = [
      listed('old', 'lists/1.bundle', 1),
      listed('base', 'lists/base.bundle', 5),
      listed('older', '/nowhere.bundle', 3),
    ];
    const bundleUri = list('all', ['\theuristic = creationToken', ...lines]);
    const { warnings } = await clone({ bundleUri });
    expect(warnings).toEqual([]);
    expect(ground.host.requests.map(({ path }) => path)).toEqual(['/list', '/lists/base.bundle']);
  });

  long('goes back to what the newest builds upon, and comes back', async () => {
    const lines = all.map((at, token) => listed(at, at, token + 1));
    const bundleUri = list('all', ['\theuristic = creationToken', ...lines]);
    const { warnings, down } = await clone({ bundleUri });
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 2);
    const paths = ground.host.requests.map(({ path }) => path.slice(-8));
    expect(paths).toEqual(
      ['/list', '3', '2', '1', '2', '3'].map((one) => (one.length > 1 ? one : `${one}.bundle`)),
    );
  });

  it('is tried until one will do, where any of them is enough', async () => {
    const lines = [listed('a', 'nowhere'), listed('b', '/all.bundle'), listed('c', '/never')];
    const { warnings, down } = await clone({ bundleUri: list('any', lines) });
    expect(warnings).toHaveLength(1);
    expect(ground.host.requests.map(({ path }) => path)).toEqual([
      '/list',
      '/nowhere',
      '/all.bundle',
    ]);
    expect(down).toBeLessThan(ground.whole / 20);
  });

  long('may name a list', async () => {
    list('all', [listed('a', '/all.bundle')], '/inner/list');
    const { warnings, kept } = await clone({ bundleUri: list('any', [listed('a', 'inner/list')]) });
    expect(warnings).toEqual([]);
    expect(kept).not.toEqual([]);
  });

  long('that names itself, or a file, is told and left', async () => {
    const lines = [listed('a', '/list'), listed('b', 'file:///etc/passwd')];
    const { warnings, kept } = await clone({ bundleUri: list('all', lines) });
    expect(warnings.length).toBeGreaterThan(1);
    expect(kept).toEqual([]);
    expect(ground.host.requests.length).toBeLessThan(10);
  });

  it('that names a place with a password is told without it', async () => {
    const lines = ['http://me:hidden@127.0.0.1:1/x?y=secret', '//me:hidden@127.0.0.1:1/x'].map(
      (at, id) => listed(String(id), at),
    );
    const { warnings } = await clone({ bundleUri: list('all', lines) });
    expect(warnings).toEqual([
      'warning: No bundle is fetched from "http://127.0.0.1:1/x".\n',
      'warning: No bundle is fetched from "//127.0.0.1:1/x".\n',
    ]);
  });

  it('takes what is good, and leaves what is not', async () => {
    const lines = [
      listed('a', '/all.bundle'),
      listed('b', '/lists/none'),
      listed('c', all[2] ?? ''),
    ];
    const { warnings, down } = await clone({ bundleUri: list('all', lines) });
    expect(warnings).toHaveLength(1);
    expect(down).toBeLessThan(ground.whole / 20);
  });
});

describe('a host that loses connections', () => {
  const bytes = () => ground.host.files.get('/all.bundle')?.length ?? 0;
  const ranges = () => ground.host.requests.map(({ range }) => range);

  it('is asked for what is missing', async () => {
    ground.host.fault = (_, count) => (count < 2 ? { cutAfter: 100_000 } : undefined);
    const { warnings, down } = await clone();
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 20);
    expect(ranges()).toHaveLength(3);
    expect(ranges()[0]).toBeUndefined();
    expect(
      ranges()
        .slice(1)
        .every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
    ).toBe(true);
  });

  long('is cut in its header as well', async () => {
    ground.host.fault = (_, count) => (count === 0 ? { cutAfter: 7 } : undefined);
    expect((await clone()).warnings).toEqual([]);
    expect(ranges()).toEqual([undefined, 'bytes=7-']);
  });

  it.each<[string, { ignoresRange?: boolean; gzip?: boolean }]>([
    ['knows no ranges', { ignoresRange: true }],
    ['compresses', { gzip: true }],
  ])('and %s sends all of it again, of which what has come is passed', async (_, how) => {
    ground.host.fault = (_, count) => (count === 0 ? { cutAfter: 200_000, ...how } : how);
    const { warnings, down } = await clone();
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 20);
    expect(ranges()).toHaveLength(2);
  });

  it('is begun anew with where the file is another one by then', async () => {
    const file = await ground.bundle('/newer.bundle', ['--branches']);
    ground.host.fault = (_, count) => (count === 0 ? { cutAfter: 200_000 } : { file });
    const { warnings, kept } = await clone();
    expect(warnings).toEqual([]);
    expect(kept).toContain(`refs/bundles/main ${await ground.remote('rev-parse', 'main')} `);
    expect(ranges().slice(-1)).toEqual([undefined]);
  });

  it.each<[string, Parameters<BundleGround['host']['fault']> extends never ? never : object]>([
    ['loses all of them', { cutAfter: 60_000 }],
    ['sends another part than is asked for', { contentRange: 'bytes 5-10/20' }],
    ['has a new file each time', { etag: 'new' }],
  ])('and %s is left', async (_, how) => {
    ground.host.fault = (_, count) => {
      const cut = { cutAfter: 60_000, ignoresRange: 'etag' in how };
      if ('etag' in how) return { ...cut, etag: `"${count}"` };
      return count === 0 ? cut : { ...cut, ...how, cutAfter: 'contentRange' in how ? bytes() : 10 };
    };
    const { warnings, kept, down } = await clone();
    expect(warnings).toHaveLength(1);
    expect(kept).toEqual([]);
    expect(down).toBeGreaterThan(ground.whole / 2);
    expect(ground.host.requests.length).toBeLessThan(8);
  });
});

/** @returns the same bundle with other refs. */
const withRefs = (bundle: Buffer, lines: readonly string[]): Buffer => {
  const pack = bundle.subarray(bundle.indexOf('\n\nPACK') + 2);
  return Buffer.concat([Buffer.from(`# v2 git bundle\n${lines.join('\n')}\n\n`), pack]);
};

describe('a bundle that is of no use', () => {
  const good = () => ground.host.files.get('/all.bundle') ?? Buffer.alloc(0);
  const oid = (ref: string) => ground.remote('rev-parse', ref);
  const nowhere = '1234567890123456789012345678901234567890';

  const useless: [string, () => Buffer | Promise<Buffer>][] = [
    ['is a page', () => Buffer.from('<!doctype html><title>Welcome</title>')],
    ['is empty', () => Buffer.alloc(0)],
    ['is a header alone', () => good().subarray(0, 60)],
    ['has no refs', () => withRefs(good(), [])],
    ['is cut off', () => good().subarray(0, good().length / 2)],
    [
      'has a byte that is wrong',
      () => {
        const bytes = Buffer.from(good());
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
        return bytes;
      },
    ],
    ['goes on behind its end', () => Buffer.concat([good(), Buffer.from('more')])],
    ['names what it has not', () => withRefs(good(), [`${nowhere} refs/heads/main`])],
    [
      'has a commit without its tree',
      async () => packOf(await listOf((line) => line.endsWith(' tree'))),
    ],
    [
      'lacks one blob',
      async () => packOf(await listOf((line, at) => line.endsWith(' blob') && at > 20)),
    ],
    ['builds upon what is nowhere', () => ground.bundle('/part', ['main', '^main~3'])],
    [
      'builds upon less than it says',
      async () => {
        const bytes = await ground.bundle('/part', ['main', '^main~3']);
        return withRefs(bytes, [`${await oid('main')} refs/heads/main`]);
      },
    ],
    [
      'leaves out blobs',
      () => ground.bundle('/part', ['--version=3', '--filter=blob:none', 'main']),
    ],
    [
      'has objects of another format',
      () =>
        Buffer.concat([
          Buffer.from('# v3 git bundle\n@object-format=sha256\n'),
          good().subarray(16),
        ]),
    ],
    ['is of a later version', () => Buffer.concat([Buffer.from('# v4'), good().subarray(4)])],
    [
      'has a ref that leads elsewhere',
      async () => withRefs(good(), [`${await oid('main~1')} refs/heads/../../config`]),
    ],
  ];
  /** Those of which the parts that refuse them are tried by no other test. */
  const first = new Set(['is a page', 'is cut off', 'lacks one blob', 'leaves out blobs']);
  const isFirst = ([what]: (typeof useless)[number]): boolean => first.has(what);

  async function expectLeft(_: string, make: () => Buffer | Promise<Buffer>): Promise<void> {
    ground.host.files.set('/bad', await make());
    const { dir, warnings, kept, down } = await clone({ bundleUri: uri('/bad') });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^warning: The bundle at http.*\/bad is of no use: .*\.\n$/);
    expect(kept).toEqual([]);
    expect(down).toBeGreaterThan(ground.whole * 0.9);
    const loose = await realGit(['count-objects', '-v'], { cwd: dir });
    expect(loose).toMatch(/^packs: 1$/m);
  }

  const told = '%s: that is told, and nothing of it is left';
  it.each(useless.filter(isFirst))(told, expectLeft);
  long.each(useless.filter((one) => !isFirst(one)))(told, expectLeft);

  /** The objects of main, but for one. */
  async function listOf(isLeftOut: (line: string, at: number) => boolean): Promise<string[]> {
    const text = await ground.remote('rev-list', '--objects', '--no-object-names', 'main~1');
    const checked = await realGit(
      ['--git-dir', ground.bare, 'cat-file', '--batch-check=%(objectname) %(objecttype)'],
      { input: `${text}\n` },
    );
    const lines = checked.trim().split('\n');
    const out = lines.findIndex(isLeftOut);
    return lines.filter((_, at) => at !== out).map((line) => line.slice(0, 40));
  }

  async function packOf(oids: readonly string[]): Promise<Buffer> {
    const pack = await gitBytes(
      ['--git-dir', ground.bare, 'pack-objects', '-q', '--stdout', '--delta-base-offset'],
      { input: `${oids.join('\n')}\n` },
    );
    const head = Buffer.from(`# v2 git bundle\n${await oid('main~1')} refs/heads/main\n\n`);
    return Buffer.concat([head, pack]);
  }

  it('says what the refs are, which changes nothing', async () => {
    const [a, b] = [await oid('main~5'), await oid('main~9')];
    const lines = [
      `${a} refs/heads/main`,
      `${b} refs/heads/evil`,
      `${b} refs/tags/v1.0`,
      `${a} refs/remotes/origin/x`,
      `${a} HEAD`,
    ];
    ground.host.files.set('/lies', withRefs(good(), lines));
    const { warnings, kept } = await clone({ bundleUri: uri('/lies') });
    expect(warnings).toEqual([]);
    expect(kept).toEqual([`refs/bundles/evil ${b} `, `refs/bundles/main ${a} `]);
  });

  long('has branches that cannot stand beside each other: the first one is kept', async () => {
    const one = await oid('main~5');
    ground.host.files.set(
      '/lies',
      withRefs(good(), [`${one} refs/heads/a`, `${one} refs/heads/a/b`]),
    );
    const { warnings, kept } = await clone({ bundleUri: uri('/lies') });
    expect(warnings).toEqual([]);
    expect(kept).toEqual([`refs/bundles/a ${one} `]);
  });

  it.each<[string, object, number]>([
    ['is nowhere', { status: 404 }, 1],
    ['is refused', { status: 403 }, 1],
    ['cannot be had now', { status: 503 }, 1],
    ['is a part that nobody asked for', { status: 206 }, 1],
    ['is behind a redirect that leads in a circle', { location: '/all.bundle' }, 1],
    ['never begins', { cutAfter: 0 }, 1],
  ])('%s: that is told', async (_, how, count) => {
    ground.host.fault = () => how;
    const { warnings, kept } = await clone();
    expect(warnings).toHaveLength(count);
    expect(kept).toEqual([]);
  });

  long('lies elsewhere: a redirect is followed', async () => {
    ground.host.fault = (path) => (path === '/moved' ? { location: '/all.bundle' } : undefined);
    expect((await clone({ bundleUri: uri('/moved') })).warnings).toEqual([]);
  });

  it.each([1, 100])('has branches whose names no file can have, and %i more', async (count) => {
    const main = await oid('main~1');
    const names = ['x'.repeat(300), `${'y/'.repeat(3_000)}z`, 'é'.repeat(120)];
    const others = Array.from({ length: count }, (_, at) => `other/${at}`);
    const lines = [...names, ...others].map((name) => `${main} refs/heads/${name}`);
    ground.host.files.set('/long', withRefs(good(), lines));
    const { warnings, kept } = await clone({ bundleUri: uri('/long') });
    expect(warnings).toEqual([]);
    expect(kept).toHaveLength(count);
  });

  it('has no end: it is left at the limit', async () => {
    ground.host.fault = () => ({ isEndless: true, file: Buffer.from('# v2 git bundle\n-') });
    expect((await clone()).warnings[0]).toContain('"bundleHeaderBytes"');
    ground.host.fault = () => ({ isEndless: true, file: Buffer.from('no bundle ') });
    expect((await clone()).warnings[0]).toContain('"bundleListBytes"');
    ground.host.fault = () => ({ isEndless: true });
    expect((await clone()).warnings).toHaveLength(1);
  });

  it('is larger than the limit on packs', async () => {
    const tags = Array.from({ length: 3_000 }, (_, at) => `refs/tags/many/${at}`);
    const main = await oid('main~1');
    const lines = [`${main} refs/heads/main`, ...tags.map((tag) => `${main} ${tag}`)];
    ground.host.files.set('/large', withRefs(good(), lines));
    expect((await clone({ bundleUri: uri('/large') })).warnings).toEqual([]);
    const limits = { packBytes: good().length + 50_000 };
    const { http } = bindRepository({ fs, dir: '/anywhere', url: ground.url, limits });
    const { warnings } = await clone({ bundleUri: uri('/large'), http });
    expect(warnings[0]).toContain('"packBytes"');
  });

  it('cannot be reached', async () => {
    const { warnings } = await clone({ bundleUri: 'http://127.0.0.1:1/all.bundle' });
    expect(warnings[0]).toContain('could not be reached');
  });

  it('is told on the console where nobody listens', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    await clone({ bundleUri: uri('/nowhere?token=secret'), onMessage: undefined });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^gitws: The bundle at .*404/)]]);
    expect(String(warn.mock.calls)).not.toContain('secret');
  });
});

describe('a clone with a bundle that is ended', () => {
  const ended = async (own: Partial<CloneArguments>) => {
    const dir = join(await temporaryDirectory(), 'clone');
    return {
      dir,
      error: await git.clone({ fs, dir, url: ground.url, bundleUri: uri(), ...own }).then(
        () => undefined,
        (error: unknown) => error,
      ),
    };
  };

  it('by its signal, while nothing comes, leaves nothing', async () => {
    const controller = new AbortController();
    ground.host.fault = () => {
      setImmediate(() => controller.abort());
      return { stalls: true };
    };
    const { dir, error } = await ended({ signal: controller.signal });
    expect(error).toMatchObject({ code: 'UserCanceledError' });
    expect(fs.existsSync(dir)).toBe(false);
  });

  it.each(['onProgress', 'onMessage'])('by its signal, in its %s, asks nobody', async (name) => {
    const lines = [listed('a', 'nowhere'), listed('b', '/all.bundle')];
    const bundleUri = list('any', lines);
    const controller = new AbortController();
    const rejected: unknown[] = [];
    const onRejection = (reason: unknown) => void rejected.push(reason);
    process.on('unhandledRejection', onRejection);
    onTestFinished(() => void process.off('unhandledRejection', onRejection));
    const own = { bundleUri, signal: controller.signal, [name]: () => controller.abort() };
    const { dir, error } = await ended(own);
    await new Promise((resolve) => setImmediate(resolve));
    expect(error).toMatchObject({ code: 'UserCanceledError' });
    expect(fs.existsSync(dir)).toBe(false);
    expect(rejected).toEqual([]);
    const paths = ground.host.requests.map(({ path }) => path);
    expect(paths).toEqual(name === 'onMessage' ? ['/list', '/nowhere'] : ['/list']);
  });

  it.each(['onProgress', 'onMessage'])('by its %s, leaves nothing', async (name) => {
    const own = name === 'onMessage' ? { bundleUri: uri('/nowhere') } : {};
    const mine = new Error('mine');
    const { dir, error } = await ended({ ...own, [name]: () => Promise.reject(mine) });
    expect(error).toBe(mine);
    expect(fs.existsSync(dir)).toBe(false);
  });

  it.each<[string, Partial<CloneArguments>]>([
    ['depth', { depth: 1 }],
    ['since', { since: new Date() }],
    ['exclude', { exclude: ['v1.0'] }],
    ['a path', { bundleUri: '/all.bundle' }],
    ['a file', { bundleUri: 'file:///all.bundle' }],
    ['a user', { bundleUri: 'https://a:b@host/all.bundle' }],
    ['an http of others', { http: { request: () => Promise.reject(new Error('none')) } }],
  ])('since it does not go with %s', async (_, own) => {
    const { dir, error } = await ended(own);
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    expect(fs.existsSync(dir)).toBe(false);
  });
});
