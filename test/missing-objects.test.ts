/**
 * A fetch whose answer is not what was asked for rejects before a ref is written, through either
 * plugin; and one whose answer is git's own never does, whatever was asked for.
 */
import * as nodeFs from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { it, long } from './helpers/long.js';
import { bindRepository, createHttpClient } from '../src/index.js';
import { encodePktLine, flushPkt } from '../src/wire/pkt-line.js';
import { startFakeServer } from './helpers/fake-server.js';
import {
  expectSoundRepository,
  git as realGit,
  gitBytes,
  gitStatus,
  makeRepository,
} from './helpers/git.js';
import { playFetch, recordFetch, type PlayedFetch } from './helpers/played-fetch.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';
import { advertisement as advertise, band } from './isomorphic/smart-bytes.js';

const plugins = {
  http: (dir: string, url: string) => ({ fs: nodeFs, dir, url, http: createHttpClient() }),
  bindRepository: (dir: string, url: string) => bindRepository({ fs: nodeFs, dir, url }),
  'bindRepository, in full': (dir: string, url: string) =>
    bindRepository({ fs: nodeFs, dir, url, checkConnectivity: 'full' }),
};
const pluginNames = ['http', 'bindRepository'] as const;

let root: string;
let gitDir: string;
let head: string;
let dir: string;
let url: string;
let played: Pick<PlayedFetch, 'advertisement' | 'answer'>;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 12 }));
  const server = await startFakeServer((session) => playFetch(session, played));
  url = `${server.url}/site.git`;
});

beforeEach(async () => {
  dir = await temporaryDirectory();
});

/** What upload-pack would answer with this pack. */
const answerOf = (pack: Uint8Array): Uint8Array =>
  Buffer.concat([encodePktLine('NAK\n'), band(2, 'words\n'), band(1, pack), flushPkt]);

/** A pack of what these revisions reach; of nothing without any. */
const packOf = (revisions: readonly string[], thin = false): Promise<Uint8Array> =>
  gitBytes(['pack-objects', ...(thin ? [] : ['--revs']), '--stdout', '-q', '--delta-base-offset'], {
    ...{ cwd: gitDir, input: `${revisions.join('\n')}\n` },
  });

const refsIn = async (where: string): Promise<string[]> => {
  const names = await readdir(join(where, '.git'), { recursive: true }).catch(() => []);
  return names.filter((name) => /^(packed-refs|shallow|FETCH_HEAD|refs\/.*\/.*)$/.test(name));
};

describe.each(pluginNames)('through %s', (plugin) => {
  const nak = encodePktLine('NAK\n');
  const empty = Buffer.from('0005\x01');
  it.each<[what: string, answer: () => Promise<Uint8Array> | Uint8Array, code: string]>([
    ['no pack, but an end', () => Buffer.concat([nak, flushPkt]), 'MALFORMED_PKT_LINE'],
    [
      'no pack, but words',
      () => Buffer.concat([nak, band(2, 'hm\n'), flushPkt]),
      'MISSING_OBJECTS',
    ],
    ['an empty band', () => Buffer.concat([nak, empty, flushPkt]), 'MISSING_OBJECTS'],
    ['nothing but NAK', () => nak, 'MALFORMED_PKT_LINE'],
    ['nothing', () => new Uint8Array(0), 'MALFORMED_PKT_LINE'],
    ['a pack of no objects', async () => answerOf(await packOf([])), 'MISSING_OBJECTS'],
    [
      'the pack of an older commit',
      async () => answerOf(await packOf(['main~1'])),
      'MISSING_OBJECTS',
    ],
    [
      'a pack that lacks one branch',
      async () => answerOf(await packOf(['main'])),
      'MISSING_OBJECTS',
    ],
    [
      'the pack of another repository',
      async () => {
        const other = await makeRepository(await temporaryDirectory(), { seed: 5 });
        return answerOf((await recordFetch(other.gitDir)).pack);
      },
      'MISSING_OBJECTS',
    ],
  ])('%s is no answer, and no ref is written', async (_what, answer, code) => {
    played = { ...(await recordFetch(gitDir)), answer: await answer() };
    await git.init({ fs: nodeFs, dir });
    await git.addRemote({ fs: nodeFs, dir, remote: 'origin', url });
    const bound = plugins[plugin](dir, url);
    await expect(git.fetch({ ...bound, remote: 'origin' })).rejects.toMatchObject({ code });
    expect(await refsIn(dir)).toEqual([]);
    expect(await readdir(join(dir, '.git/objects/pack'))).toEqual([]);
    const cloned = git.clone({ ...plugins[plugin](join(dir, 'clone'), url) });
    await expect(cloned).rejects.toMatchObject({ code });
    expect(await refsIn(join(dir, 'clone'))).toEqual([]);
  });
});

describe('a pack with a tip whose neighbours are missing', () => {
  const answerOnly = async (...objects: string[]): Promise<void> => {
    const named = await Promise.all(
      objects.map((name) => realGit(['rev-parse', name], { cwd: gitDir })),
    );
    const advertisement = advertise({ HEAD: head, 'refs/heads/main': head });
    played = { advertisement, answer: answerOf(await packOf(named, true)) };
  };
  const clone = (): Promise<void> =>
    git.clone({ ...bindRepository({ fs: nodeFs, dir, url }), noCheckout: true });

  it.each([
    ['its tree', ['main', 'main~1']],
    ['its parent', ['main', 'main^{tree}']],
  ])('(%s) is refused by a bound repository', async (_what, objects) => {
    await answerOnly(...objects);
    await expect(clone()).rejects.toMatchObject({ code: 'MISSING_OBJECTS' });
  });

  it('is taken with what is near it', async () => {
    await answerOnly('main', 'main^{tree}', 'main~1');
    await clone();
    expect(await git.resolveRef({ fs: nodeFs, dir, ref: 'HEAD' })).toBe(head);
  });
});

describe('a pack that lacks one object deep in the history', () => {
  let objects: string[];

  beforeAll(async () => {
    const all = await realGit(['rev-list', '--objects', 'main'], { cwd: gitDir });
    objects = all.split('\n').map((line) => line.slice(0, 40));
  });

  it.each([
    ['a commit', 'rev-parse main~6'],
    ['a tree', 'rev-parse main~6:src'],
    ['a blob', 'rev-parse main~9:latest'],
  ])('(%s) is refused where all is looked at, and no ref is written', async (_what, command) => {
    const lacking = await realGit(command.split(' '), { cwd: gitDir });
    expect(objects).toContain(lacking);
    const advertisement = advertise({ HEAD: head, 'refs/heads/main': head });
    const rest = objects.filter((oid) => oid !== lacking);
    played = { advertisement, answer: answerOf(await packOf(rest, true)) };
    const cloned = git.clone({ ...plugins['bindRepository, in full'](dir, url) });
    await expect(cloned).rejects.toMatchObject({
      ...{ code: 'MISSING_OBJECTS', data: { missing: [lacking] } },
    });
    expect(await refsIn(dir)).toEqual([]);
    // What git says to the same.
    await realGit(['init', '-q', join(dir, 'real')]);
    const at = { cwd: join(dir, 'real') };
    const pack = await packOf(rest, true);
    await realGit(['index-pack', '--stdin'], { ...at, input: pack });
    const list = ['rev-list', '--objects', '--quiet', '--stdin', '--not', '--all'];
    const { code } = await gitStatus(list, { ...at, input: `${head}\n` });
    expect(code).not.toBe(0);
  });

  it('is no other word than these two', () => {
    const make = (checkConnectivity: unknown) => () =>
      bindRepository({ fs: nodeFs, dir, url, checkConnectivity: checkConnectivity as 'full' });
    expect(make('tips')).not.toThrow();
    for (const word of ['all', true, null, '']) {
      expect(make(word)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
  });
});

describe('what git answers is never refused', () => {
  let real: string;

  beforeAll(async () => {
    const server = await startServer({ root });
    real = `${server.url}/odd.git`;
    const odd = join(root, 'odd.git');
    await realGit(['clone', '-q', '--mirror', 'site.git', 'odd.git'], { cwd: root });
    const at = { cwd: odd };
    // Tags of a tree and of a blob, a tag of a tag, branches that others contain, deltified tips.
    await realGit(
      ['update-ref', 'refs/tags/tree', await realGit(['rev-parse', 'main^{tree}'], at)],
      at,
    );
    const blob = await realGit(['hash-object', '-w', '--stdin'], { ...at, input: 'a blob' });
    await realGit(['update-ref', 'refs/tags/blob', blob], at);
    await realGit(['tag', '-a', '-m', 'again', 'v1.0-again', 'v1.0'], at);
    for (const behind of [1, 3, 7]) {
      await realGit(['branch', `old-${behind}`, `main~${behind}`], at);
    }
    // A submodule, whose commit is in no repository of these.
    const tree = await realGit(['ls-tree', 'main'], at);
    const input = `160000 commit ${'5'.repeat(40)}\tmodule\n${tree}\n`;
    const made = await realGit(['mktree', '--missing'], { ...at, input });
    const commit = await realGit(['commit-tree', made, '-p', 'main', '-m', 'a submodule'], at);
    await realGit(['update-ref', 'refs/heads/main', commit], at);
    await realGit(['repack', '-adfq', '--window=250', '--depth=50'], at);
  });

  describe.each([...pluginNames, 'bindRepository, in full'] as const)('through %s', (plugin) => {
    const bound = () => ({ ...plugins[plugin](dir, real), remote: 'origin' });
    const sound = () => expectSoundRepository(join(dir, '.git'));

    it('in a clone, and a fetch of nothing new, also where refs are lost or local ones are ahead', async () => {
      await git.clone({ ...bound(), noCheckout: true });
      await git.fetch({ ...bound(), tags: true });
      // What is wanted is behind what is had, and no ref tells.
      await git.deleteRef({ fs: nodeFs, dir, ref: 'refs/remotes/origin/old-3' });
      await git.deleteRef({ fs: nodeFs, dir, ref: 'refs/tags/checkpoint' });
      await git.fetch({ ...bound(), tags: true });
      await git.fetch({ ...bound(), ref: 'old-7', singleBranch: true });
      await sound();
    });

    long(
      'in shallow clones that are deepened, by depth, time, exclusion, and to the whole',
      async () => {
        const date = await realGit(['log', '-1', '--format=%ct', 'main~4'], { cwd: gitDir });
        const since = new Date(Number(date) * 1000);
        await git.clone({ ...bound(), depth: 1, noCheckout: true });
        await git.fetch({ ...bound(), depth: 1 });
        await git.fetch({ ...bound(), depth: 2, tags: true });
        await git.fetch({ ...bound(), since });
        await git.fetch({ ...bound(), exclude: ['refs/heads/old-7'] });
        await git.fetch({ ...bound(), depth: 1, relative: true });
        // The boundary is known, and no ref is: what is wanted is not sent again.
        await realGit(['pack-refs', '--all'], { cwd: dir });
        await nodeFs.promises.rm(join(dir, '.git/packed-refs'));
        await git.fetch({ ...bound(), depth: 5, singleBranch: true, ref: 'main' });
        await git.fetch({ ...bound(), depth: 2147483647, tags: true });
        await sound();
      },
    );
  });
});
