/** Connections that ask nothing: how many an address may have, and who goes first where it is full. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { createGitServer } from '../../server/index.js';
import { believing } from '../helpers/believing.js';
import { makeAuthority } from '../helpers/certificates.js';
import { makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

const target = '/site.git/git-upload-pack';
const held: Socket[] = [];
let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
});

afterEach(() => {
  for (const socket of held.splice(0)) socket.destroy();
});

/** Connects from an address of this machine, and says nothing. */
async function silent(url: string, from = '127.0.0.2'): Promise<Socket> {
  const { port } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress: from });
  socket.on('error', () => undefined).resume();
  held.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** Asks for /healthz. @returns the head of the answer. */
async function ask(socket: Socket): Promise<string> {
  socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString('latin1');
}

const isOpen = async (socket: Socket): Promise<boolean> =>
  (await ask(socket).catch(() => '')).startsWith('HTTP/1.1 200');

describe('connections of gitws serve that ask nothing', () => {
  it('a thousand from one address, silent or answered, shut nobody out', async () => {
    const server = await serveProcess(root);
    const session = new RawClient(server.url, {
      target,
      connection: { localAddress: '127.0.0.2' },
    }).keepUp();
    await session.advertisement();
    for (let count = 0; count < 1_000; count += 100) {
      const some = await Promise.all(Array.from({ length: 100 }, () => silent(server.url)));
      for (const socket of some.slice(0, 50)) {
        socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      }
    }
    await new RawClient(server.url, { target }).advertisement();
    // From there, too: what has become a session stays, and who asks is heard.
    const again = new RawClient(server.url, {
      target,
      connection: { localAddress: '127.0.0.2' },
    });
    await again.advertisement();
    expect(session.socket.readyState).toBe(WebSocket.OPEN);
    expect(await server.end()).toBe(0);
  });

  it('of one address have a share: one more takes the place of the oldest', async () => {
    const server = await serveProcess(root, '--max-connections-per-address', '3');
    const elsewhere = await silent(server.url, '127.0.0.3');
    const first = await silent(server.url);
    const second = await silent(server.url);
    await silent(server.url);
    const gone = once(first, 'close');
    await silent(server.url);
    await gone;
    expect(await isOpen(second)).toBe(true);
    expect(await isOpen(elsewhere)).toBe(true);
    await server.end();
  });

  it('of a trusted proxy have none: they are everybody’s', async () => {
    const server = await serveProcess(
      root,
      ...['--max-connections-per-address', '1', '--trusted-proxy', '127.0.0.2'],
    );
    const sockets = [];
    for (let count = 0; count < 5; count += 1) sockets.push(await silent(server.url));
    for (const socket of sockets) expect(await isOpen(socket)).toBe(true);
    await server.end();
  });

  it('in all are maxConnections: one more takes the place of the oldest', async () => {
    const server = await serveProcess(root, '--max-connections', '3');
    const first = await silent(server.url, '127.0.0.2');
    await silent(server.url, '127.0.0.3');
    await silent(server.url, '127.0.0.4');
    const gone = once(first, 'close');
    const newest = await silent(server.url, '127.0.0.5');
    await gone;
    expect(await isOpen(newest)).toBe(true);
    await server.end();
  });

  it('are closed with their answer where there are many', async () => {
    const server = await serveProcess(root, '--max-connections-per-address', '4');
    const alone = await silent(server.url);
    expect(await ask(alone)).toMatch(/^Connection: keep-alive\r$/m);
    await silent(server.url);
    await silent(server.url);
    const closed = once(alone, 'close');
    // The system may hand on a request before a connection that was there earlier.
    let answer = '';
    while (!/^Connection: close\r$/m.test(answer)) answer = await ask(alone);
    await closed;
    await server.end();
  });

  it('over TLS are no others', async () => {
    const directory = await temporaryDirectory();
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    const authority = await makeAuthority();
    const made = await authority.serverCertificate(['git.example']);
    await writeFile(cert, made.cert);
    await writeFile(key, made.key);
    const rules = join(directory, 'rules.json');
    const everybody = { repositories: ['**'], who: ['anyone'], allow: ['read'] };
    await writeFile(rules, JSON.stringify({ version: 1, rules: [everybody] }));
    const server = await serveProcess(
      root,
      ...['--tls-cert', cert, '--tls-key', key, '--host-name', 'git.example', '--rules', rules],
      ...['--max-connections-per-address', '1'],
    );
    const client = new RawClient(`https://git.example:${new URL(server.url).port}`, {
      target,
      connection: believing(authority.cert),
    }).keepUp();
    await client.advertisement();
    const first = await silent(server.url, '127.0.0.1');
    const gone = once(first, 'close');
    await silent(server.url, '127.0.0.1');
    await gone;
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    await server.end();
  });
});

describe('an embedder’s own server', () => {
  /** Answers nothing, and has WebSockets of its own. */
  async function embedded(limitConnections: boolean) {
    const gitServer = createGitServer({ root, limits: { maxConnectionsPerAddress: 1 } });
    const httpServer = createServer();
    gitServer.attach(httpServer, { limitConnections });
    const others = new WebSocketServer({ noServer: true });
    httpServer.on('upgrade', (request, socket, head) => {
      if (request.url === '/chat') {
        others.handleUpgrade(request, socket, head, (chat) => {
          others.emit('connection', chat);
        });
      }
    });
    const { url, close } = await listen(httpServer, () => gitServer.close());
    return { url, close, httpServer };
  }

  it('keeps all of its connections, unless they are to be limited', async () => {
    const { url, close } = await embedded(false);
    const first = await silent(url);
    await silent(url);
    first.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await new RawClient(url, { target }).advertisement();
    expect(first.readyState).toBe('open');
    await close();
  });

  it('loses none that has a request under way, or was upgraded by somebody else', async () => {
    const { url, close, httpServer } = await embedded(true);
    const asking = await silent(url);
    const asked = once(httpServer, 'request');
    asking.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    const [, response] = (await asked) as [unknown, { end(text: string): void }];
    const chat = new WebSocket(`${url.replace('http', 'ws')}/chat`, {
      localAddress: '127.0.0.2',
    });
    await once(chat, 'open');
    const first = await silent(url);
    const gone = once(first, 'close');
    await silent(url);
    await gone;
    expect(chat.readyState).toBe(WebSocket.OPEN);
    response.end('done');
    expect(String((await once(asking, 'data')) as unknown)).toMatch(/^HTTP\/1\.1 200 /);
    chat.terminate();
    await close();
  });

  it('gives up the oldest where the system can accept no other, and hears of every other error', async () => {
    const { url, close, httpServer } = await embedded(true);
    const idle = await silent(url);
    const gone = once(idle, 'close');
    const full = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE', syscall: 'accept' });
    const warned = once(process, 'warning');
    httpServer.emit('error', full);
    await Promise.all([gone, warned]);
    const busy = Object.assign(new Error('in use'), { code: 'EADDRINUSE', syscall: 'listen' });
    expect(() => httpServer.emit('error', busy)).toThrow('in use');
    await close();
  });
});
