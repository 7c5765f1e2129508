import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startProxy, type Proxy, type Faults, type Plan, type Watch } from './proxy.js';
import { eventually } from './processes.js';
import { seededRandom } from './random.js';
import { countRoundTrips } from './round-trips.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Everything that one end of a connection saw. */
interface Seen {
  readonly socket: Socket;
  bytes: Buffer;
  pieces: number[];
  /** `end` for FIN, `reset` for RST. */
  fate: 'end' | 'reset' | undefined;
}

function watch(socket: Socket): Seen {
  const seen: Seen = { socket, bytes: Buffer.alloc(0), pieces: [], fate: undefined };
  socket.on('data', (bytes: Buffer) => {
    seen.bytes = Buffer.concat([seen.bytes, bytes]);
    seen.pieces.push(bytes.length);
  });
  socket.on('end', () => (seen.fate = 'end'));
  socket.on('error', ({ message }) => (seen.fate = message.includes('RESET') ? 'reset' : 'end'));
  closers.push(() => socket.destroy());
  return seen;
}

/** A proxy between this test's two hands. */
async function joined(
  faults?: Faults | Plan,
  onlooker?: Watch,
): Promise<{
  proxy: Proxy;
  /** A new connection, both ends of it. */
  readonly open: () => Promise<{ client: Seen; server: Seen }>;
}> {
  const arrived: Seen[] = [];
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    arrived.push(watch(socket));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const proxy = await startProxy(`http://127.0.0.1:${port}`, faults, onlooker);
  closers.push(
    () => listener.close(),
    () => proxy.close(),
  );
  return {
    proxy,
    async open() {
      const number = arrived.length;
      const port = Number(new URL(proxy.url).port);
      const client = watch(
        connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }),
      );
      let server: Seen | undefined;
      await eventually(() => {
        server = arrived[number];
        return server !== undefined;
      });
      return { client, server: server ?? client };
    },
  };
}

const random = seededRandom(7);
const message = Buffer.from(random.bytes(300_000));

it('passes bytes on as they are, both ways, and the end of each direction by itself', async () => {
  const { proxy, open } = await joined();
  const { client, server } = await open();
  client.socket.end(message);
  await eventually(() => server.fate === 'end');
  expect(server.bytes.equals(message)).toBe(true);
  expect(client.fate).toBeUndefined();
  server.socket.end(message.subarray(0, 1000));
  await eventually(() => client.fate === 'end');
  expect(client.bytes.equals(message.subarray(0, 1000))).toBe(true);
  expect(proxy.connections).toMatchObject([{ up: 300_000, down: 1000, struck: false }]);
});

describe.each(['up', 'down'] as const)('the bytes going %s', (direction) => {
  it.each(['reset', 'end'] as const)('are cut after exactly that many, by %s', async (how) => {
    const { proxy, open } = await joined(() => ({ strike: { direction, after: 70_001, how } }));
    const { client, server } = await open();
    const [from, to] = direction === 'up' ? [client, server] : [server, client];
    from.socket.write(message);
    await eventually(() => to.fate !== undefined && from.fate !== undefined);
    // Node takes a reset that comes right behind the last bytes for an end.
    expect(how === 'end' ? to.fate : from.fate).toBe(how);
    expect(to.bytes.equals(message.subarray(0, 70_001))).toBe(true);
    expect(proxy.connections).toMatchObject([{ [direction]: 70_001, struck: true }]);
  });

  it('can be cut before the first of them', async () => {
    const { open } = await joined(() => ({ strike: { direction, after: 0, how: 'reset' } }));
    const { client, server } = await open();
    client.socket.write('x');
    await eventually(() => client.fate === 'reset' && server.fate !== undefined);
    expect(server.bytes.length).toBe(0);
  });
});

it('is cut behind a text, however that arrives', async () => {
  const { proxy, open } = await joined(() => ({
    strike: { direction: 'down', behind: '"exit"', after: 2, how: 'end' },
  }));
  const { client, server } = await open();
  for (const part of ['{"type":"e', 'xi', 't"', ',"code":0}']) {
    server.socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await eventually(() => client.fate === 'end');
  expect(client.bytes.toString()).toBe('{"type":"exit","');
  expect(proxy.connections).toMatchObject([{ struck: true }]);
});

it('stalls: the sender is held up, and neither side is told anything', async () => {
  const { open } = await joined(() => ({ strike: { direction: 'up', after: 10, how: 'stall' } }));
  const { client, server } = await open();
  server.socket.write('before');
  await eventually(() => client.bytes.length === 6);
  // More than all buffers between here and the proxy hold.
  client.socket.write(Buffer.alloc(32 * 1024 * 1024));
  await eventually(() => server.bytes.length === 10);
  server.socket.write('after');
  client.socket.destroy();
  const other = await (await joined()).open();
  other.client.socket.write('x');
  await eventually(() => other.server.bytes.length === 1);
  expect(server).toMatchObject({ fate: undefined });
  expect(client).toMatchObject({ fate: undefined, bytes: Buffer.from('before') });
});

it('swallows: the sender goes on, and neither side is told anything', async () => {
  const { proxy, open } = await joined((number) =>
    number === 0 ? { strike: { direction: 'down', after: 5, how: 'swallow' } } : {},
  );
  const { client, server } = await open();
  server.socket.write('hello, you');
  await eventually(() => client.bytes.length === 5);
  const sent = once(client.socket, 'drain');
  client.socket.write(Buffer.alloc(32 * 1024 * 1024));
  await sent;
  client.socket.end();
  // New connections are served.
  const second = await open();
  second.client.socket.write('x');
  await eventually(() => second.server.bytes.length === 1);
  expect(server).toMatchObject({ fate: undefined, bytes: Buffer.alloc(0) });
  expect(client.bytes.toString()).toBe('hello');
  expect(proxy.connections.map(({ struck }) => struck)).toEqual([true, false]);
});

it('mutes one direction: nothing of it goes on, and the other one does', async () => {
  const { open } = await joined(() => ({ strike: { direction: 'down', after: 5, how: 'mute' } }));
  const { client, server } = await open();
  server.socket.write('hello, you');
  await eventually(() => client.bytes.length === 5);
  const sent = once(server.socket, 'drain');
  server.socket.write(Buffer.alloc(32 * 1024 * 1024));
  await sent;
  client.socket.end('bye');
  await eventually(() => server.fate === 'end');
  expect(server.bytes.toString()).toBe('bye');
  expect(client).toMatchObject({ fate: undefined, bytes: Buffer.from('hello') });
});

it('splits and merges: the same seed cuts the same bytes into the same pieces', async () => {
  async function sizes(seed: number): Promise<number[]> {
    const passed: number[] = [];
    const listener = createServer((socket) => void watch(socket));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const proxy = await startProxy(
      `http://127.0.0.1:${port}`,
      { pieces: { seed, most: 2000 } },
      { onDelivery: ({ bytes }) => passed.push(bytes.length) },
    );
    closers.push(
      () => listener.close(),
      () => proxy.close(),
    );
    const { socket } = watch(connect(Number(new URL(proxy.url).port), '127.0.0.1'));
    socket.end(message.subarray(0, 30_000));
    await eventually(() => proxy.connections[0]?.up === 30_000);
    return passed;
  }
  const [first, again, other] = [await sizes(1), await sizes(1), await sizes(2)];
  expect(first.length).toBeGreaterThan(15);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});

it('merges what comes crumb by crumb, and keeps every byte in its place', async () => {
  const { open } = await joined(() => ({ pieces: { seed: 3, most: 5000 } }));
  const { client, server } = await open();
  for (let at = 0; at < 20_000; at += 100) client.socket.write(message.subarray(at, at + 100));
  await eventually(() => server.bytes.length === 20_000);
  expect(server.bytes.equals(message.subarray(0, 20_000))).toBe(true);
  expect(Math.max(...server.pieces)).toBeGreaterThan(100);
});

it('delays each direction, without holding up what comes behind', async () => {
  const { open } = await joined(() => ({ delay: 100 }));
  const { client, server } = await open();
  const start = performance.now();
  for (let count = 0; count < 10; count += 1) {
    client.socket.write('x');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await eventually(() => server.bytes.length > 0);
  expect(performance.now() - start).toBeGreaterThan(95);
  server.socket.write('y');
  const turned = performance.now();
  await eventually(() => client.bytes.length === 1);
  expect(performance.now() - turned).toBeGreaterThan(95);
  await eventually(() => server.bytes.length === 10);
  const over = performance.now();
  client.socket.end();
  await eventually(() => server.fate === 'end');
  expect(performance.now() - over).toBeGreaterThan(95);
});

it('tells of bytes as they come and as they go, by the round trips that they are part of', async () => {
  const seen: string[] = [];
  const onlooker = countRoundTrips(({ connection, direction, bytes, roundTrip }) => {
    seen.push(`${connection} ${direction} ${bytes.toString()} ${roundTrip}`);
  });
  const { open } = await joined({ delay: 10 }, onlooker);
  // TCP; hello and its answer; and so on. A second connection begins where the client is.
  for (const number of [0, 1]) {
    const { client, server } = await open();
    for (const text of ['hello', 'more']) {
      client.socket.write(text);
      await eventually(() => server.bytes.toString().endsWith(text));
      server.socket.write(text.toUpperCase());
      await eventually(() => client.bytes.toString().endsWith(text.toUpperCase()));
    }
    expect(seen.splice(0)).toEqual([
      `${number} up hello ${2 + 3 * number}`,
      `${number} down HELLO ${2 + 3 * number}`,
      `${number} up more ${3 + 3 * number}`,
      `${number} down MORE ${3 + 3 * number}`,
    ]);
  }
});

it('throttles: that many bytes take that long, and the sender is held up', async () => {
  const { open } = await joined(() => ({ rate: 400_000 }));
  const { client, server } = await open();
  const start = performance.now();
  client.socket.write(message.subarray(0, 100_000));
  await eventually(() => server.bytes.length === 100_000);
  // The last piece may be written at once.
  expect(performance.now() - start).toBeGreaterThan(220);
  expect(server.bytes.equals(message.subarray(0, 100_000))).toBe(true);
});

it('strikes, sends elsewhere, and is out of reach when it is told to', async () => {
  const first = await joined();
  const second = await joined();
  const one = await first.open();
  first.proxy.strike('end');
  await eventually(() => one.client.fate === 'end' && one.server.fate === 'end');
  first.proxy.away = true;
  const port = Number(new URL(first.proxy.url).port);
  const refused = watch(connect(port, '127.0.0.1'));
  await eventually(() => refused.fate === 'reset');
  first.proxy.away = false;
  first.proxy.target = second.proxy.url;
  const moved = watch(connect(port, '127.0.0.1'));
  moved.socket.write('x');
  await eventually(() => second.proxy.connections[0]?.up === 1);
  expect(first.proxy.connections.map(({ struck }) => struck)).toEqual([true, false]);
});

it('tells the client when the server is gone', async () => {
  const { proxy, open } = await joined();
  const { client, server } = await open();
  server.socket.resetAndDestroy();
  await eventually(() => client.fate === 'reset');
  // Nobody listens there.
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  proxy.target = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  await new Promise((resolve) => listener.close(resolve));
  const vain = watch(connect(Number(new URL(proxy.url).port), '127.0.0.1'));
  await eventually(() => vain.fate === 'reset');
});
