/**
 * The examples of a server beside other WebSockets, as they stand: a clone by real git and a word
 * on the other WebSocket go through each, on one port.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { git, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { temporaryDirectory } from '../helpers/temp.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const stop: (() => Promise<void>)[] = [];
let root: string;
let head: string;
let env: { PATH: string };

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git')));
  env = await nativeEnvironment();
});

afterAll(() => Promise.all(stop.map((end) => end())));

/** Runs an example on a free port. @returns its address, as it prints it. */
async function start(name: string): Promise<string> {
  const child = spawn(process.execPath, [join(examples, name), root, '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  stop.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  for (;;) {
    const url = /^http:\/\/127\.0\.0\.1:\d+$/m.exec(output)?.[0];
    if (url !== undefined) return url;
    await Promise.race([
      once(child.stdout, 'data'),
      exited.then(() => {
        throw new Error(`${name} ended: ${output}`);
      }),
    ]);
  }
}

/** The first message of a WebSocket that says a word when it is open. */
async function hear(url: string, protocols: string[] = []): Promise<string> {
  const socket = new WebSocket(url.replace('http', 'ws'), protocols);
  onTestFinished(() => {
    socket.terminate();
  });
  socket.on('open', () => {
    socket.send('a word');
  });
  const [message] = (await once(socket, 'message')) as [Buffer];
  return message.toString();
}

/** How somebody speaks with each example beside git, and where its repositories are. */
const others: Readonly<
  Record<string, { path: string; speak: (url: string) => Promise<string>; said: string }>
> = {
  'ws.mjs': { path: '', speak: (url) => hear(`${url}/chat`), said: 'a word' },
  'express.mjs': { path: '/git', speak: (url) => hear(`${url}/chat`), said: 'a word' },
  'fastify.mjs': { path: '/git', speak: (url) => hear(`${url}/chat`), said: 'a word' },
  'socket-io.mjs': {
    path: '',
    async speak(url) {
      const socket = io(url, { transports: ['websocket'] });
      onTestFinished(() => {
        socket.close();
      });
      socket.emit('say', 'a word');
      return new Promise((resolve, reject) => {
        socket.on('said', resolve);
        socket.on('connect_error', reject);
      });
    },
    said: 'a word',
  },
  // Its client in the page waits for this.
  'vite.mjs': {
    path: '/git',
    speak: (url) => hear(url, ['vite-hmr']),
    said: '{"type":"connected"}',
  },
};

describe('examples/', () => {
  it('has a test for each', async () => {
    // Real git goes through it in test/server/raw-pipe.test.ts.
    const elsewhere = ['raw-pipe.mjs'];
    expect((await readdir(examples)).sort()).toEqual([...Object.keys(others), ...elsewhere].sort());
  });

  it.each(Object.entries(others))(
    '%s serves repositories and its own WebSocket on one port',
    async (name, { path, speak, said }) => {
      const url = await start(name);
      const clone = join(await temporaryDirectory(), 'clone');
      const remote = `${url.replace('http', 'ws')}${path}/site.git`;
      await git(['clone', '--quiet', remote, clone], { env });
      expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
      expect(await speak(url)).toBe(said);
      // And again, after the other has been spoken to.
      expect(await git(['ls-remote', remote, 'HEAD'], { env })).toBe(`${head}\tHEAD`);
    },
  );
});
