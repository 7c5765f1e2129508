/** Connections that come faster than those before them are closed. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { expect, test } from 'vitest';
import { Connections } from '../../server/admission/connections.js';

/** Closed only later, as sockets are. */
class OpenSocket extends EventEmitter {
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;

  constructor(remotePort: number, remoteAddress = '192.0.2.1') {
    super();
    this.remotePort = remotePort;
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

function watch(limits: { maxConnections: number; maxConnectionsPerAddress: number }) {
  const server = new EventEmitter();
  const connections = new Connections(server as Server, {
    limits,
    isTrustedProxy: () => false,
    onError: () => undefined,
  });
  const sockets = Array.from({ length: 12 }, (_, port) => new OpenSocket(port));
  return { server, connections, sockets };
}

const open = (sockets: readonly OpenSocket[]): number[] =>
  sockets.filter(({ destroyed }) => !destroyed).map(({ remotePort }) => remotePort);

test.each([
  ['of an address', { maxConnections: 100, maxConnectionsPerAddress: 4 }],
  ['of all', { maxConnections: 4, maxConnectionsPerAddress: 100 }],
])('one too many %s drops one that is not dropped yet', (_, limits) => {
  const { server, sockets } = watch(limits);
  for (const socket of sockets) server.emit('connection', socket);
  expect(open(sockets)).toEqual([8, 9, 10, 11]);
});

test('without a descriptor another one is dropped each time, asking or not', () => {
  const { server, sockets } = watch({ maxConnections: 100, maxConnectionsPerAddress: 100 });
  for (const socket of sockets) server.emit('connection', socket);
  for (const socket of sockets.slice(2)) {
    server.emit('request', { socket }, Object.assign(new EventEmitter(), {}));
  }
  const error = Object.assign(new Error('accept EMFILE'), { syscall: 'accept', code: 'EMFILE' });
  for (let count = 0; count < 4; count += 1) server.emit('error', error);
  expect(open(sockets)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

// This machine has one address of IPv6 alone, so that the sockets say where they come from.
test.each([
  [
    'IPv6 addresses of one /64 have one share, and those of the next another',
    ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1:ffff::', '2001:db8:0:1:a:b:c:d'],
    ['2001:db8:0:2::1', '2001:db8::1'],
  ],
  [
    'an IPv4 address has one share, also where it comes as one of IPv6, and its neighbour another',
    ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '192.0.2.1'],
    ['192.0.2.2', '::ffff:192.0.2.3'],
  ],
])('before an upgrade %s', (_, one, others) => {
  const { server, connections } = watch({ maxConnections: 100, maxConnectionsPerAddress: 2 });
  const sockets = [...others, ...one].map((address, port) => new OpenSocket(port, address));
  for (const socket of sockets) server.emit('connection', socket);
  // The oldest of the one network made room for its newest, and nobody else lost anything.
  expect(open(sockets)).toEqual([0, 1, 4, 5]);
  for (const socket of sockets) if (socket.destroyed) socket.emit('close');
  // What is upgraded counts no longer, wherever in the network the next one comes from.
  const [upgraded, waits] = sockets.slice(-2);
  connections.upgraded({ socket: upgraded } as unknown as IncomingMessage);
  server.emit('connection', new OpenSocket(9, one[0]));
  expect(waits?.destroyed).toBe(false);
});
