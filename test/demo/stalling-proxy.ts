/**
 * A TCP proxy that stops in the middle: for what happens while a transfer hangs. It is closed with
 * the file.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { atEnd } from '../helpers/at-end.js';

const closers: (() => void)[] = [];

atEnd(() => {
  for (const close of closers.splice(0)) close();
});

/**
 * @param target `http://127.0.0.1:PORT` of the server.
 * @param allowed bytes from the server that pass on each connection; what follows is held back.
 * @returns the proxy's own address.
 */
export async function startStallingProxy(target: string, allowed: number): Promise<string> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    client.on('data', (bytes) => server.write(bytes));
    let passed = 0;
    server.on('data', (bytes: Buffer) => {
      client.write(bytes.subarray(0, Math.max(0, allowed - passed)));
      passed += bytes.length;
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  closers.push(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}
