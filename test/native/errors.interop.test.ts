/** What a user of git reads when something goes wrong: one sentence each, and git's exit code. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer as createTcpServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { listen } from '../helpers/listen.js';
import { eventually } from '../helpers/processes.js';
import { startProxy } from '../helpers/proxy.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, overWss, type Native } from './transports.js';

let ws: Native;
let wss: Native;
let ssh: Native;
/** Directory of the repository. */
let a: string;
const servers: Server[] = [];

beforeAll(async () => {
  const root = await temporaryDirectory();
  a = join(root, 'a.git');
  await makeRepository(a, { commits: 5, bigBlobs: { count: 8, bytes: 1024 * 1024 } });
  [ws, wss, ssh] = await Promise.all([
    overWs({ root, limits: { maxSessions: 40, resumeTime: 0 } }),
    overWss({ root }),
    overSsh({ root }),
  ]);
});

afterAll(() => {
  for (const server of servers) server.close();
});

/** What `git ls-remote` says of it. */
async function complaint(
  url: string,
  { native = ws, env = {} }: { native?: Native; env?: Record<string, string> } = {},
): Promise<string> {
  const { code, stderr } = await native.gitStatus(['ls-remote', url], { env });
  expect(code).toBe(128);
  return stderr;
}

async function tcpServer(onConnection: Parameters<typeof createTcpServer>[1]): Promise<string> {
  const server = createTcpServer({}, onConnection).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('git says in one sentence', () => {
  it('that there is no such repository', async () => {
    const url = `${ws.base}/nothing.git`;
    expect(await complaint(url)).toBe(`fatal: repository '${url}' not found`);
  });

  it('that pushing or archives are off', async () => {
    const url = `${ws.base}/a.git`;
    const push = await ws.gitStatus(['push', url, 'HEAD:refs/heads/new'], { cwd: a });
    expect(push).toMatchObject({
      code: 128,
      stderr: `fatal: unable to access '${url}': This server does not allow pushing.`,
    });
    const archive = await ws.gitStatus(['archive', `--remote=${url}`, 'HEAD']);
    expect(archive).toMatchObject({
      code: 128,
      stderr: `fatal: unable to access '${url}': This server does not make archives.`,
    });
  });

  it('that the connection was refused', async () => {
    const host = await tcpServer(() => undefined);
    servers.at(-1)?.close();
    const url = `ws://${host}/a.git`;
    const where = host.replace(':', ' port ');
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': Failed to connect to ${where}: Connection refused`,
    );
  });

  it('that there is no such host', async () => {
    const url = 'ws://nothing.invalid/a.git';
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': Could not resolve host: nothing.invalid`,
    );
  });

  it('that the server closes the connection without a word', async () => {
    const url = `ws://${await tcpServer((socket) => socket.destroy())}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': the server closed the connection before it answered`,
    );
  });

  it('that ws:// was asked of a server with TLS', async () => {
    const url = `${wss.base.replace('wss', 'ws')}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': the server speaks TLS here; try wss://`,
    );
  });

  it('so, too, where such a server answers in HTTP', async () => {
    const host = await tcpServer((socket) => {
      socket.once('data', (bytes) => {
        // The first byte of a TLS handshake.
        if (bytes[0] !== 22) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
        else
          connect(Number(new URL(wss.base).port), '127.0.0.1')
            .end(bytes)
            .pipe(socket);
      });
    });
    const url = `ws://${host}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': the server speaks TLS here; try wss://`,
    );
  });

  it('that wss:// was asked of a server without', async () => {
    const url = `${ws.base.replace('ws', 'wss')}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': the server does not speak TLS here; is it a ws:// address?`,
    );
  });

  it('that something speaks there, but not HTTP', async () => {
    const url = `ws://${await tcpServer((socket) => socket.end('SSH-2.0-other\r\n'))}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': the server does not speak HTTP here; is it a wss:// address?`,
    );
  });

  it.each([
    [404, {}, 'the server answered 404 Not Found and accepted no WebSocket'],
    [502, {}, 'the server answered 502 Bad Gateway and accepted no WebSocket'],
    [
      301,
      { Location: 'https://elsewhere.example/a.git' },
      'the server answered 301 Moved Permanently and points to elsewhere.example',
    ],
    [407, {}, 'the proxy wants other credentials (407)'],
  ])('that an HTTP server answers %i', async (status, headers, why) => {
    const { url: base } = await listen(
      createHttpServer((_request, response) => {
        response.writeHead(status, headers as Record<string, string>).end('Sorry.');
      }),
    );
    const url = `${base.replace('http', 'ws')}/a.git`;
    expect(await complaint(url)).toBe(`fatal: unable to access '${url}': ${why}`);
  });

  it('that an HTTP server wants a password: git asks for one', async () => {
    const { url: base } = await listen(
      createHttpServer((_request, response) => {
        response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end();
      }),
    );
    expect(await complaint(`${base.replace('http', 'ws')}/a.git`)).toBe(
      `fatal: could not read Username for '${base.replace('http', 'ws')}': terminal prompts disabled`,
    );
  });

  it('that a server takes WebSockets, but is none of gitws', async () => {
    const httpServer = createHttpServer();
    const other = new WebSocketServer({ server: httpServer, handleProtocols: () => false });
    const { url: base } = await listen(httpServer, () => other.close());
    const url = `${base.replace('http', 'ws')}/a.git`;
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': Server sent no subprotocol`,
    );
  });

  it('that the server has too much to do', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'a.git'), { commits: 2 });
    const full = await overWs({ root, limits: { maxSessions: 0 } });
    const url = `${full.base}/a.git`;
    expect(await complaint(url, { native: full })).toBe(
      `fatal: unable to access '${url}': The server has too much to do. Try again later.`,
    );
  });

  it('that the server is shutting down', async () => {
    const root = await temporaryDirectory();
    const gitDir = join(root, 'a.git');
    await makeRepository(gitDir, { commits: 2 });
    // It waits for a push that has arrived.
    await writeHook(gitDir, 'pre-receive', 'touch at-work; until test -e go; do sleep 0.02; done');
    const { server, url: base } = await startServer({ root, allowPush: true });
    const url = `${base.replace('http', 'ws')}/a.git`;
    const pushed = ws.git(['push', '-q', url, 'main:refs/heads/new'], { cwd: gitDir });
    await eventually(() => existsSync(join(gitDir, 'at-work')));
    // The hook may be at work before it is said that nothing more comes, without which a push is not whole. That has
    // long come when another process has asked and was answered.
    await ws.git(['ls-remote', url]);
    const closed = server.close({ drainTime: 60_000 });
    expect(await complaint(url)).toBe(
      `fatal: unable to access '${url}': The server is shutting down.`,
    );
    await writeFile(join(gitDir, 'go'), '');
    await Promise.all([pushed, closed]);
  });

  it('that the connection broke off in the middle of a clone, beside git’s own words', async () => {
    const proxy = await startProxy(ws.base.replace('ws', 'http'), {
      strike: { direction: 'down', after: 1024 * 1024, how: 'reset' },
    });
    const url = `${proxy.url.replace('http', 'ws')}/a.git`;
    const clone = join(await temporaryDirectory(), 'clone');
    const { code, stderr } = await ws.gitStatus(['clone', '-q', url, clone]);
    expect(code).toBe(128);
    const [own] = stderr.split('\n').filter((line) => line.includes('connection'));
    expect(own).toMatch(/^fatal: the connection to 'ws:[^']+' was lost: .*\S$/);
  });

  it('that submodules may not come by ws:// until the user allows it', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'a.git'), { commits: 2 });
    const pushable = await overWs({ root, allowPush: true });
    const clone = join(await temporaryDirectory(), 'clone');
    const url = `${pushable.base}/a.git`;
    await pushable.git(['clone', '-q', url, clone]);
    await git(['submodule', '--quiet', 'add', join(root, 'a.git'), 'sub'], { cwd: clone });
    await git(['config', '-f', '.gitmodules', 'submodule.sub.url', '../a.git'], { cwd: clone });
    await git(['commit', '-q', '-a', '-m', 'Add a submodule'], { cwd: clone });
    await pushable.git(['push', '-q'], { cwd: clone });
    const again = ['clone', '-q', '--recurse-submodules', url, `${clone}-again`];
    const { code, stderr } = await pushable.gitStatus(again);
    expect(code).not.toBe(0);
    expect(stderr).toContain("fatal: transport 'ws' not allowed");
  });

  it('what is wrong with the URL', async () => {
    expect(await complaint('ws://127.0.0.1')).toMatch(/^fatal: [^\n]+ names no repository\.$/);
    expect(await complaint(`${ws.base}/a.git?x=1`)).toMatch(/no query and no fragment\.$/);
    expect(await complaint('ws::ftp://host/a.git')).toBe(
      'fatal: This is not the URL of a repository: its scheme is ftp:// and not http, https, ws or wss.',
    );
  });
});

describe('gitws-ssh says in one sentence, before git says its own', () => {
  it.each([['/nothing.git', (base: string) => `repository '${base}/nothing.git' not found`]])(
    '%s',
    async (path, sentence) => {
      const stderr = await complaint(`${ssh.base}${path}`, { native: ssh });
      expect(stderr.split('\n')[0]).toBe(`gitws-ssh: ${sentence(ssh.base.replace('ssh', 'ws'))}`);
    },
  );

  it('that it chose wss:// for a host that is not this machine', async () => {
    const stderr = await complaint('ssh://nothing.invalid/a.git', { native: ssh });
    expect(stderr).toMatch(
      /^gitws-ssh: unable to access 'wss:\/\/nothing\.invalid\/a\.git': Could not resolve host/,
    );
  });

  it('that it was told of no known scheme', async () => {
    const env = { GITWS_SSH_SCHEME: 'http' };
    expect(await complaint(`${ssh.base}/a.git`, { native: ssh, env })).toMatch(
      /^gitws-ssh cannot do this: GITWS_SSH_SCHEME is neither ws nor wss\n/,
    );
  });
});
