import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGitServer, type SessionReport } from '../../server/index.js';
import { cloneRequest, nullOid, packOf, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { eventually, noProcessIn, processRunning, processesIn } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
let server: TestServer;
let reports: SessionReport[];

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'team/site.git')));
});

beforeEach(async () => {
  reports = [];
  server = await startServer({
    root,
    allowPush: true,
    onSession: (report) => reports.push(report),
    // Whoever leaves has left: for those who come back there is resume.test.ts.
    limits: { lingerTime: 200, termDelayReceive: 300, killDelayReceive: 1_000, resumeTime: 0 },
  });
});

afterEach(async () => {
  await server.close();
  expect(await processesIn(root)).toEqual([]);
});

async function opened(service: 'upload' | 'receive', repository = 'team/site'): Promise<RawClient> {
  const target = `/${repository}/git-${service}-pack`;
  const client = new RawClient(server.url, { target }).keepUp();
  await client.advertisement();
  client.ack();
  return client;
}

/** A push of main's tip to a new branch. */
async function newBranch(name: string): Promise<Buffer> {
  return pushRequest(
    gitDir,
    [{ ref: `refs/heads/${name}`, oldOid: nullOid, newOid: head }],
    [head],
  );
}

async function withHook(name: string, script: string): Promise<void> {
  const path = join(gitDir, 'hooks', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function withoutHooks(): Promise<void> {
  for (const name of ['pre-receive', 'post-receive']) await withHook(name, 'exit 0');
}

/** The session is over, and nothing runs any more. */
async function over(): Promise<void> {
  await eventually(() => server.server.sessions === 0);
  expect(await processesIn(root)).toEqual([]);
}

const said = (client: RawClient): string =>
  client.texts
    .filter(({ type }) => type === 'stderr')
    .map(({ text }) => text)
    .join('');

describe('a session', () => {
  it('opens, and brings the advertisement, without being asked', async () => {
    const client = new RawClient(server.url, { target: '/team/site.git/git-upload-pack' });
    const advertisement = await client.advertisement();
    expect(client.protocol).toBe('gitws.v1');
    expect(client.texts[0]).toEqual({
      type: 'open',
      session: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      token: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as string,
      window: 4 * 1024 * 1024,
      received: 0,
      resumeFor: 0,
    });
    expect(advertisement).toContain(`${head} HEAD`);
    expect(server.server.sessions).toBe(1);
    client.socket.close(1000);
    await client.closed;
    await eventually(() => reports.length > 0);
    expect(reports[0]).toMatchObject({
      id: client.texts[0]?.['session'],
      user: null,
      repository: 'team/site.git',
      service: 'git-upload-pack',
      bytesIn: 0,
      bytesOut: advertisement.length,
      outcome: { kind: 'closed', closeCode: 1000 },
    });
    expect(server.server.sessions).toBe(0);
  });

  it('clones, and ends with the exit and 1000', async () => {
    const client = await opened('upload');
    const request = cloneRequest([head]);
    client.send(request);
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect((await client.closed).code).toBe(1000);
    // An ack that was due may come at any time: it is not counted.
    const types = client.texts.map(({ type }) => type).filter((type) => type !== 'ack');
    expect(types[0]).toBe('open');
    expect(types.slice(-2)).toEqual(['end', 'exit']);
    const clone = await temporaryDirectory();
    await git(['init', '-q', '--bare', clone]);
    const input = packOf(Buffer.concat(client.data));
    await git(['index-pack', '--stdin', '--strict'], { cwd: clone, input });
    await git(['update-ref', 'refs/heads/main', head], { cwd: clone });
    await expectSoundRepository(clone);
    await eventually(() => reports.length > 0);
    expect(reports[0]).toMatchObject({
      bytesIn: request.length,
      bytesOut: client.dataBytes,
      outcome: { kind: 'exit', code: 0, signal: null },
    });
  });

  it.each([
    ['?git-protocol=version%3D2', /^000eversion 2\n/],
    ['?git-protocol=version=1', /^000eversion 1\n/],
    ['?git-protocol=version=3', /^[0-9a-f]{4}[0-9a-f]{40} HEAD\0/],
    ['', /^[0-9a-f]{4}[0-9a-f]{40} HEAD\0/],
  ])('passes the protocol version on: %j', async (query, expected) => {
    const target = `/team/site.git/git-upload-pack${query}`;
    const client = new RawClient(server.url, { target });
    expect(await client.advertisement()).toMatch(expected);
    client.socket.terminate();
  });

  it('serves a repository with a work tree, by either name', async () => {
    const work = join(root, 'work');
    await git(['clone', '-q', gitDir, work]);
    for (const name of ['work', 'work.git']) {
      const client = await opened('upload', name);
      expect(Buffer.concat(client.data).toString()).toContain(`${head} refs/heads/main`);
      client.socket.close(1000);
    }
  });

  it('pushes, and its report reaches a client that has sent everything', async () => {
    const client = await opened('receive');
    client.send(await newBranch('pushed'));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect(Buffer.concat(client.data).toString()).toContain('unpack ok\n0019ok refs/heads/pushed');
    expect(await git(['rev-parse', 'refs/heads/pushed'], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });

  it('answers a pull with half-close in the middle: end does not end it', async () => {
    const client = await opened('upload');
    client.send({ type: 'ping', id: 1 });
    client.send(cloneRequest([head]).subarray(0, 10));
    await client.text('pong');
    client.send(cloneRequest([head]).subarray(10));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect(packOf(Buffer.concat(client.data)).length).toBeGreaterThan(1000);
  });

  it('tells what git and hooks wrote to stderr, without the server’s paths', async () => {
    await withHook('pre-receive', `echo "in $PWD: größe" >&2; exit 1`);
    const client = await opened('receive');
    client.send(await newBranch('refused'));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect(said(client)).toBe('in team/site: größe\n');
    expect(Buffer.concat(client.data).toString()).toContain('pre-receive hook declined');
    await withoutHooks();
  });

  it('gives hooks nothing of the server’s environment but what is listed', async () => {
    process.env['GITWS_TEST_SECRET'] = 'hunter2';
    await withHook(
      'post-receive',
      `env >"$PWD/environment"; cat /proc/$PPID/cmdline >>environment`,
    );
    const client = await opened('receive');
    client.send(await newBranch('environment'));
    client.send({ type: 'end' });
    await client.text('exit');
    delete process.env['GITWS_TEST_SECRET'];
    const environment = await readFile(join(gitDir, 'environment'), 'utf8');
    const names = [...environment.matchAll(/^(\w+)=/gm)].map(([, name]) => name).sort();
    const allowed = /^(PATH|TMPDIR|TZ|HOME|LC_ALL|PWD|OLDPWD|SHLVL|REMOTE_ADDR|_|GIT_\w+)$/;
    expect(names.filter((name) => !allowed.test(name ?? ''))).toEqual([]);
    expect(environment).toContain('HOME=/nonexistent');
    expect(environment).not.toContain('GIT_CONFIG_PARAMETERS');
    expect(environment.endsWith('\0receive-pack\0.\0')).toBe(true);
    await withoutHooks();
  });

  it('runs git in a process group of its own, without a shell', async () => {
    const client = await opened('upload');
    const [first, ...others] = await processesIn(root);
    expect(others).toEqual([]);
    expect(first?.command).toBe('git upload-pack --strict .');
    const stat = await readFile(`/proc/${first?.pid}/stat`, 'latin1');
    expect(stat.split(') ')[1]?.split(' ').slice(2, 4)).toEqual([`${first?.pid}`, `${first?.pid}`]);
    client.socket.terminate();
  });

  it('ends although a hook left a process behind that holds git’s stderr open', async () => {
    await withHook('post-receive', 'sleep 600 & echo started >&2');
    const client = await opened('receive');
    client.send(await newBranch('lingering'));
    client.send({ type: 'end' });
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    expect(said(client)).toBe('started\n');
    expect((await client.closed).code).toBe(1000);
    // A hook may mean it so; it is only the server's own end that it does not survive.
    expect((await processesIn(root)).map(({ command }) => command)).toEqual(['sleep 600']);
    await withoutHooks();
    await server.close();
    expect(await processesIn(root)).toEqual([]);
  });

  it('is refused with 4503 where there are too many', async () => {
    const small = await startServer({ root, limits: { maxSessions: 2 } });
    const target = '/team/site/git-upload-pack';
    const clients = [1, 2].map(() => new RawClient(small.url, { target }));
    await Promise.all(clients.map((client) => client.advertisement()));
    const third = new RawClient(small.url, { target });
    expect((await third.closed).code).toBe(4503);
    clients[0]?.socket.close(1000);
    await eventually(() => small.server.sessions === 1);
    const fourth = new RawClient(small.url, { target });
    await fourth.advertisement();
    await small.close();
  });

  it('is refused with 4500 where git cannot be started', async () => {
    const errors: unknown[] = [];
    const other = await startServer({ root, onError: (error) => errors.push(error) });
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    const client = new RawClient(other.url, { target: '/team/site/git-upload-pack' });
    const { code, reason } = await client.closed;
    process.env['PATH'] = path;
    expect(`${code} ${reason}`).toBe('4500 The server could not start git.');
    expect(errors).toMatchObject([{ code: 'ENOENT' }]);
    expect(client.texts).toEqual([]);
  });

  it('is closed with 4408 where nothing happens for too long', async () => {
    const other = await startServer({ root, limits: { idleTime: 100 } });
    const client = new RawClient(other.url, { target: '/team/site/git-upload-pack' }).keepUp();
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toBe('4408 Nothing happened for too long.');
    await noProcessIn(root);
  });

  it('ends where the peer answers no pings any more', async () => {
    const other = await startServer({
      root,
      limits: { pingInterval: 50, resumeTime: 0 },
      onSession: (report) => reports.push(report),
    });
    const client = new RawClient(other.url, {
      target: '/team/site/git-upload-pack',
    }).keepUp();
    await client.advertisement();
    const { _socket: tcp } = client.socket as unknown as { _socket: { pause(): void } };
    tcp.pause();
    await eventually(() => reports.length > 0);
    expect(reports[0]?.outcome).toEqual({ kind: 'closed', closeCode: 1006 });
    await noProcessIn(root);
    client.socket.terminate();
  });

  it('goes on where the peer answers pings and says nothing else', async () => {
    // Both ends are in this process, which may be busy for longer than an answer may take.
    const other = await startServer({ root, limits: { pingInterval: 200 } });
    const client = new RawClient(other.url, { target: '/team/site/git-upload-pack' }).keepUp();
    let pings = 0;
    client.socket.on('ping', () => (pings += 1));
    await eventually(() => pings > 5);
    client.send(cloneRequest([head]));
    expect(await client.text('exit')).toMatchObject({ code: 0 });
  });

  it('is closed with 1000 where the client never acknowledges the exit', async () => {
    const other = await startServer({
      root,
      limits: { settleTime: 100, closeTime: 100 },
      onSession: (report) => reports.push(report),
    });
    const client = new RawClient(other.url, { target: '/team/site/git-upload-pack' });
    await client.advertisement();
    client.ack();
    client.send(Buffer.from('0000'));
    client.send({ type: 'end' });
    await client.text('exit');
    expect((await client.closed).code).toBe(1000);
    await eventually(() => reports.length > 0);
    expect(reports[0]?.outcome).toMatchObject({ kind: 'exit', code: 0 });
  });

  it('lets no two sessions have the same id or token', async () => {
    const clients = await Promise.all([opened('upload'), opened('upload')]);
    const [one, other] = clients.map((client) => client.texts[0]);
    expect(one?.['session']).not.toBe(other?.['session']);
    expect(one?.['token']).not.toBe(other?.['token']);
    for (const client of clients) client.socket.terminate();
  });
});

describe('on somebody’s HTTP server', () => {
  it('lives beside another user of upgrades and below a base path', async () => {
    const gitServer = createGitServer({ root, basePath: '/git/' });
    const httpServer = createServer((request, response) => {
      if (gitServer.handleRequest(request, response)) return;
      response.end('the page');
    });
    const others: string[] = [];
    gitServer.attach(httpServer);
    httpServer.on('upgrade', (request, socket) => {
      if (request.url?.startsWith('/live') !== true) return;
      others.push(request.url);
      socket.end('HTTP/1.1 418 Mine\r\nConnection: close\r\n\r\n');
    });
    const { url, close } = await listen(httpServer, () => gitServer.close());
    const client = new RawClient(url, { target: '/git/team/site/git-upload-pack' });
    await client.advertisement();
    client.socket.terminate();
    for (const protocols of [[], ['graphql-ws']]) {
      const other = new RawClient(url, { target: '/live', protocols });
      expect((await other.closed).status).toBe(418);
    }
    expect(others).toEqual(['/live', '/live']);
    expect(await (await fetch(`${url}/`)).text()).toBe('the page');
    const plain = await fetch(`${url}/git/team/site/git-upload-pack`);
    expect(plain.status).toBe(426);
    expect(plain.headers.get('upgrade')).toBe('websocket');
    expect(await plain.text()).toContain('gitws.v1');
    await close();
    expect(httpServer.listenerCount('upgrade')).toBe(1);
  });

  it('leaves an upgrade alone that is not its own', () => {
    const gitServer = createGitServer({ root, basePath: '/git' });
    const request = { url: '/live', headers: {} } as never;
    expect(gitServer.handleUpgrade(request, undefined as never, Buffer.alloc(0))).toBe(false);
  });

  it.each([
    [{ root: '/nonexistent' }, /root: "\/nonexistent" is not a directory/],
    [{ root: '/etc/passwd' }, /is not a directory/],
    [{ root: '/tmp', basePath: 'git' }, /basePath: "git"/],
    [{ root: '/tmp', basePath: '/a//b' }, /basePath/],
    [{ root: '/tmp', basePath: '/a?b' }, /basePath/],
    [{ root: '/tmp', limits: { maxSessions: -1 } }, /maxSessions/],
  ])('is not made with wrong options: %j', (options, message) => {
    expect(() => createGitServer(options)).toThrow(message);
  });

  it('serves a root that is a symbolic link', async () => {
    const link = join(await temporaryDirectory(), 'link');
    await symlink(root, link);
    const other = await startServer({ root: link });
    const client = new RawClient(other.url, { target: '/team/site/git-upload-pack' });
    await client.advertisement();
    await other.close();
  });
});

describe('a client that leaves', () => {
  it.each([
    ['with 1000', (client: RawClient) => client.socket.close(1000)],
    ['without a word', (client: RawClient) => client.socket.terminate()],
  ])('ends upload-pack at once: %s', async (_how, leave) => {
    const client = await opened('upload');
    await processRunning(root, 'upload-pack');
    leave(client);
    await noProcessIn(root);
    await eventually(() => server.server.sessions === 0);
  });

  it('before its end lets receive-pack end by itself', async () => {
    const client = await opened('receive');
    const push = await newBranch('half');
    client.send(push.subarray(0, push.length - 5));
    await processRunning(root, 'receive-pack');
    client.socket.terminate();
    await over();
    await expectSoundRepository(gitDir);
    expect(await git(['for-each-ref', 'refs/heads/half'], { cwd: gitDir })).toBe('');
  });

  it('before its end, with a hook at work, ends both with SIGTERM, cleanly', async () => {
    await withHook('pre-receive', 'sleep 600');
    const client = await opened('receive');
    client.send(await newBranch('hooked'));
    await processRunning(root, 'sleep 600');
    client.socket.terminate();
    await over();
    await withoutHooks();
    await expectSoundRepository(gitDir);
    expect(await git(['for-each-ref', 'refs/heads/hooked'], { cwd: gitDir })).toBe('');
  });

  it('before its end, with a hook that ignores SIGTERM, ends both with SIGKILL, cleanly', async () => {
    await withHook('pre-receive', `trap '' TERM; sleep 601 & wait; sleep 602`);
    const client = await opened('receive');
    client.send(await newBranch('stubborn'));
    await processRunning(root, 'sleep 601');
    client.socket.terminate();
    await over();
    await withoutHooks();
    await expectSoundRepository(gitDir);
  });

  it('after its end never hurts receive-pack: refs and both hooks finish', async () => {
    await withHook(
      'pre-receive',
      'cat >/dev/null; echo before; while [ ! -e go ]; do sleep 0.02; done',
    );
    // More than a pipe holds: with nobody reading, it would block, or die of SIGPIPE.
    await withHook('post-receive', 'yes "much output" | head -c 1000000; touch done');
    const client = await opened('receive');
    client.send(await newBranch('finished'));
    client.send({ type: 'end' });
    await processRunning(root, 'pre-receive');
    client.socket.terminate();
    await new Promise((resolve) => setTimeout(resolve, 500)); // past both delays of an ending
    expect((await processesIn(root)).some(({ command }) => command.includes('receive-pack'))).toBe(
      true,
    );
    await writeFile(join(gitDir, 'go'), '');
    await over();
    await readFile(join(gitDir, 'done'));
    expect(await git(['rev-parse', 'refs/heads/finished'], { cwd: gitDir })).toBe(head);
    await withoutHooks();
    await expectSoundRepository(gitDir);
    await eventually(() => reports.length > 0);
    expect(reports[0]?.outcome).toEqual({ kind: 'closed', closeCode: 1006 });
  });
});
