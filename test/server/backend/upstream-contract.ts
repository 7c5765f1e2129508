/**
 * What can be done with a repository of a host elsewhere, through a gateway, whatever that host runs and
 * however it is reached: by native git, by `gitws/git`, and by isomorphic-git with the plugin.
 */
import * as fs from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as isomorphic from 'isomorphic-git';
import { describe, expect } from 'vitest';
import git from '../../../src/git/index.js';
import { createHttpClient } from '../../../src/index.js';
import { expectSoundRepository, git as run, gitStatus } from '../../helpers/git.js';
import { it } from '../../helpers/long.js';
import { startProxy } from '../../helpers/proxy.js';

/** The host, the gateway before it, and the repository of which all is tried. */
export interface UpstreamWorld {
  /** A directory for clones. */
  readonly base: string;
  /** Of the gateway: `http://HOST:PORT`. */
  readonly gateway: string;
  /** The repository's URL through the gateway, for native git. */
  readonly through: string;
  /** Its URLs on the host itself, as `gateway` has them, by what they are. */
  readonly urls: Readonly<Record<string, string>>;
  /** Where it lies: 300 commits, two large files; filters and pushes are allowed. */
  readonly repository: string;
  readonly head: string;
  /** Of native git, which finds the helper for `ws://`. */
  readonly env: Record<string, string>;
  /** Runs git in the repository. */
  readonly there: (...args: readonly string[]) => Promise<string>;
  /** How many sessions have ended. */
  readonly sessions: () => number;
  /** How many requests with a body the host has had, where it counts them. */
  readonly requests?: () => number;
}

/** Who runs a test: vitest's `it`, or that of the long run. */
type Test = typeof it;

const author = { name: 'Test Author', email: 'author@example.com' };

/**
 * @param world of the test file, from its `beforeAll` on.
 * @param versions of the protocol that native git speaks, and who runs what it does with each.
 */
export function upstreamCases(
  world: () => UpstreamWorld,
  versions: Readonly<Record<string, Test>>,
): void {
  describe('native git', () => {
    for (const [version, test] of Object.entries(versions)) readingCases(world, version, test);
    pushingCases(world);
  });
  describe('gitws/git', () => {
    ownCases(world);
  });
  describe('isomorphic-git with the plugin', () => {
    pluginCases(world);
  });
}

let count = 0;

/** @returns where nothing is yet. */
export function freshIn({ base }: Pick<UpstreamWorld, 'base'>): string {
  return join(base, `clone-${(count += 1)}`);
}

/** A commit in the repository, as somebody else makes it. @returns its oid. */
async function commitUpstream({ there, head }: UpstreamWorld, branch: string): Promise<string> {
  const tree = await there('rev-parse', `${head}^{tree}`);
  const oid = await there('commit-tree', tree, '-p', head, '-m', `on ${branch}`);
  await there('update-ref', `refs/heads/${branch}`, oid);
  return oid;
}

function readingCases(world: () => UpstreamWorld, version: string, test: Test): void {
  const native = (args: readonly string[], cwd = world().base, more = {}) =>
    run(['-c', `protocol.version=${version}`, ...args], { cwd, env: { ...world().env, ...more } });

  test(`clones, and speaks the version with the host that it is told to: version ${version}`, async () => {
    const dir = freshIn(world());
    const trace = `${dir}.trace`;
    await native(['clone', '--bare', world().through, dir], undefined, { GIT_TRACE_PACKET: trace });
    const said = await fs.promises.readFile(trace, 'utf8');
    const spoken = ['1', '2'].find((one) => said.includes(`< version ${one}`)) ?? '0';
    expect(spoken).toBe(version);
    const refs = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads'];
    expect(await run(refs, { cwd: dir })).toBe(await world().there(...refs));
    await expectSoundRepository(dir);
  });

  test(`clones shallowly, deepens, and makes it whole: version ${version}`, async () => {
    const dir = freshIn(world());
    const { through, there } = world();
    const counted = ['rev-list', '--count', 'HEAD'];
    await native(['clone', '--bare', '--depth=2', '--single-branch', through, dir]);
    const shallow = Number(await run(counted, { cwd: dir }));
    await native(['fetch', '--deepen=10', through, 'HEAD'], dir);
    const deeper = Number(await run(counted, { cwd: dir }));
    expect(deeper).toBeGreaterThan(shallow);
    await native(['fetch', '--unshallow', through, 'HEAD'], dir);
    expect(await run(counted, { cwd: dir })).toBe(await there(...counted));
    await expectSoundRepository(dir);
  });

  test(`clones a part, and gets the rest when it is read: version ${version}`, async () => {
    const dir = freshIn(world());
    const { through, there, env } = world();
    await native(['clone', '--bare', '--filter=blob:none', through, dir]);
    const blobs = await there('ls-tree', '-r', '--format=%(objectname)', 'HEAD');
    const [blob = ''] = blobs.split('\n');
    expect(await run(['cat-file', 'blob', blob], { cwd: dir, env })).toBe(
      await there('cat-file', 'blob', blob),
    );
  });

  test(`fetches in several rounds where much is not in common: version ${version}`, async () => {
    const dir = freshIn(world());
    const { through, head } = world();
    await native(['clone', '--bare', through, dir]);
    // More than git offers in the first rounds, and all of it unknown there.
    const commits = Array.from({ length: 150 }, (_, n) => [
      ...['commit refs/heads/rounds', 'committer A <a@b> 1735689600 +0000', 'data 3', `${100 + n}`],
      ...(n === 0 ? [`from ${head}`] : []),
      'M 100644 inline own',
      ...['data 3', `${100 + n}`],
    ]);
    const stream = [...commits.flat(), 'done', ''].join('\n');
    await run(['fast-import', '--quiet', '--done'], { cwd: dir, input: stream });
    const own = await run(['rev-parse', 'refs/heads/rounds'], { cwd: dir });
    const refs = await run(['for-each-ref', '--format=delete %(refname)'], { cwd: dir });
    await run(['update-ref', '--stdin'], { cwd: dir, input: `${refs}\n` });
    await run(['update-ref', 'refs/heads/own', own], { cwd: dir });
    const theirs = await commitUpstream(world(), `rounds-${version}`);
    const before = world().requests?.() ?? 0;
    await native(['fetch', through, `refs/heads/rounds-${version}:refs/heads/theirs`], dir);
    expect(await run(['rev-parse', 'refs/heads/theirs'], { cwd: dir })).toBe(theirs);
    const requests = (world().requests?.() ?? Infinity) - before;
    expect(requests).toBeGreaterThan(version === '2' ? 2 : 1);
    await expectSoundRepository(dir);
  });
}

function pushingCases(world: () => UpstreamWorld): void {
  const pushFrom = async () => {
    const dir = freshIn(world());
    const { through, env } = world();
    await run(['clone', '--bare', through, dir], { env });
    const tree = await run(['rev-parse', 'HEAD^{tree}'], { cwd: dir });
    const oid = await run(['commit-tree', tree, '-p', 'HEAD', '-m', 'mine'], { cwd: dir });
    const push = (refspec: string) => gitStatus(['push', through, refspec], { cwd: dir, env });
    return { dir, oid, push };
  };
  const sound = () => expectSoundRepository(world().repository);

  it('pushes, and deletes, which needs no pack', async () => {
    const { there } = world();
    const { oid, push } = await pushFrom();
    expect(await push(`${oid}:refs/heads/pushed`)).toMatchObject({ code: 0 });
    expect(await there('rev-parse', 'pushed')).toBe(oid);
    expect(await push(':refs/heads/pushed')).toMatchObject({ code: 0 });
    expect(await there('for-each-ref', 'refs/heads/pushed')).toBe('');
    await sound();
  });

  it('pushes a pack of megabytes', async () => {
    const { dir, oid, push } = await pushFrom();
    const blob = await run(['hash-object', '-w', '--stdin'], {
      cwd: dir,
      input: randomBytes(3 * 1024 * 1024),
    });
    const tree = await run(['mktree'], { cwd: dir, input: `100644 blob ${blob}\tbig\n` });
    const big = await run(['commit-tree', tree, '-p', oid, '-m', 'big'], { cwd: dir });
    expect(await push(`${big}:refs/heads/big`)).toMatchObject({ code: 0 });
    expect(await world().there('rev-parse', 'big')).toBe(big);
    await sound();
  });

  it('hears why a push was rejected', async () => {
    const { there } = world();
    const { oid, push } = await pushFrom();
    await there('config', 'receive.denyDeletes', 'true');
    await push(`${oid}:refs/heads/kept`);
    const { code, stderr } = await push(':refs/heads/kept');
    await there('config', '--unset', 'receive.denyDeletes');
    expect(code).toBe(1);
    expect(stderr).toContain('deletion prohibited');
    expect(await there('rev-parse', 'kept')).toBe(oid);
  });

  it('hears what a hook says, and that it refuses', async () => {
    const { there, repository } = world();
    const { oid, push } = await pushFrom();
    const hook = join(repository, 'hooks/pre-receive');
    await fs.promises.mkdir(join(repository, 'hooks'), { recursive: true });
    const script = '#!/bin/sh\necho "no pushes on a Friday" >&2\nexit 1\n';
    await fs.promises.writeFile(hook, script, { mode: 0o755 });
    const { code, stderr } = await push(`${oid}:refs/heads/friday`);
    await fs.promises.rm(hook);
    expect(code).toBe(1);
    expect(stderr).toContain('remote: no pushes on a Friday');
    expect(stderr).toContain('pre-receive hook declined');
    expect(await there('for-each-ref', 'refs/heads/friday')).toBe('');
    await sound();
  });
}

function ownCases(world: () => UpstreamWorld): void {
  it('clones by each URL that the host has, and fetches', async () => {
    const { gateway, head, urls } = world();
    for (const [what, url] of Object.entries(urls)) {
      const dir = freshIn(world());
      await git.clone({ fs, dir, url, gateway, singleBranch: true });
      expect(await git.resolveRef({ fs, dir, ref: 'HEAD' }), what).toBe(head);
      const branch = `later-${count}`;
      const oid = await commitUpstream(world(), branch);
      const fetched = await git.fetch({ fs, dir, gateway, ref: branch, singleBranch: true });
      expect(fetched.fetchHead).toBe(oid);
      expect(await run(['status', '--porcelain'], { cwd: dir })).toBe('');
      await expectSoundRepository(dir);
    }
  });

  const cloned = async (more: object = {}): Promise<string> => {
    const dir = freshIn(world());
    const { gateway, urls } = world();
    const [url = ''] = Object.values(urls);
    await git.clone({ fs, dir, url, gateway, singleBranch: true, ...more });
    return dir;
  };

  it('clones with a depth and a filter', async () => {
    const dir = await cloned({ depth: 1, filter: 'blob:none' });
    expect(await run(['rev-list', '--count', 'HEAD'], { cwd: dir })).toBe('1');
    const { env } = world();
    expect(await run(['status', '--porcelain'], { cwd: dir, env })).toBe('');
  });

  it('pushes', async () => {
    const { gateway, there } = world();
    const dir = await cloned();
    await fs.promises.writeFile(join(dir, 'own'), 'own');
    await git.add({ fs, dir, filepath: 'own' });
    const oid = await git.commit({ fs, dir, message: 'own', author });
    const result = await git.push({ fs, dir, gateway, remoteRef: 'from-git' });
    expect(result.ok).toBe(true);
    expect(await there('rev-parse', 'from-git')).toBe(oid);
    await expectSoundRepository(world().repository);
  });

  it('goes on where it was when its connection is lost, again and again', async () => {
    const proxy = await startProxy(world().gateway, {
      strike: { direction: 'down', after: 250_000, how: 'reset' },
    });
    const before = world().sessions();
    // Without the megabytes that were pushed before: each part of them costs a connection.
    const dir = await cloned({ gateway: proxy.url });
    expect(await git.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(world().head);
    expect(proxy.connections.length).toBeGreaterThan(2);
    expect(world().sessions() - before).toBe(1);
    await expectSoundRepository(join(dir, '.git'));
  });
}

function pluginCases(world: () => UpstreamWorld): void {
  it('clones, fetches and pushes', async () => {
    const { gateway, head, urls, there } = world();
    const http = createHttpClient({ gateway });
    const dir = freshIn(world());
    const url = Object.values(urls).find((one) => one.startsWith('http')) ?? '';
    await isomorphic.clone({ fs, http, dir, url, singleBranch: true });
    expect(await isomorphic.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(head);
    const theirs = await commitUpstream(world(), 'for-isomorphic');
    await isomorphic.fetch({ fs, http, dir, ref: 'for-isomorphic', singleBranch: true });
    const ref = 'refs/remotes/origin/for-isomorphic';
    expect(await isomorphic.resolveRef({ fs, dir, ref })).toBe(theirs);
    await fs.promises.writeFile(join(dir, 'own'), 'own');
    await isomorphic.add({ fs, dir, filepath: 'own' });
    const oid = await isomorphic.commit({ fs, dir, message: 'own', author });
    await isomorphic.push({ fs, http, dir, remoteRef: 'refs/heads/from-isomorphic' });
    expect(await there('rev-parse', 'from-isomorphic')).toBe(oid);
    await expectSoundRepository(dir);
  });
}
