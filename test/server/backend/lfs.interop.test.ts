/** Git LFS through a gateway: the real git-lfs, and what is refused before an upstream is asked. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startForeignHost, type ForeignHost } from '../../helpers/foreign-host.js';
import { git, makeRepository } from '../../helpers/git.js';
import { startLfsServer, type LfsServer } from '../../helpers/lfs-server.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { makeKey } from '../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const theirs = basic('ada', 'theirs');
const [writer, reader] = [basic('grace', 'w'), basic('eve', 'r')];
const lfsType = 'application/vnd.git-lfs+json';
const oid = 'a'.repeat(64);
const batchOf = (operation: string, more: object = {}): string =>
  JSON.stringify({ operation, objects: [{ oid, size: 1 }], ...more });

let base: string;
let lfs: LfsServer;
let host: ForeignHost;
let gateway: TestServer;
let passed: string[];

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  const { gitDir } = await makeRepository(join(root, 'team/site.git'));
  await git(['config', 'http.receivepack', 'true'], { cwd: gitDir });
  await mkdir(join(base, 'local'));
  await makeRepository(join(base, 'local/own.git'));
  lfs = await startLfsServer();
  host = await startForeignHost(root, {
    admits: (authorization) => authorization === theirs,
    nginx: `location /down/ { return 502; }
      location /page/ { default_type text/html; return 200 "<html></html>"; }
      location /moved/ { return 302 /team/site.git/info/lfs/objects/batch; }
      location /taken/ { default_type ${lfsType}; return 422 '{"message":"no"}'; }`,
    answers: (request, response) => {
      const { url = '', method, headers } = request;
      if (url.startsWith('/large/')) {
        response.writeHead(200, { 'content-type': lfsType }).end(' '.repeat(20_000));
        return true;
      }
      if (!url.endsWith('/info/lfs/objects/batch')) return false;
      const onward = ask(`${lfs.url}${url}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      request.on('data', (part: Buffer) => passed.push(part.toString()));
      request.pipe(onward);
      return true;
    },
  });
  gateway = await startServer({
    root: join(base, 'local'),
    ...{ allowPush: true, smartHttp: true, limits: { maxBatchSize: 16_384 } },
    upstreams: [{ url: host.url, private: true }],
    authenticate: ({ authorization }) => {
      if (authorization === writer) return { name: 'grace' };
      return authorization === reader ? { name: 'eve' } : null;
    },
    authorize: ({ user, repository, access }) => {
      if (repository.includes('unknown') && access === 'write') throw new Error('no rules');
      const isHidden = repository.includes('hidden');
      return user !== null && !isHidden && (access === 'read' || user.name === 'grace');
    },
    upstreamCredentials: () => basic('operator', 'secret'),
    onError: () => undefined,
  });
});

beforeEach(() => {
  passed = [];
  host.seen.length = 0;
});

interface Batch {
  readonly body?: string;
  readonly who?: string;
  readonly upstream?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

async function batch(
  repository: string,
  { body = batchOf('download'), who = reader, upstream = theirs, ...more }: Batch = {},
): Promise<{ status: number; text: string }> {
  const { method = 'POST', headers = {} } = more;
  const response = await fetch(`${gateway.url}/${repository}/info/lfs/objects/batch`, {
    ...(method === 'POST' ? { body } : {}),
    method,
    headers: {
      'content-type': lfsType,
      ...(who === '' ? {} : { authorization: who }),
      ...(upstream === '' ? {} : { 'gitws-upstream-authorization': upstream }),
      ...headers,
    },
  });
  return { status: response.status, text: await response.text() };
}
const site = (): string => `${host.name}/team/site.git`;

describe('git-lfs through a gateway', () => {
  it('uploads what is pushed, and downloads what is cloned', async () => {
    const env = { ...(await nativeEnvironment()), HOME: await temporaryDirectory() };
    const lfsUrl = `${gateway.url.replace('//', '//grace:w@')}/${site()}/info/lfs`;
    const settings = [
      `lfs.url=${lfsUrl}`,
      `http.${gateway.url}/.extraHeader=Gitws-Upstream-Authorization: ${theirs}`,
      `lfs.${lfsUrl}.locksverify=false`,
      'filter.lfs.process=git-lfs filter-process',
      'filter.lfs.clean=git-lfs clean -- %f',
      'filter.lfs.smudge=git-lfs smudge -- %f',
      'filter.lfs.required=true',
    ].flatMap((one) => ['-c', one]);
    const run = (cwd: string, ...args: string[]) => git([...settings, ...args], { cwd, env });
    const url = `ws://grace:w@${new URL(gateway.url).host}/${site()}`;
    const dir = join(base, 'work');
    await run(base, 'clone', '-q', url, dir);
    await run(dir, 'lfs', 'track', '*.bin');
    await writeFile(join(dir, 'large.bin'), 'large, as it were\n');
    await run(dir, 'add', '.');
    await run(dir, 'commit', '-q', '-m', 'Add a large file');
    await run(dir, 'lfs', 'push', 'origin', 'main');
    expect([...lfs.objects.values()].map(String)).toContain('large, as it were\n');
    await run(dir, 'push', '-q', '--no-verify', 'origin', 'main');
    const clone = join(base, 'clone');
    await run(base, 'clone', '-q', url, clone);
    expect(await readFile(join(clone, 'large.bin'), 'utf8')).toBe('large, as it were\n');
    expect(await run(clone, 'status', '--porcelain')).toBe('');
    expect(await git(['cat-file', 'blob', 'HEAD:large.bin'], { cwd: clone })).toContain(
      'oid sha256',
    );
  });
});

describe('a batch request', () => {
  it('comes to the upstream with the user’s credentials for it, and its answer as it is', async () => {
    const { status, text } = await batch(site());
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ transfer: 'basic', objects: [{ oid }] });
    expect(host.seen).toHaveLength(1);
    expect(host.seen[0]).toMatchObject({
      ...{ method: 'POST', target: '/team/site.git/info/lfs/objects/batch' },
      headers: { authorization: theirs, 'content-type': lfsType },
    });
    expect(Object.keys(host.seen[0]?.headers ?? {})).not.toContain('gitws-upstream-authorization');
  });

  it('for an upload comes there where a push may', async () => {
    const { status, text } = await batch(site(), { body: batchOf('upload'), who: writer });
    expect(status).toBe(200);
    expect(text).toContain('"href"');
  });

  it('has nothing of the operator’s credentials: an answer may say them', async () => {
    expect(await batch(site(), { upstream: '' })).toMatchObject({ status: 424 });
    expect(host.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it('is passed on as it was understood, not as it came', async () => {
    const body = `{"operation":"download","Operation":"upload","objects":[],"x":1}`;
    expect(await batch(site(), { body })).toMatchObject({ status: 200 });
    expect(passed.join('')).toBe('{"operation":"download","objects":[]}');
  });

  it.each([
    ['an upload of who may read alone', 403, () => site(), { body: batchOf('upload') }],
    [
      'an upload that cannot be judged',
      500,
      () => `${host.name}/unknown/x.git`,
      { body: batchOf('upload'), who: writer },
    ],
    ['without credentials', 401, () => site(), { who: '' }],
    ['of what may not be read', 404, () => `${host.name}/hidden/x.git`, {}],
    ['of a page elsewhere', 403, () => site(), { headers: { origin: 'https://evil.example' } }],
    ['that is a form’s', 415, () => site(), { headers: { 'content-type': 'text/plain' } }],
    ['by another method', 405, () => site(), { method: 'PUT' }],
    [
      'that is too large',
      413,
      () => site(),
      { body: batchOf('download', { x: 'x'.repeat(20_000) }) },
    ],
    ['that is none', 400, () => site(), { body: '{"operation":"delete","objects":[]}' }],
    ['that is no JSON', 400, () => site(), { body: '{' }],
    ['for a repository of this server', 404, () => 'own.git', {}],
    ['for a path that is decoded twice', 400, () => `${host.name}/team/%252e%252e/x`, {}],
    ['for a host that was not named', 404, () => '127.0.0.1:1/team/site.git', {}],
  ])('%s is refused with %i, and no upstream is asked', async (_what, status, repository, how) => {
    expect(await batch(repository(), how)).toMatchObject({ status });
    expect(host.seen).toEqual([]);
  });

  it.each([
    ['is down', 'down', 503],
    ['shows a page', 'page', 500],
    ['says more than maxBatchSize', 'large', 500],
    ['redirects', 'moved', 500],
    ['says no in git-lfs’s words', 'taken', 422],
  ])('to an upstream that %s is answered so', async (_what, path, status) => {
    expect(await batch(`${host.name}/${path}/x.git`)).toMatchObject({ status });
  });

  it('with wrong credentials for the upstream gets 424, and not 401', async () => {
    const answer = await batch(site(), { upstream: basic('ada', 'wrong') });
    expect(answer).toMatchObject({ status: 424 });
    expect(answer.text).toContain('does not take these credentials');
  });

  it('for an upstream over ssh is refused, and ssh is not started', async () => {
    const name = '127.0.0.1:1';
    const [key, knownHosts] = [await makeKey(base, 'operator'), join(base, 'known_hosts')];
    await writeFile(knownHosts, '');
    const told: unknown[] = [];
    const other = await startServer({
      ...{ root: join(base, 'local'), smartHttp: true, upstreamSsh: { key, knownHosts } },
      upstreams: [{ url: `ssh://git@${name}`, private: true }],
      onError: (error) => told.push(error),
    });
    const { status } = await fetch(`${other.url}/${name}/site.git/info/lfs/objects/batch`, {
      ...{ method: 'POST', body: batchOf('download'), headers: { 'content-type': lfsType } },
    });
    expect(status).toBe(403);
    expect(told).toEqual([]);
    await other.close();
  });

  it('is nothing of a server without smart HTTP', async () => {
    const other = await startServer({
      root: join(base, 'local'),
      upstreams: [{ url: host.url, private: true }],
    });
    const { status } = await fetch(`${other.url}/${site()}/info/lfs/objects/batch`, {
      ...{ method: 'POST', body: batchOf('download'), headers: { 'content-type': lfsType } },
    });
    expect(status).toBe(404);
    await other.close();
  });
});
