/** Connections that come faster than those before them are closed. */
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { expect, test } from 'vitest';
import { Connections } from '../../server/admission/connections.js';

/** Closed only later, as sockets are. */
class OpenSocket extends EventEmitter {
  readonly remoteAddress = '192.0.2.1';
  readonly remotePort: number;
  destroyed = false;

  constructor(remotePort: number) {
    super();
    this.remotePort = remotePort;
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
