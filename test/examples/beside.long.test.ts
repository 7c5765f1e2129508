/**
 * The examples of a server beside other WebSockets, as they stand: a clone by real git and a word
 * on the other WebSocket go through each, on one port.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { git, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { examples, hear, startExample } from './example.js';

let root: string;
let head: string;
let env: { PATH: string };

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git')));
  env = await nativeEnvironment();
});

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
    // In test/server/raw-pipe.test.ts, and in next.long.test.ts.
    const elsewhere = ['raw-pipe.mjs', 'next'];
    expect((await readdir(examples)).sort()).toEqual([...Object.keys(others), ...elsewhere].sort());
  });

  it.each(Object.entries(others))(
    '%s serves repositories and its own WebSocket on one port',
    async (name, { path, speak, said }) => {
      const url = await startExample(join(examples, name), root);
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
