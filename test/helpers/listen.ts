/** HTTP servers of the tests: a loopback port that the system picks, closed with the test file. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { atEnd } from './at-end.js';

const closers: (() => Promise<void>)[] = [];

atEnd(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** @returns how many connections a server has now. */
export function countConnections(httpServer: Server): Promise<number> {
  return promisify(httpServer.getConnections.bind(httpServer))();
}

/** @returns a port of loopback that was free a moment ago, for programs that cannot pick one. */
export async function freePort(): Promise<number> {
  const { url, close } = await listen(createServer());
  await close();
  return Number(new URL(url).port);
}

/**
 * Listens on a loopback port until the test file ends.
 *
 * @param httpServer not listening yet.
 * @param before called before it is closed.
 * @returns its address, and how to close it earlier.
 */
export async function listen(
  httpServer: Server,
  before: () => unknown = () => undefined,
): Promise<{ url: string; close: () => Promise<void> }> {
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  const { port } = httpServer.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await before();
      const closed = once(httpServer, 'close');
      httpServer.close();
      httpServer.closeAllConnections();
      await closed;
    })();
    return closing;
  };
  closers.push(close);
  return { url: `http://127.0.0.1:${port}`, close };
}
