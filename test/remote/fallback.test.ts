/**
 * Where no WebSocket passes: the library speaks git's smart HTTP, with a host that knows nothing of gitws
 * (real nginx before real `git http-backend`). Native git on the same host is the oracle.
 */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as isomorphic from 'isomorphic-git';
import { beforeAll, describe, expect, it } from 'vitest';
import ownGit from '../../src/git/index.js';
import { bindRepository, createHttpClient } from '../../src/index.js';
import { startForeignHost, type ForeignHost } from '../helpers/foreign-host.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from '../helpers/git.js';
import { startHttpBackend } from '../helpers/http-backend.js';
import { listen } from '../helpers/listen.js';
import { startWithoutWebSockets } from '../helpers/no-websockets.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const author = { name: 'Test Author', email: 'author@example.com' };

let root: string;
let host: ForeignHost;

beforeAll(async () => {
  root = await temporaryDirectory();
  host = await startForeignHost(root);
});

/** A repository on the host. @returns its directory, and its URL. */
async function makeRemote(name: string): Promise<{ gitDir: string; url: string }> {
  const { gitDir } = await makeRepository(join(root, name));
  await git(['config', 'http.receivepack', 'true'], { cwd: gitDir });
  await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
  return { gitDir, url: `${host.url}/${name}` };
}

const fallback = 'http';

const ways = {
  'isomorphic-git with the plugin': () => ({
    ...isomorphic,
    bound: () => ({ http: createHttpClient({ fallback }) }),
  }),
  'isomorphic-git on a bound repository': () => ({
    ...isomorphic,
    bound: (dir: string, url: string) => bindRepository({ fs, dir, url, fallback }),
  }),
  'gitws/git': () => ({
    ...(ownGit as unknown as typeof isomorphic),
    bound: () => ({ fallback }) as unknown as { http: isomorphic.HttpClient },
  }),
} as const;

describe.each(Object.entries(ways))('%s', (way, make) => {
  it('clones, pushes and fetches', async () => {
    const { bound, ...commands } = make();
    const { gitDir, url } = await makeRemote(`${way.replace(/\W/g, '-')}.git`);
    const dir = await temporaryDirectory();
    const common = { fs, dir, url, ...bound(dir, url) };
    await commands.clone(common);
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(
      await git(['rev-parse', 'HEAD'], { cwd: gitDir }),
    );
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    await writeFile(join(dir, 'mine.txt'), 'mine\n');
    await commands.add({ fs, dir, filepath: 'mine.txt' });
    const oid = await commands.commit({ fs, dir, message: 'mine', author });
    const pushed = await commands.push({ ...common, ref: 'HEAD', remoteRef: 'refs/heads/mine' });
    expect(pushed.ok).toBe(true);
    expect(await git(['rev-parse', 'mine'], { cwd: gitDir })).toBe(oid);
    const other = await git(['commit-tree', '-p', oid, '-m', 'other', `${oid}^{tree}`], {
      cwd: gitDir,
    });
    await git(['update-ref', 'refs/heads/mine', other], { cwd: gitDir });
    await commands.fetch({ ...common, remote: 'origin', ref: 'mine' });
    expect(await git(['rev-parse', 'origin/mine'], { cwd: dir })).toBe(other);
    await expectSoundRepository(gitDir);
    await expectSoundRepository(dir);
  });
});

describe('a host over plain HTTP', () => {
  const own = ownGit as unknown as typeof isomorphic;
  const how = { fallback } as unknown as { http: isomorphic.HttpClient };

  /** Adds a commit to the host's repository. @returns its oid. */
  async function commitThere(gitDir: string, message: string): Promise<string> {
    const oid = await git(['commit-tree', '-p', 'main', '-m', message, 'main^{tree}'], {
      cwd: gitDir,
    });
    await git(['update-ref', 'refs/heads/main', oid], { cwd: gitDir });
    return oid;
  }

  it('gives a part of the history, and then more of it', async () => {
    const { url, gitDir } = await makeRemote('shallow.git');
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url, depth: 1, ...how });
    expect(await git(['rev-list', '--count', 'HEAD'], { cwd: dir })).toBe('1');
    await own.fetch({ fs, dir, depth: 2, relative: true, ...how });
    const count = (where: string) => git(['rev-list', '--count', 'main'], { cwd: where });
    expect(Number(await count(dir))).toBeGreaterThan(1);
    await own.fetch({ fs, dir, depth: 1_000, ...how });
    expect(await count(dir)).toBe(await count(gitDir));
    await expectSoundRepository(dir);
  });

  it('leaves out what a filter says, and gives it when it is read', async () => {
    const { url, gitDir } = await makeRemote('partial.git');
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url, noCheckout: true, filter: 'blob:none', ...how } as never);
    const missing = await git(['rev-list', '--objects', '--missing=print', 'main'], { cwd: dir });
    expect(missing).toMatch(/^\?/m);
    await own.checkout({ fs, dir, ref: 'main', ...how });
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(await git(['ls-files', '-s'], { cwd: dir })).toBe(
      await git(['ls-tree', '-r', '--format=%(objectmode) %(objectname) 0%x09%(path)', 'main'], {
        cwd: gitDir,
      }),
    );
  });

  it('finds in many rounds what both have', async () => {
    const { url, gitDir } = await makeRemote('rounds.git');
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url, ...how });
    const lines = Array.from({ length: 400 }, (_, at) =>
      [
        ...[`commit refs/heads/main`, `committer A <a@example.com> ${1_800_000_000 + at} +0000`],
        ...['data 2', 'x', ...(at === 0 ? ['from refs/heads/main^0'] : [])],
      ].join('\n'),
    );
    await git(['fast-import', '--quiet'], { cwd: dir, input: `${lines.join('\n')}\ndone\n` });
    // What was known of the remote is known no more.
    const refs = await git(['for-each-ref', '--format=%(refname)'], { cwd: dir });
    const others = refs.split('\n').filter((ref) => ref !== 'refs/heads/main');
    const input = others.map((ref) => `delete ${ref}\n`).join('');
    await git(['update-ref', '--no-deref', '--stdin'], { cwd: dir, input });
    const oid = await commitThere(gitDir, 'theirs');
    const before = host.seen.length;
    await own.fetch({ fs, dir, remote: 'origin', ref: 'main', singleBranch: true, ...how });
    expect(await git(['rev-parse', 'origin/main'], { cwd: dir })).toBe(oid);
    const posts = host.seen.slice(before).filter(({ method }) => method === 'POST');
    expect(posts.length).toBeGreaterThan(2);
    await expectSoundRepository(dir);
  });

  it('says what a hook says to a push, which has changed nothing', async () => {
    const { url, gitDir } = await makeRemote('hooked.git');
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url, ...how });
    const hook = join(gitDir, 'hooks/pre-receive');
    await fs.promises.mkdir(join(gitDir, 'hooks'), { recursive: true });
    await writeFile(hook, '#!/bin/sh\necho closed for today >&2\nexit 1\n', { mode: 0o755 });
    await own.commit({ fs, dir, message: 'mine', author });
    const before = await git(['rev-parse', 'main'], { cwd: gitDir });
    const told: string[] = [];
    const push = own.push({ fs, dir, onMessage: (text) => void told.push(text), ...how });
    await expect(push).rejects.toMatchObject({ code: 'GitPushError' });
    expect(told.join('')).toContain('closed for today');
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(before);
  });

  it('sends a pack that is larger than what is gathered', async () => {
    const { gitDir } = await makeRemote('large.git');
    // Not through nginx: before an answer that begins early it stops to send, for native git as well.
    const { url } = await startHttpBackend(root);
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url: `${url}/large.git`, ...how });
    await writeFile(join(dir, 'large.bin'), randomBytes(5_000_000));
    await own.add({ fs, dir, filepath: 'large.bin' });
    const oid = await own.commit({ fs, dir, message: 'large', author });
    await own.push({ fs, dir, ...how });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(oid);
    await expectSoundRepository(gitDir);
  });

  it('is a remote that native git goes on with', async () => {
    const { url, gitDir } = await makeRemote('native.git');
    const dir = await temporaryDirectory();
    await own.clone({ fs, dir, url, ...how });
    const oid = await commitThere(gitDir, 'theirs');
    expect((await gitStatus(['pull', '-q', '--ff-only'], { cwd: dir })).code).toBe(0);
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(oid);
  });
});

describe('who asks', () => {
  const right = `Basic ${Buffer.from('ada:right').toString('base64')}`;

  it('is asked for, again where it is wrong, and told when it is right', async () => {
    const { gitDir } = await makeRemote('private.git');
    const closed = await startForeignHost(root, { admits: (sent) => sent === right });
    const url = `${closed.url}/private.git`;
    const dir = await temporaryDirectory();
    const told: string[] = [];
    const ask = (password: string) => () => {
      told.push(password);
      return { username: 'ada', password };
    };
    await ownGit.clone({
      ...{ fs, dir, url, fallback, onAuth: ask('wrong'), onAuthFailure: ask('right') },
      onAuthSuccess: () => void told.push('taken'),
    });
    expect(told).toEqual(['wrong', 'right', 'taken']);
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(
      await git(['rev-parse', 'HEAD'], { cwd: gitDir }),
    );
    const refused = ownGit.fetch({ fs, dir, fallback });
    await expect(refused).rejects.toMatchObject({ code: 'HttpError', data: { statusCode: 401 } });
  });

  it('is told to no other host that the first one leads to', async () => {
    await makeRemote('moved.git');
    const other = await startForeignHost(root);
    const first = await startForeignHost(root, {
      nginx:
        `location / { if ($request_uri ~ "info/refs") { return 302 ${other.url}$request_uri; } return 404; }`.replace(
          'location / {',
          'location ~ ^/moved {',
        ),
    });
    const dir = await temporaryDirectory();
    const url = `${first.url.replace('//', '//ada:right@')}/moved.git`;
    await ownGit.clone({ fs, dir, url, fallback });
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
    expect(other.seen.length).toBeGreaterThan(1);
    for (const { headers } of other.seen) expect(headers.authorization).toBeUndefined();
  });
});

describe('where it goes', () => {
  const upgrades = ({ seen }: ForeignHost) =>
    seen.filter(({ target }) => target.endsWith('/git-upload-pack') && !target.includes('?'));

  it('is found out once: the next operation asks over HTTP at once', async () => {
    const { gitDir } = await makeRemote('twice.git');
    const other = await startForeignHost(root);
    const dir = await temporaryDirectory();
    const url = `${other.url}/twice.git`;
    await ownGit.clone({ fs, dir, url, fallback });
    await ownGit.fetch({ fs, dir, fallback });
    expect(upgrades(other).filter(({ method }) => method === 'GET')).toHaveLength(1);
    await expectSoundRepository(gitDir);
  });

  it('is a WebSocket where one passes', async () => {
    await makeRemote('both.git');
    const asked: string[] = [];
    const { url } = await startServer({
      ...{ root, smartHttp: true },
      authorize: ({ repository }) => {
        asked.push(repository);
        return true;
      },
    });
    const fetched = globalThis.fetch;
    globalThis.fetch = () => Promise.reject(new Error('It is not to be asked over HTTP.'));
    try {
      await ownGit.clone({ fs, dir: await temporaryDirectory(), url: `${url}/both.git`, fallback });
    } finally {
      globalThis.fetch = fetched;
    }
    expect(asked).toEqual(['both.git']);
  });

  it('is HTTP with a gitws server behind something that lets no WebSocket pass, or has it wait', async () => {
    const { gitDir } = await makeRemote('behind.git');
    const { url: server } = await startServer({ root, smartHttp: true });
    const { url, asked } = await startWithoutWebSockets(server, 'waiting');
    const dir = await temporaryDirectory();
    const http = createHttpClient({ fallback, openTimeout: 1_000 });
    await ownGit.clone({ fs, dir, url: `${url}/behind.git`, http });
    expect(asked()).toBe(1);
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(
      await git(['rev-parse', 'main'], { cwd: gitDir }),
    );
  });
});

describe('a way that leads nowhere', () => {
  const clone = async (url: string, more: object = {}): Promise<unknown> => {
    const dir = join(await temporaryDirectory(), 'clone');
    const failure: unknown = await ownGit.clone({ fs, dir, url, fallback, ...more }).then(
      () => undefined,
      (error: unknown) => error,
    );
    // Nothing is left of it.
    expect(fs.existsSync(dir)).toBe(false);
    return failure;
  };

  it('is told as of the WebSocket where nobody answers', async () => {
    const { url, close } = await listen(createServer());
    await close();
    expect(await clone(`${url}/site.git`)).toMatchObject({
      ...{ code: 'CONNECTION_FAILED', retryable: true },
      data: { closeCode: 1006 },
    });
  });

  it.each([
    [404, 'HttpError', 'status 404'],
    [403, 'HttpError', 'closed for today'],
    [503, 'HttpError', 'status 503'],
  ])('is told as HTTP says it: %i', async (status, code, words) => {
    const { url } = await startHttpBackend(root, undefined, (_, response) => {
      const type = status === 403 ? 'text/plain' : 'text/html';
      response.writeHead(status, { 'content-type': type }).end('closed for today\n<html>');
      return true;
    });
    const failure = await clone(`${url}/site.git`);
    expect(failure).toMatchObject({ code, data: { statusCode: status } });
    expect(String(failure)).toContain(words);
  });

  it('is told as of the WebSocket where a page for people answers', async () => {
    const { url } = await startHttpBackend(root, undefined, (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
      return true;
    });
    expect(await clone(`${url}/site.git`)).toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  it.each([
    ['is cut off in the middle of the pack', 'CONNECTION_LOST'],
    ['says that it is something else', 'CONNECTION_LOST'],
    ['is refused in the middle', 'REFUSED'],
  ])('ends the command where the answer %s', async (what, code) => {
    await makeRemote('cut.git');
    const { url } = await startHttpBackend(root, undefined, (request, response) => {
      if (request.method !== 'POST') return false;
      request.resume();
      if (what.includes('refused')) response.writeHead(503).end();
      else {
        const isElse = what.includes('else');
        const type = isElse ? 'text/html' : 'application/x-git-upload-pack-result';
        response.writeHead(200, { 'content-type': type, 'content-length': '100000' });
        response.write('0008NAK\n0016\x01PACK');
        setTimeout(() => response.destroy(), 20);
      }
      return true;
    });
    expect(await clone(`${url}/cut.git`, { http: createHttpClient({ retries: 0 }) })).toMatchObject(
      { code },
    );
  });

  it('is left at once when the signal fires', async () => {
    await makeRemote('canceled.git');
    const controller = new AbortController();
    const { url } = await startHttpBackend(root, undefined, (request) => {
      if (request.method !== 'POST') return false;
      setTimeout(() => controller.abort(), 10);
      return true;
    });
    const { signal } = controller;
    expect(await clone(`${url}/canceled.git`, { signal })).toMatchObject({
      code: 'UserCanceledError',
    });
  });

  it('is none that there is', () => {
    expect(() => createHttpClient({ fallback: 'ftp' as never })).toThrow(/fallback must be/);
  });
});
