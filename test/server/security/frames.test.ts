/**
 * Attacks by frames and messages that cost the server more than they cost the client. More single
 * cases: bad-input.test.ts (oversized and endless messages, each breach of gitws.v1).
 */
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SessionReport } from '../../../server/index.js';
import { git, makeRepository } from '../../helpers/git.js';
import { eventually, noProcessIn, processRunning } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { clientFrame, connectionOf, openSession, targetOf } from './attempts.js';

const target = targetOf('site.git', 'upload');
const KiB = 1024;
let root: string;
let server: TestServer;
const reports: SessionReport[] = [];

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'), { commits: 3, files: 3 });
  await git(['init', '-q', '--bare', join(root, 'target.git')]);
  server = await startServer({
    root,
    allowPush: true,
    limits: {
      ...{ window: 64 * KiB, closeTime: 500, idleTime: 2_000, termDelayReceive: 1 },
      // Whoever leaves has left.
      resumeTime: 0,
    },
    onSession: (report) => reports.push(report),
  });
});

afterEach(async () => {
  await noProcessIn(root);
  // git is gone before the server has heard of it.
  await eventually(() => server.server.sessions === 0);
  reports.length = 0;
});

/** Writes until the server has had enough. */
async function flood(client: RawClient, chunk: Buffer): Promise<void> {
  const tcp = connectionOf(client);
  let gone = false;
  tcp.on('close', () => (gone = true)).on('error', () => (gone = true));
  void client.closed.then(() => (gone = true));
  while (!gone && tcp.writable) {
    if (!tcp.write(chunk)) {
      await new Promise<void>((resolve) => {
        for (const event of ['drain', 'close', 'error']) tcp.once(event, () => resolve());
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a message in very many pieces', () => {
  // Each piece is an object on the heap that holds on to what it arrived with.
  test.each([
    ['of one byte', Buffer.alloc(1)],
    ['of nothing', Buffer.alloc(0)],
  ])('%s is cut off, though it is short in all', async (_what, piece) => {
    const client = await openSession(server, target);
    const tcp = connectionOf(client);
    tcp.write(clientFrame({ opcode: 'binary', fin: false }, piece));
    const some = Array.from({ length: 1_000 }, () =>
      clientFrame({ opcode: 'continuation', fin: false }, piece),
    );
    const [{ code }] = await Promise.all([client.closed, flood(client, Buffer.concat(some))]);
    expect(code).toBe(1008);
  });

  test('that arrives a byte at a time, for ever, is as good as silence', async () => {
    const client = await openSession(server, target);
    const tcp = connectionOf(client);
    tcp.write(clientFrame({ opcode: 'binary' }, Buffer.alloc(60 * KiB)).subarray(0, 100));
    const drip = setInterval(() => tcp.write(Buffer.alloc(1)), 20);
    const { code, reason } = await client.closed;
    clearInterval(drip);
    expect(`${code} ${reason}`).toBe('4408 Nothing happened for too long.');
  });
});

test.each([
  ['2 GiB', [0x82, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0]],
  [
    'more bytes than there are numbers',
    [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ],
])('a frame that announces %s is refused before any of it is there', async (_size, head) => {
  const client = await openSession(server, target);
  connectionOf(client).write(Buffer.from([...head, 0, 0, 0, 0]));
  expect((await client.closed).code).toBe(1009);
});

test('a compressed message that inflates to a thousand times its size cannot be sent', async () => {
  const client = new RawClient(server.url, {
    target,
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
  });
  const extensions = await new Promise<unknown>((resolve) => {
    client.socket.on('upgrade', (response) => {
      resolve(response.headers['sec-websocket-extensions']);
    });
  });
  expect(extensions).toBeUndefined();
  await client.text('open');
  // Sent all the same.
  connectionOf(client).write(Buffer.from([0xc2, 0x81, 0, 0, 0, 0, 0]));
  expect((await client.closed).code).toBe(1002);
});

test('pings whose answers nobody reads do not pile up in the server', async () => {
  const client = await openSession(server, target);
  connectionOf(client).pause();
  const pings = Array.from({ length: 500 }, () =>
    clientFrame({ opcode: 'ping' }, Buffer.alloc(125)),
  );
  await flood(client, Buffer.concat(pings));
  await eventually(() => reports.length > 0);
  expect(reports[0]?.outcome).toEqual({ kind: 'closed', closeCode: 1006 });
});

describe('a flood of messages', () => {
  test.each([
    ['of no known type', { type: 'x' }],
    ['that acknowledge nothing new', { type: 'ack', consumed: 0 }],
  ])('%s is cut off with 4400', async (_what, message) => {
    const client = new RawClient(server.url, { target });
    await client.advertisement();
    for (let count = 0; count < 250; count += 1) client.send(message);
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toMatch(/^4400 .*more than 100/);
  });

  test('of one byte each, for a git that takes none, ends with the credit', async () => {
    // By their payload, a window of 64 KiB would let 65,536 of them wait.
    const client = await openSession(server, targetOf('target.git', 'receive'));
    const pid = await processRunning(join(root, 'target.git'), 'receive-pack');
    process.kill(pid, 'SIGSTOP');
    for (let count = 0; count < 5_000; count += 1) client.send(Buffer.alloc(1));
    const { code, reason } = await client.closed;
    process.kill(pid, 'SIGCONT');
    expect(`${code} ${reason}`).toMatch(/^4400 .*credit/);
  });
});

test.each([
  ['a key that would reach every object', '{"type":"x","__proto__":{"type":"exit","code":0}}'],
  ['a type that every object has', '{"type":"constructor"}'],
  ['a type that is no own one', '{"type":"__proto__"}'],
  [
    'brackets as deep as a message is long',
    `{"type":"x","x":${'['.repeat(4_000)}${']'.repeat(4_000)}}`,
  ],
])('a message with %s does nothing', async (_what, text) => {
  const client = await openSession(server, target);
  client.send(text);
  client.send({ type: 'ping', id: 1 });
  expect(await client.text('pong')).toEqual({ type: 'pong', id: 1 });
  expect(({} as Record<string, unknown>)['type']).toBeUndefined();
  client.socket.close(1000);
});

test.each([
  ['a type given twice', '{"type":"ping","id":1,"type":"exit","code":0}'],
  ['a number beyond all numbers', '{"type":"ack","consumed":1e999}'],
  ['a number that is not the one it seems', '{"type":"ack","consumed":9007199254740993}'],
])('a message with %s breaks the protocol', async (_what, text) => {
  const client = await openSession(server, target);
  client.send(text);
  expect((await client.closed).code).toBe(4400);
});
