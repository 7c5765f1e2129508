/** Plain smart HTTP against the real git and isomorphic-git's own HTTP client. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import fs from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as isomorphicGit from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from 'node:http';
import {
  createGitServer,
  type GitServer,
  type GitServerOptions,
  type RefusalReport,
  type SessionReport,
} from '../../server/index.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let head: string;
let number = 0;
const closers: (() => Promise<void>)[] = [];

interface HttpServed {
  readonly url: string;
  readonly server: GitServer;
  readonly requests: IncomingMessage[];
  readonly sessions: SessionReport[];
  readonly refusals: RefusalReport[];
}

async function serve(options: Partial<GitServerOptions> = {}): Promise<HttpServed> {
  const sessions: SessionReport[] = [];
  const refusals: RefusalReport[] = [];
  const requests: IncomingMessage[] = [];
  const server = createGitServer({
    ...{ root, allowPush: true, smartHttp: true, maintenance: false },
    onSession: (report) => sessions.push(report),
    onRefusal: (report) => refusals.push(report),
    ...options,
  });
  const httpServer = createServer((request, response) => {
    requests.push(request);
    if (!server.handleRequest(request, response)) response.writeHead(404).end();
  });
  server.attach(httpServer);
  const { url, close } = await listen(httpServer, () => server.close());
  closers.push(close);
  return { url, server, requests, sessions, refusals };
}

/** A bare copy of the source, to be pushed to. */
async function copy(): Promise<{ name: string; gitDir: string }> {
  number += 1;
  const name = `copy-${number}.git`;
  const gitDir = join(root, name);
  await git(['clone', '-q', '--bare', join(root, 'source.git'), gitDir]);
  return { name, gitDir };
}

async function commitIn(dir: string, text: string): Promise<string> {
  await writeFile(join(dir, 'new.txt'), text);
  await git(['add', '.'], { cwd: dir });
  await git(['commit', '-q', '-m', text], { cwd: dir });
  return (await git(['rev-parse', 'HEAD'], { cwd: dir })).trim();
}

/** Sends a request as it is said. */
async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    // As it is written: a URL would take what is to be refused out of the path.
    const [, origin = '', path = ''] = /^(http:\/\/[^/]+)(.*)$/.exec(url) ?? [];
    const asked = httpRequest(origin, { method, headers, path }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'source.git'), { commits: 12, files: 8 }));
});

afterAll(async () => {
  for (const close of closers) await close();
});

describe('plain smart HTTP', () => {
  it('is not there unless it is asked for', async () => {
    const { url } = await serve({ smartHttp: false });
    const refs = `${url}/source.git/info/refs?service=git-upload-pack`;
    expect((await ask(refs)).status).toBe(404);
    const post = await ask(`${url}/source.git/git-upload-pack`, { method: 'POST' });
    expect(post.status).toBe(426);
  });

  it.each([0, 1, 2])('lets native git clone and fetch in protocol version %i', async (version) => {
    const { url, server, sessions } = await serve();
    const { name, gitDir } = await copy();
    const dir = await temporaryDirectory();
    const clone = join(dir, 'clone');
    const protocol = ['-c', `protocol.version=${version}`];
    await git([...protocol, 'clone', '-q', `${url}/${name}`, clone]);
    expect((await git(['rev-parse', 'HEAD'], { cwd: clone })).trim()).toBe(head);
    await git(['fsck', '--strict'], { cwd: clone });
    const other = join(dir, 'other');
    await git(['clone', '-q', gitDir, other]);
    const next = await commitIn(other, 'next');
    await git(['push', '-q', 'origin', 'HEAD'], { cwd: other });
    await git([...protocol, 'fetch', '-q'], { cwd: clone });
    expect((await git(['rev-parse', '@{upstream}'], { cwd: clone })).trim()).toBe(next);
    await expect.poll(() => server.sessions).toBe(0);
    expect(sessions.length).toBeGreaterThan(3);
    for (const { outcome } of sessions) {
      expect(outcome).toEqual({ kind: 'exit', code: 0, signal: null });
    }
  });

  it('lets native git make shallow and partial clones', async () => {
    const { url } = await serve();
    const dir = await temporaryDirectory();
    const from = `${url}/source.git`;
    await git(['clone', '-q', '--depth', '2', from, join(dir, 'shallow')]);
    const count = await git(['rev-list', '--count', 'HEAD'], { cwd: join(dir, 'shallow') });
    expect(count.trim()).toBe('2');
    await git(['clone', '-q', '--filter=blob:none', '--bare', from, join(dir, 'partial')]);
    const missing = ['rev-list', '--objects', '--all', '--missing=print'];
    const stdout = await git(missing, { cwd: join(dir, 'partial') });
    expect(stdout).toMatch(/^\?/m);
  });

  it('reads requests that git packs with gzip', async () => {
    const { url, requests } = await serve();
    const { name, gitDir } = await copy();
    const clone = join(await temporaryDirectory(), 'clone');
    await git(['clone', '-q', `${url}/${name}`, clone]);
    for (let commit = 0; commit < 40; commit += 1) await commitIn(clone, `mine ${commit}`);
    const other = join(await temporaryDirectory(), 'other');
    await git(['clone', '-q', gitDir, other]);
    await commitIn(other, 'theirs');
    await git(['push', '-q', 'origin', 'HEAD'], { cwd: other });
    requests.length = 0;
    await git(['fetch', '-q'], { cwd: clone });
    const packed = requests.filter(({ headers }) => headers['content-encoding'] === 'gzip');
    expect(packed.length).toBeGreaterThan(0);
    await git(['fsck', '--strict'], { cwd: clone });
  });

  it('lets native git push, also in chunks, and delete', async () => {
    const { url, server } = await serve();
    const { name, gitDir } = await copy();
    const clone = join(await temporaryDirectory(), 'clone');
    await git(['clone', '-q', `${url}/${name}`, clone]);
    await writeFile(join(clone, 'large.bin'), Buffer.alloc(3 << 20, 'a line of it\n'));
    const pushed = await commitIn(clone, 'pushed');
    const small = ['-c', 'http.postBuffer=65536', '-c', 'core.compression=0'];
    await git([...small, 'push', '-q', 'origin', 'HEAD', 'HEAD:refs/heads/other'], { cwd: clone });
    expect((await git(['rev-parse', 'other'], { cwd: gitDir })).trim()).toBe(pushed);
    await git(['push', '-q', 'origin', ':other'], { cwd: clone });
    const refs = await git(['for-each-ref', 'refs/heads/other'], { cwd: gitDir });
    expect(refs).toBe('');
    await git(['fsck', '--strict'], { cwd: gitDir });
    await expect.poll(() => server.sessions).toBe(0);
  });

  it('serves isomorphic-git over its own HTTP', async () => {
    const { url } = await serve();
    const { name, gitDir } = await copy();
    const dir = join(await temporaryDirectory(), 'clone');
    await mkdir(dir);
    await isomorphicGit.clone({ fs, http, dir, url: `${url}/${name}` });
    await writeFile(join(dir, 'mine.txt'), 'mine');
    await isomorphicGit.add({ fs, dir, filepath: 'mine.txt' });
    const author = { name: 'Ada', email: 'ada@example.com' };
    const oid = await isomorphicGit.commit({ fs, dir, message: 'Mine', author });
    const { ok } = await isomorphicGit.push({ fs, http, dir });
    expect(ok).toBe(true);
    expect((await git(['rev-parse', 'HEAD'], { cwd: gitDir })).trim()).toBe(oid);
  });

  it('asks for credentials, and tells rules who pushes', async () => {
    const { url, refusals } = await serve({
      authenticate: ({ credentials }) =>
        credentials?.scheme === 'basic' && credentials.password === 'right'
          ? { name: credentials.username }
          : null,
      authorize: ({ user }) => user !== null,
      protectedRefs: (user) => ({
        protections:
          user?.name === 'eve' ? [{ rule: 'refs[0]', refs: ['refs/heads/*'], allowed: [] }] : [],
      }),
    });
    const { name, gitDir } = await copy();
    const answer = await ask(`${url}/${name}/info/refs?service=git-upload-pack`);
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': /^Basic/ } });
    const report = { status: 401, repository: name, service: 'git-upload-pack', user: null };
    expect(refusals).toMatchObject([report]);
    const as = (user: string): string => `${url.replace('//', `//${user}@`)}/${name}`;
    const clone = join(await temporaryDirectory(), 'clone');
    const wrong = git(['clone', '-q', as('ada:wrong'), clone], {
      env: { GIT_TERMINAL_PROMPT: '0' },
    });
    await expect(wrong).rejects.toThrow(/Authentication failed/);
    await git(['clone', '-q', as('eve:right'), clone]);
    const oid = await commitIn(clone, 'hers');
    const refused = git(['push', '-q', 'origin', 'HEAD'], { cwd: clone });
    await expect(refused).rejects.toThrow(/rejected|declined/);
    await git(['push', '-q', as('ada:right'), 'HEAD'], { cwd: clone });
    expect((await git(['rev-parse', 'HEAD'], { cwd: gitDir })).trim()).toBe(oid);
  });

  it("keeps to the owner's word that nobody pushes, or fetches, over HTTP", async () => {
    const { url } = await serve();
    const { name, gitDir } = await copy();
    const clone = join(await temporaryDirectory(), 'clone');
    await git(['clone', '-q', `${url}/${name}`, clone]);
    await commitIn(clone, 'mine');
    await git(['config', 'http.receivepack', 'false'], { cwd: gitDir });
    await expect(git(['push', '-q', 'origin', 'HEAD'], { cwd: clone })).rejects.toThrow(/403/);
    await git(['config', 'http.uploadpack', 'false'], { cwd: gitDir });
    await expect(git(['fetch', '-q'], { cwd: clone })).rejects.toThrow(/403/);
  });

  it('says nothing of where repositories lie', async () => {
    const { url } = await serve();
    const { name, gitDir } = await copy();
    const clone = join(await temporaryDirectory(), 'clone');
    await git(['clone', '-q', `${url}/${name}`, clone]);
    await commitIn(clone, 'mine');
    const hook = join(gitDir, 'hooks', 'pre-receive');
    await mkdir(join(gitDir, 'hooks'), { recursive: true });
    await writeFile(hook, '#!/bin/sh\necho "$0 in $PWD" >&2\nexit 1\n', { mode: 0o755 });
    const pushed = git(['push', 'origin', 'HEAD'], { cwd: clone });
    const said = await pushed.then(String, String);
    expect(said).toContain('pre-receive hook declined');
    expect(said).not.toContain(root);
    await git(['config', 'core.repositoryformatversion', '9'], { cwd: gitDir });
    const refs = await ask(`${url}/${name}/info/refs?service=git-upload-pack`);
    expect(refs.status).toBe(500);
    expect(JSON.stringify(refs)).not.toContain(root);
  });

  it('refuses what no git asks for', async () => {
    const { url, server } = await serve({ allowPush: false });
    const type = 'application/x-git-upload-pack-request';
    const post = { method: 'POST', headers: { 'content-type': type } };
    const of = (path: string, options = {}): Promise<number> =>
      ask(`${url}/${path}`, options).then(({ status }) => status);
    expect(await of('source.git/info/refs')).toBe(403);
    expect(await of('source.git/info/refs?service=git-evil')).toBe(404);
    expect(await of('source.git/info/refs?service=../x/git-upload-pack')).toBe(400);
    expect(await of('source.git/info/refs?service=git-receive-pack')).toBe(403);
    expect(await of('source.git/info/refs?service=git-upload-archive')).toBe(403);
    expect(await of('nothing.git/info/refs?service=git-upload-pack')).toBe(404);
    expect(await of('source.git/HEAD')).toBe(404);
    expect(await of('%2e%2e/x.git/info/refs?service=git-upload-pack')).toBe(400);
    expect(await of('source.git/git-upload-pack')).toBe(405);
    expect(await of('source.git/git-upload-pack', { method: 'POST' })).toBe(415);
    const body = Buffer.from('no pkt-line');
    expect(await of('source.git/git-upload-pack', { ...post, body })).toBe(200);
    const headers = { ...post.headers, 'content-encoding': 'gzip' };
    expect(await of('source.git/git-upload-pack', { ...post, headers, body })).toBe(400);
    await expect.poll(() => server.sessions).toBe(0);
  });

  it('counts what a request unpacks to, not what it is packed to', async () => {
    const { url, server } = await serve({ limits: { maxRequestSize: 1 << 20 } });
    const body = gzipSync(
      Buffer.alloc(64 << 20, '0032want 0123456789012345678901234567890123456789\n'),
    );
    const headers = {
      'content-type': 'application/x-git-upload-pack-request',
      'content-encoding': 'gzip',
    };
    const { status } = await ask(`${url}/source.git/git-upload-pack`, {
      ...{ method: 'POST', headers, body },
    });
    expect(status).toBe(413);
    const plain = { ...headers, 'content-encoding': 'identity' };
    const large = await ask(`${url}/source.git/git-upload-pack`, {
      ...{ method: 'POST', headers: plain, body: Buffer.alloc(16 << 20, '0') },
    });
    expect(large.status).toBe(413);
    await expect.poll(() => server.sessions).toBe(0);
  });

  it('is for pages of listed origins alone', async () => {
    const { url } = await serve({ origins: ['https://app.example'] });
    const refs = `${url}/source.git/info/refs?service=git-upload-pack`;
    const listed = await ask(refs, { headers: { origin: 'https://app.example' } });
    expect(listed.status).toBe(200);
    expect(listed.headers['access-control-allow-origin']).toBe('https://app.example');
    expect(listed.text).toContain(head);
    const other = await ask(refs, { headers: { origin: 'https://evil.example' } });
    expect(other.status).toBe(403);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    expect(other.text).not.toContain(head);
    const asked = { method: 'OPTIONS', headers: { origin: 'https://app.example' } };
    const preflight = await ask(refs, asked);
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('Authorization');
    const elsewhere = { method: 'OPTIONS', headers: { origin: 'https://evil.example' } };
    const refused = await ask(refs, elsewhere);
    expect(refused).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(refused.headers['access-control-allow-headers']).toBeUndefined();
    const rebound = await ask(refs, { headers: { host: 'evil.example' } });
    expect(rebound.status).toBe(403);
  });

  it('shares places and limits with sessions', async () => {
    const { url } = await serve({ limits: { maxSessionsPerAddress: 1 } });
    const type = 'application/x-git-upload-pack-request';
    const waiting = httpRequest(`${url}/source.git/git-upload-pack`, {
      ...{ method: 'POST', headers: { 'content-type': type, 'transfer-encoding': 'chunked' } },
    });
    waiting.on('error', () => undefined);
    waiting.write('0');
    const refs = `${url}/source.git/info/refs?service=git-upload-pack`;
    await expect.poll(async () => (await ask(refs)).status).toBe(429);
    waiting.destroy();
    await expect.poll(async () => (await ask(refs)).status).toBe(200);
  });

  it('carries a push out whose client leaves once all of it is sent, and no other', async () => {
    const { url, server } = await serve();
    const { name, gitDir } = await copy();
    const hook = join(gitDir, 'hooks', 'pre-receive');
    await mkdir(join(gitDir, 'hooks'), { recursive: true });
    await writeFile(hook, '#!/bin/sh\ntouch started\nsleep 1\n', { mode: 0o755 });
    const body = await pushBody(gitDir);
    const headers = { 'content-type': 'application/x-git-receive-pack-request' };
    const target = `${url}/${name}/git-receive-pack`;
    const half = httpRequest(target, {
      ...{ method: 'POST', headers: { ...headers, 'content-length': `${body.length}` } },
    });
    half.on('error', () => undefined);
    half.write(body.subarray(0, body.length - 10));
    await expect.poll(() => server.sessions).toBe(1);
    half.destroy();
    await expect.poll(() => server.sessions).toBe(0);
    const ref = join(gitDir, 'refs/heads/pushed');
    expect(fs.existsSync(ref)).toBe(false);
    const whole = httpRequest(target, { method: 'POST', headers });
    whole.on('error', () => undefined);
    whole.end(body);
    await expect.poll(() => fs.existsSync(join(gitDir, 'started'))).toBe(true);
    whole.destroy();
    await expect.poll(() => fs.existsSync(ref), { timeout: 5_000 }).toBe(true);
    await expect.poll(() => server.sessions).toBe(0);
    await git(['fsck', '--strict'], { cwd: gitDir });
  });
});

/** The body of a push that makes a branch `pushed` of HEAD. */
async function pushBody(gitDir: string): Promise<Buffer> {
  const command = `${'0'.repeat(40)} ${head} refs/heads/pushed\0report-status side-band-64k`;
  const line = `${(command.length + 4).toString(16).padStart(4, '0')}${command}`;
  const pack = join(await temporaryDirectory(), 'none');
  await git(['pack-objects', '-q', '--all', pack], { cwd: gitDir });
  const [name = ''] = (await fs.promises.readdir(join(pack, '..'))).filter((file) =>
    file.endsWith('.pack'),
  );
  const bytes = await readFile(join(pack, '..', name));
  return Buffer.concat([Buffer.from(`${line}0000`), bytes]);
}
