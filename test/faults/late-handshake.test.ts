/**
 * A handshake that arrives too late: the network held it back, its client gave it up and goes on
 * over another connection, and only then the server gets to see it. It must not cost the client its
 * session.
 */
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { openChannel, type Channel } from '../../src/index.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { cloneRequest } from '../helpers/git-stream.js';
import { makeRepository } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const target = '/site.git/git-upload-pack';
let root: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  const bigBlobs = { count: 4, bytes: 1024 * 1024 };
  ({ head } = await makeRepository(join(root, 'site.git'), { commits: 5, bigBlobs }));
});

/** A clone in the middle, and the handshakes that it has made so far. */
interface Began {
  readonly server: TestServer;
  readonly proxy: Proxy;
  readonly channel: Channel;
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Entries of each handshake, in order. */
  readonly handshakes: readonly (readonly string[])[];
  /** How often it was resumed. */
  readonly resumed: () => number;
}

/** @param fails how many of the attempts to resume fail before the server sees them. */
async function begin(fails: number): Promise<Began> {
  const server = await startServer({ root });
  const proxy = await startProxy(server.url, (connection) =>
    connection > 0 && connection <= fails
      ? { strike: { direction: 'up', after: 20, how: 'reset' } }
      : {},
  );
  onTestFinished(() => proxy.close());
  const handshakes: string[][] = [];
  let resumed = 0;
  const channel = await openChannel(`${proxy.url}/site.git`, {
    service: 'git-upload-pack',
    window: 256 * 1024,
    onConnection: ({ state }) => {
      if (state === 'resumed') resumed += 1;
    },
    WebSocket: class extends WebSocket {
      constructor(url: string, protocols: string[], options?: Record<string, unknown>) {
        super(url, protocols, options);
        handshakes.push(protocols);
      }
    },
  });
  const writer = channel.writable.getWriter();
  await writer.write(cloneRequest([head]));
  await writer.close();
  const reader = channel.readable.getReader();
  return { server, proxy, channel, reader, handshakes, resumed: () => resumed };
}

/** Reads on. @returns the bytes that were left. */
async function rest(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let bytes = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes += next.value.length;
  }
  return bytes;
}

/** The handshake comes at last: its client is long gone. */
async function arrive(server: TestServer, handshake: readonly string[] = []): Promise<void> {
  const late = new RawClient(server.url, { target, protocols: handshake });
  const opened = late.text('open').catch(() => undefined);
  await Promise.race([opened, late.closed]);
  late.socket.terminate();
  await late.closed;
}

it('where nothing was acknowledged since: the client comes back', async () => {
  const { server, proxy, channel, reader, handshakes, resumed } = await begin(1);
  // How much comes in one piece is the network's affair.
  const { value: first } = await reader.read();
  proxy.strike('reset');
  await eventually(() => resumed() === 1);
  expect(handshakes).toHaveLength(3);
  await arrive(server, handshakes[1]);
  expect((first?.length ?? 0) + (await rest(reader))).toBeGreaterThan(4 * 1024 * 1024);
  expect(await channel.exit).toEqual({ code: 0, signal: null });
});

it('where something was acknowledged since: the client does not even notice', async () => {
  const { server, proxy, channel, reader, handshakes, resumed } = await begin(1);
  await reader.read();
  proxy.strike('reset');
  await eventually(() => resumed() === 1);
  // More than the window.
  for (let bytes = 0; bytes < 1024 * 1024;) {
    const { value } = await reader.read();
    bytes += value?.length ?? 0;
  }
  await arrive(server, handshakes[1]);
  expect(await rest(reader)).toBeGreaterThan(2 * 1024 * 1024);
  expect(await channel.exit).toEqual({ code: 0, signal: null });
  expect(resumed()).toBe(1);
});
