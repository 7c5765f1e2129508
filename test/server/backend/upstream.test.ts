/** Repositories of a foreign host, through a gateway: real nginx and `git http-backend` behind it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as isomorphic from 'isomorphic-git';
import { beforeAll, describe, expect } from 'vitest';
import { describeLong, it, long } from '../../helpers/long.js';
import git from '../../../src/git/index.js';
import { createHttpClient } from '../../../src/index.js';
import { startForeignHost, type ForeignHost } from '../../helpers/foreign-host.js';
import { expectSoundRepository, git as run, gitStatus, makeRepository } from '../../helpers/git.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { startProxy } from '../../helpers/proxy.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

let base: string;
let host: ForeignHost;
let gateway: TestServer;
let repository: string;
let head: string;
let env: Record<string, string>;
let sessions = 0;

const author = { name: 'Test Author', email: 'author@example.com' };

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  ({ gitDir: repository, head } = await makeRepository(join(root, 'team/site.git'), {
    commits: 300,
    bigBlobs: { count: 2, bytes: 300_000 },
  }));
  await run(['config', 'http.receivepack', 'true'], { cwd: repository });
  await run(['config', 'uploadpack.allowFilter', 'true'], { cwd: repository });
  host = await startForeignHost(root);
  await fs.promises.mkdir(join(base, 'local'));
  gateway = await startServer({
    root: join(base, 'local'),
    allowPush: true,
    upstreams: [{ url: host.url, private: true }],
    onSession: () => (sessions += 1),
  });
  env = await nativeEnvironment();
});

const through = (): string => `ws${gateway.url.slice('http'.length)}/${host.name}/team/site.git`;
const url = (): string => `${host.url}/team/site.git`;
let count = 0;
const fresh = (): string => join(base, `clone-${(count += 1)}`);

/** A commit in the repository, as somebody else makes it. */
async function commitUpstream(branch: string): Promise<string> {
  const tree = await run(['rev-parse', `${head}^{tree}`], { cwd: repository });
  const oid = await run(['commit-tree', tree, '-p', head, '-m', `on ${branch}`], {
    cwd: repository,
  });
  await run(['update-ref', `refs/heads/${branch}`, oid], { cwd: repository });
  return oid;
}

describeLong.each(['0', '1'])('native git, protocol version %s', (version) => {
  protocolCases(version, long);
});

describe('native git, protocol version 2', () => {
  protocolCases('2', it);
});

/** What native git does in each version of the protocol. */
function protocolCases(version: string, test: typeof it): void {
  const native = (args: readonly string[], cwd = base) =>
    run(['-c', `protocol.version=${version}`, ...args], { cwd, env });

  test('clones', async () => {
    const dir = fresh();
    await native(['clone', '--bare', through(), dir]);
    const refs = ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads'];
    expect(await run(refs, { cwd: dir })).toBe(await run(refs, { cwd: repository }));
    await expectSoundRepository(dir);
  });

  test('clones shallowly, deepens, and makes it whole', async () => {
    const dir = fresh();
    await native(['clone', '--bare', '--depth=2', '--single-branch', through(), dir]);
    expect(await run(['rev-list', '--count', 'HEAD'], { cwd: dir })).not.toBe('0');
    const short = Number(await run(['rev-list', '--count', 'HEAD'], { cwd: dir }));
    await native(['fetch', '--deepen=10', through(), 'HEAD'], dir);
    const longer = Number(await run(['rev-list', '--count', 'HEAD'], { cwd: dir }));
    expect(longer).toBeGreaterThan(short);
    await native(['fetch', '--unshallow', through(), 'HEAD'], dir);
    expect(await run(['rev-list', '--count', 'HEAD'], { cwd: dir })).toBe(
      await run(['rev-list', '--count', 'HEAD'], { cwd: repository }),
    );
    await expectSoundRepository(dir);
  });

  test('clones a part, and gets the rest when it is read', async () => {
    const dir = fresh();
    await native(['clone', '--bare', '--filter=blob:none', through(), dir]);
    const blobs = await run(['ls-tree', '-r', '--format=%(objectname)', 'HEAD'], {
      cwd: repository,
    });
    const [blob = ''] = blobs.split('\n');
    expect(await run(['cat-file', 'blob', blob], { cwd: dir, env })).toBe(
      await run(['cat-file', 'blob', blob], { cwd: repository }),
    );
  });

  test('fetches in several rounds where much is not in common', async () => {
    const dir = fresh();
    await native(['clone', '--bare', through(), dir]);
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
    const theirs = await commitUpstream(`rounds-${version}`);
    const before = host.seen.length;
    await native(['fetch', through(), `refs/heads/rounds-${version}:refs/heads/theirs`], dir);
    expect(await run(['rev-parse', 'refs/heads/theirs'], { cwd: dir })).toBe(theirs);
    const posts = host.seen.slice(before).filter(({ method }) => method === 'POST');
    expect(posts.length).toBeGreaterThan(version === '2' ? 2 : 1);
    await expectSoundRepository(dir);
  });
}

describe('native git', () => {
  const pushFrom = async (): Promise<{ dir: string; oid: string }> => {
    const dir = fresh();
    await run(['clone', '--bare', through(), dir], { env });
    const tree = await run(['rev-parse', 'HEAD^{tree}'], { cwd: dir });
    const oid = await run(['commit-tree', tree, '-p', 'HEAD', '-m', 'mine'], { cwd: dir });
    return { dir, oid };
  };

  it('pushes, and deletes, which needs no pack', async () => {
    const { dir, oid } = await pushFrom();
    await run(['push', through(), `${oid}:refs/heads/pushed`], { cwd: dir, env });
    expect(await run(['rev-parse', 'pushed'], { cwd: repository })).toBe(oid);
    await run(['push', through(), ':refs/heads/pushed'], { cwd: dir, env });
    expect(await run(['for-each-ref', 'refs/heads/pushed'], { cwd: repository })).toBe('');
    await expectSoundRepository(repository);
  });

  it('pushes more than is gathered before a request begins', async () => {
    const { dir, oid } = await pushFrom();
    const { randomBytes } = await import('node:crypto');
    const blob = await run(['hash-object', '-w', '--stdin'], {
      cwd: dir,
      input: randomBytes(3 * 1024 * 1024),
    });
    const tree = await run(['mktree'], { cwd: dir, input: `100644 blob ${blob}\tbig\n` });
    const big = await run(['commit-tree', tree, '-p', oid, '-m', 'big'], { cwd: dir });
    await run(['push', through(), `${big}:refs/heads/big`], { cwd: dir, env });
    expect(await run(['rev-parse', 'big'], { cwd: repository })).toBe(big);
    const post = host.seen.filter(({ target }) => target.endsWith('/git-receive-pack')).at(-1);
    expect(post?.method).toBe('POST');
    await expectSoundRepository(repository);
  });

  it('hears why a push was rejected', async () => {
    const { dir, oid } = await pushFrom();
    await run(['config', 'receive.denyDeletes', 'true'], { cwd: repository });
    await run(['push', through(), `${oid}:refs/heads/kept`], { cwd: dir, env });
    const { code, stderr } = await gitStatus(['push', through(), ':refs/heads/kept'], {
      cwd: dir,
      env,
    });
    await run(['config', '--unset', 'receive.denyDeletes'], { cwd: repository });
    expect(code).toBe(1);
    expect(stderr).toContain('deletion prohibited');
  });

  it('finds no archives there', async () => {
    const { code, stderr } = await gitStatus(['archive', `--remote=${through()}`, 'HEAD'], { env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/archives|upload-archive/);
  });
});

describe('gitws/git', () => {
  it('clones by the URL of the host itself, and fetches', async () => {
    const dir = fresh();
    await git.clone({ fs, dir, url: url(), gateway: gateway.url, singleBranch: true });
    expect(await git.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(head);
    const oid = await commitUpstream('later');
    const fetched = await git.fetch({
      fs,
      dir,
      gateway: gateway.url,
      ref: 'later',
      singleBranch: true,
    });
    expect(fetched.fetchHead).toBe(oid);
    expect(await run(['status', '--porcelain'], { cwd: dir })).toBe('');
    await expectSoundRepository(dir);
  });

  it('clones with a depth and a filter', async () => {
    const dir = fresh();
    await git.clone({
      ...{ fs, dir, url: url(), gateway: gateway.url, singleBranch: true },
      ...{ depth: 1, filter: 'blob:none' },
    });
    expect(await run(['rev-list', '--count', 'HEAD'], { cwd: dir })).toBe('1');
    expect(await run(['status', '--porcelain'], { cwd: dir, env })).toBe('');
  });

  it('pushes', async () => {
    const dir = fresh();
    await git.clone({ fs, dir, url: url(), gateway: gateway.url, singleBranch: true });
    await fs.promises.writeFile(join(dir, 'own'), 'own');
    await git.add({ fs, dir, filepath: 'own' });
    const oid = await git.commit({ fs, dir, message: 'own', author });
    const result = await git.push({ fs, dir, gateway: gateway.url, remoteRef: 'from-git' });
    expect(result.ok).toBe(true);
    expect(await run(['rev-parse', 'from-git'], { cwd: repository })).toBe(oid);
    await expectSoundRepository(repository);
  });

  it('goes on where it was when its connection is lost, again and again', async () => {
    const proxy = await startProxy(gateway.url, { cutAfterDown: 250_000 });
    const [dir, before] = [fresh(), sessions];
    await git.clone({ fs, dir, url: url(), gateway: proxy.url });
    expect(await git.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(head);
    expect(proxy.counts.connections).toBeGreaterThan(2);
    expect(sessions - before).toBe(1);
    await expectSoundRepository(join(dir, '.git'));
  });

  it('says that the http of others uses no gateway', async () => {
    const http = { request: () => Promise.reject(new Error('not asked')) };
    const clone = git.clone({ fs, http, dir: fresh(), url: url(), gateway: gateway.url });
    await expect(clone).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('isomorphic-git with the plugin', () => {
  it('clones, fetches and pushes', async () => {
    const http = createHttpClient({ gateway: gateway.url });
    const dir = fresh();
    await isomorphic.clone({ fs, http, dir, url: url(), singleBranch: true });
    expect(await isomorphic.resolveRef({ fs, dir, ref: 'HEAD' })).toBe(head);
    const theirs = await commitUpstream('for-isomorphic');
    await isomorphic.fetch({ fs, http, dir, ref: 'for-isomorphic', singleBranch: true });
    const ref = 'refs/remotes/origin/for-isomorphic';
    expect(await isomorphic.resolveRef({ fs, dir, ref })).toBe(theirs);
    await fs.promises.writeFile(join(dir, 'own'), 'own');
    await isomorphic.add({ fs, dir, filepath: 'own' });
    const oid = await isomorphic.commit({ fs, dir, message: 'own', author });
    await isomorphic.push({ fs, http, dir, remoteRef: 'refs/heads/from-isomorphic' });
    expect(await run(['rev-parse', 'from-isomorphic'], { cwd: repository })).toBe(oid);
    await expectSoundRepository(dir);
  });
});
