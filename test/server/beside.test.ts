/**
 * The server beside other WebSockets on one HTTP server: it takes what is its own from listeners
 * that end whatever they do not know, added before it or after it, and leaves the rest to them.
 */
import * as fs from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import fastifyWebSocket from '@fastify/websocket';
import fastify from 'fastify';
import * as isomorphicGit from 'isomorphic-git';
import { Server as SocketServer } from 'socket.io';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { createGitServer, type GitServer, type GitServerOptions } from '../../server/index.js';
import { createHttpClient } from '../../src/index.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { RawClient } from '../helpers/raw-client.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git')));
});

function gitServerOf(options: Partial<GitServerOptions> = {}): GitServer {
  const gitServer = createGitServer({ root, ...options });
  onTestFinished(() => gitServer.close());
  return gitServer;
}

/** A whole clone with isomorphic-git, judged by git. */
async function expectClone(url: string): Promise<void> {
  const dir = await temporaryDirectory();
  await isomorphicGit.clone({ fs, http: createHttpClient(), dir, url: `${url}/site.git` });
  expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
}

/** What comes back for a word on a WebSocket, or the status that it was answered with. */
async function echo(url: string, path: string): Promise<string> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`);
  onTestFinished(() => {
    socket.terminate();
  });
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      resolve(`${response.statusCode}`);
    });
    socket.on('open', () => {
      socket.send('hello');
    });
    socket.on('message', (data: Buffer) => {
      resolve(data.toString());
    });
    socket.on('close', () => {
      resolve('closed');
    });
  });
}

function answerEach(socket: WebSocket): void {
  socket.on('message', (data: Buffer) => {
    socket.send(`${data.toString()} to you`);
  });
}

/** Others, by what they do with an upgrade that they do not know. */
const others: Readonly<Record<string, (server: Server) => void>> = {
  'a ws server with a path, which answers 400': (server) => {
    const sockets = new WebSocketServer({ server, path: '/chat' });
    sockets.on('connection', answerEach);
    onTestFinished(() => {
      sockets.close();
    });
  },
  'a noServer listener that destroys': (server) => {
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, first) => {
      if (request.url !== '/chat') return void socket.destroy();
      sockets.handleUpgrade(request, socket, first, answerEach);
    });
  },
  'a listener that answers 404 when it has thought': (server) => {
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, first) => {
      setImmediate(() => {
        if (request.url === '/chat') sockets.handleUpgrade(request, socket, first, answerEach);
        else socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      });
    });
  },
};

describe('attach', () => {
  describe.each(Object.entries(others))('beside %s', (_name, addOther) => {
    it.each(['before', 'after'])('serves both, where that was added %s it', async (when) => {
      const server = createServer();
      if (when === 'before') addOther(server);
      gitServerOf().attach(server);
      if (when === 'after') addOther(server);
      const { url } = await listen(server);
      await expectClone(url);
      expect(await echo(url, '/chat')).toBe('hello to you');
      expect(await echo(url, '/elsewhere')).toMatch(/^(400|404|closed)$/);
    });
  });

  it.each(['before', 'after'])('serves both beside @fastify/websocket, %s it', async (when) => {
    const app = fastify({ logger: false });
    onTestFinished(() => app.close());
    if (when === 'before') await app.register(fastifyWebSocket);
    gitServerOf().attach(app.server);
    if (when === 'after') await app.register(fastifyWebSocket);
    await app.register((routes, _options, done) => {
      routes.get('/chat', { websocket: true }, answerEach);
      done();
    });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    await expectClone(url);
    expect(await echo(url, '/chat')).toBe('hello to you');
    expect(await echo(url, '/elsewhere')).toBe('404');
  });

  it.each(['before', 'after'])(
    'is not ended by socket.io, which ends what has not been answered yet, added %s it',
    async (when) => {
      const server = createServer();
      const addOther = (): void => {
        const sockets = new SocketServer({ destroyUpgradeTimeout: 1 });
        sockets.attach(server);
        onTestFinished(() => sockets.close());
      };
      let ask!: (answer: null) => void;
      const asked = new Promise<null>((resolve) => (ask = resolve));
      if (when === 'before') addOther();
      gitServerOf({ authenticate: () => asked }).attach(server);
      if (when === 'after') addOther();
      const { url } = await listen(server);
      const client = new RawClient(url, { target: '/site.git/git-upload-pack' });
      // An upgrade of nobody's, from after ours: when it is ended, so would ours have been.
      expect(await echo(url, '/elsewhere')).toBe('closed');
      ask(null);
      await client.advertisement();
      client.socket.terminate();
    },
  );

  it('hands nothing of its own to other listeners, and everything else untouched', async () => {
    const server = createServer();
    const heard: (string | undefined)[] = [];
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, first) => {
      heard.push(request.url);
      expect(socket.listenerCount('error')).toBe(0);
      sockets.handleUpgrade(request, socket, first, answerEach);
    });
    gitServerOf({ basePath: '/git' }).attach(server);
    const { url } = await listen(server);
    for (const path of ['/chat', '/site.git/git-upload-pack', '/git', '/gitgit-upload-pack']) {
      expect(await echo(url, path)).toBe('hello to you');
    }
    await new RawClient(url, { target: '/git/site.git/git-upload-pack' }).advertisement();
    expect(heard).toEqual(['/chat', '/site.git/git-upload-pack', '/git', '/gitgit-upload-pack']);
  });

  it('answers 404 to what is nobody’s, also where two are attached', async () => {
    const server = createServer();
    gitServerOf({ basePath: '/one' }).attach(server);
    gitServerOf({ basePath: '/two' }).attach(server);
    const { url } = await listen(server);
    for (const path of ['one', 'two']) {
      const target = `/${path}/site.git/git-upload-pack`;
      await new RawClient(url, { target }).advertisement();
    }
    expect(await echo(url, '/three')).toBe('404');
  });

  it('leaves nothing behind on the HTTP server when it is closed', async () => {
    const server = createServer();
    const gitServers = [createGitServer({ root }), createGitServer({ root })];
    for (const gitServer of gitServers) gitServer.attach(server);
    await Promise.all(gitServers.map((gitServer) => gitServer.close()));
    expect(server.listenerCount('upgrade')).toBe(0);
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 418 \r\nConnection: close\r\n\r\n');
    });
    const { url } = await listen(server);
    expect(await echo(url, '/site.git/git-upload-pack')).toBe('418');
  });
});

describe('handleUpgrade', () => {
  it('asked first, in a listener of one’s own, leaves the rest to that', async () => {
    const gitServer = gitServerOf();
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer();
    server.on('upgrade', (request, socket, first) => {
      if (gitServer.handleUpgrade(request, socket, first)) return;
      sockets.handleUpgrade(request, socket, first, answerEach);
    });
    const { url } = await listen(server);
    await expectClone(url);
    expect(await echo(url, '/chat')).toBe('hello to you');
  });
});
