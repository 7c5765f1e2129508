/** What a gateway keeps of a foreign host: real git there, here, and as the client. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import { it, long } from '../../helpers/long.js';
import gitws from '../../../src/git/index.js';
import { startForeignHost } from '../../helpers/foreign-host.js';
import { CachedGateway, refsOf, site } from '../../helpers/cached-gateway.js';
import { expectSoundRepository, git, makeRepository } from '../../helpers/git.js';
import { eventually } from '../../helpers/processes.js';

let all: CachedGateway;

beforeEach(async () => {
  all = await CachedGateway.start();
});

/** A clone of all refs: what it gets is what upstream has. */
async function expectTheSame(): Promise<void> {
  const clone = await all.clone(['--mirror']);
  expect(await refsOf(clone)).toBe(await refsOf(all.repository));
  await expectSoundRepository(clone);
}

it('the second clone costs the upstream one request, and is the same', async () => {
  await expectTheSame();
  expect(all.host.asked()).toEqual(['info/refs', 'ls-refs', 'ls-refs', 'fetch']);
  await expectTheSame();
  expect(all.host.asked()).toEqual(['ls-refs']);
  expect(await all.uses(2)).toEqual(['fetched', 'unchanged']);
  const [mirror = ''] = await all.mirrors();
  await expectSoundRepository(mirror);
});

describe('what has changed upstream is seen at once:', () => {
  const changes: [string, () => Promise<unknown>][] = [
    ['a new commit', () => all.commit('main')],
    [
      'a branch in the place of a folder of branches',
      async () => {
        await git(['branch', '-D', 'release/1.0'], { cwd: all.repository });
        await git(['branch', 'release', all.head], { cwd: all.repository });
      },
    ],
    [
      'a history that was rewritten',
      async () => {
        const parent = await git(['rev-parse', `${all.head}~5`], { cwd: all.repository });
        await all.commit('main', { parent });
      },
    ],
    [
      'another HEAD',
      () => git(['symbolic-ref', 'HEAD', 'refs/heads/topic'], { cwd: all.repository }),
    ],
    ['a new branch', () => all.commit('new')],
    ['a tag', () => git(['tag', 'v9', all.head], { cwd: all.repository })],
    ['a deleted branch', () => git(['branch', '-D', 'topic'], { cwd: all.repository })],
    [
      'a HEAD on a branch that is not there yet',
      () => git(['symbolic-ref', 'HEAD', 'refs/heads/none'], { cwd: all.repository }),
    ],
    [
      'a ref that no clone asks for',
      () => git(['update-ref', 'refs/pull/1/head', `${all.head}~3`], { cwd: all.repository }),
    ],
  ];
  const seen = async (_what: string, change: () => Promise<unknown>): Promise<void> => {
    await all.clone();
    await change();
    await expectTheSame();
    all.host.asked();
    await expectTheSame();
    // Known now: nothing is fetched again.
    expect(all.host.asked()).toEqual(['ls-refs']);
    expect(await all.uses(3)).toEqual(['fetched', 'fetched', 'unchanged']);
    const [mirror = ''] = await all.mirrors();
    await expectSoundRepository(mirror);
  };
  it.each(changes.slice(0, 4))('%s', seen);
  long.each(changes.slice(4))('%s', seen);

  it('a HEAD on a commit', async () => {
    await all.clone();
    await git(['update-ref', '--no-deref', 'HEAD', `${all.head}~2`], { cwd: all.repository });
    const dir = await all.clone();
    const wanted = await git(['rev-parse', 'HEAD'], { cwd: all.repository });
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(wanted);
    all.host.asked();
    await all.clone();
    expect(all.host.asked()).toEqual(['ls-refs']);
  });

  it('everything at once, and nothing left of what was before', async () => {
    const cwd = all.repository;
    await all.clone();
    await git(['branch', '-D', 'topic', 'release/1.0'], { cwd });
    await git(['tag', '-d', 'v1.0', 'checkpoint'], { cwd });
    await all.commit('main');
    await expectTheSame();
  });
});

it('an empty repository is empty, until it is not', async () => {
  const empty = join(all.base, 'upstream/empty.git');
  await git(['init', '--bare', '--initial-branch=trunk', empty]);
  await all.clone([], 'empty.git');
  const refs = await git(['ls-remote', all.url('empty.git')], { env: all.env });
  expect(refs).toBe('');
  const { head } = await makeRepository(join(all.base, 'another.git'), { commits: 3 });
  const from = join(all.base, 'another.git');
  await git(['fetch', from, 'main:refs/heads/trunk'], { cwd: empty });
  const dir = await all.clone([], 'empty.git');
  expect(await git(['rev-parse', 'refs/heads/trunk'], { cwd: dir })).toBe(head);
  expect(await all.uses(3)).toEqual(['fetched', 'unchanged', 'fetched']);
});

it('an upstream that speaks only version 0 is kept as well', async () => {
  const { attend } = all.host;
  all.host.attend = (request, response) => {
    delete (request.headers as Record<string, unknown>)['git-protocol'];
    return attend(request, response);
  };
  await expectTheSame();
  all.host.asked();
  await expectTheSame();
  expect(all.host.asked()).toEqual(['info/refs']);
  await all.commit('main');
  await expectTheSame();
  expect(await all.uses(3)).toEqual(['fetched', 'unchanged', 'fetched']);
});

it('has filters, depth and objects by their ids where the upstream has none', async () => {
  for (const setting of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']) {
    await git(['config', setting, 'false'], { cwd: all.repository });
  }
  const partial = await all.clone(['--filter=blob:none']);
  const missing = await git(['rev-list', '--objects', '--all', '--missing=print'], {
    cwd: partial,
    env: { ...all.env, GIT_NO_LAZY_FETCH: '1' },
  });
  expect(missing).toMatch(/^\?/m);
  const blobs = await git(['ls-tree', '-r', '--format=%(objectname)', 'HEAD'], {
    cwd: all.repository,
  });
  const [blob = ''] = blobs.split('\n');
  expect(await git(['cat-file', 'blob', blob], { cwd: partial, env: all.env })).not.toBe('');
  const shallow = await all.clone(['--depth=1']);
  expect(await git(['rev-list', '--count', 'HEAD'], { cwd: shallow })).toBe('1');
});

it('gitws/git clones and fetches from it', async () => {
  const url = `${all.host.url}/${site}`;
  const dir = all.fresh();
  const options = { fs, dir, gateway: all.gateway.url };
  await gitws.clone({ ...options, url });
  await gitws.clone({ ...options, dir: all.fresh(), url });
  const theirs = await all.commit('main');
  await gitws.fetch({ ...options, remote: 'origin' });
  expect(await gitws.resolveRef({ fs, dir, ref: 'refs/remotes/origin/main' })).toBe(theirs);
  await expectSoundRepository(dir);
  expect(await all.uses(3)).toEqual(['fetched', 'unchanged', 'fetched']);
});

it('clients who come at once share one fetch', async () => {
  const clones = await Promise.all([1, 2, 3, 4, 5].map(() => all.clone(['--mirror'])));
  for (const clone of clones) expect(await refsOf(clone)).toBe(await refsOf(all.repository));
  expect(all.host.asked().filter((one) => one === 'fetch')).toEqual(['fetch']);
  expect((await all.mirrors()).length).toBe(1);
});

it('a fetch goes on when who asked for it has left, for those who come next', async () => {
  let release!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  let reached!: () => void;
  const reaching = new Promise<void>((resolve) => (reached = resolve));
  all.host.attend = async ({ what }) => {
    if (what !== 'fetch') return false;
    reached();
    await held;
    return false;
  };
  const stop = new AbortController();
  const dir = all.fresh();
  const url = `${all.host.url}/${site}`;
  const leaving = gitws.clone({ fs, dir, url, gateway: all.gateway.url, signal: stop.signal });
  const left = expect(leaving).rejects.toMatchObject({ code: 'UserCanceledError' });
  await reaching;
  stop.abort();
  await left;
  all.host.asked();
  const next = all.clone();
  release();
  await next;
  // From what was fetched for somebody else, whether that was under way still or not.
  expect((await all.uses(1)).at(-1)).not.toBe('past');
  expect(all.host.asked()).not.toContain('fetch');
});

it('is served through real nginx, too, whose answers are compressed', async () => {
  const host = await startForeignHost(join(all.base, 'upstream'));
  await all.gateway.close();
  await all.startGateway({ upstreams: [{ url: host.url, private: true }] });
  const url = `ws${all.gateway.url.slice('http'.length)}/${host.name}/${site}`;
  for (const dir of [all.fresh(), all.fresh()]) {
    await git(['clone', '--mirror', url, dir], { env: all.env });
    expect(await refsOf(dir)).toBe(await refsOf(all.repository));
  }
  expect(await all.uses(2)).toEqual(['fetched', 'unchanged']);
});

it('a mirror gets a bitmap and a commit-graph, and stays what it is', async () => {
  await all.gateway.close();
  await all.startGateway({ maintenance: true });
  await all.clone();
  const [mirror = ''] = await all.mirrors();
  const has = (name: string) =>
    fs
      .readdirSync(join(mirror, 'objects'), { recursive: true })
      .some((path) => String(path).endsWith(name));
  await eventually(() => has('.bitmap') && has('commit-graph'));
  await expectTheSame();
  await all.gateway.close();
  await expectSoundRepository(mirror);
});
