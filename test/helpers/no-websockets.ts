/** Something before a server that passes HTTP on and lets no WebSocket through, as some networks have it. */
import { createServer, request as ask } from 'node:http';
import type { Duplex } from 'node:stream';
import { listen } from './listen.js';

/**
 * @param server `http://127.0.0.1:PORT`.
 * @param how a request for a WebSocket is refused, or has to wait for ever.
 * @returns its address, and how many WebSockets were asked for.
 */
export async function startWithoutWebSockets(
  server: string,
  how: 'refused' | 'waiting',
): Promise<{ readonly url: string; readonly asked: () => number }> {
  const asked: Duplex[] = [];
  const before = createServer((request, response) => {
    const { url = '', method, headers } = request;
    const passed = ask(`${server}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  before.on('upgrade', (_, socket) => {
    asked.push(socket);
    if (how === 'refused') socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  });
  const { url } = await listen(before, () => {
    for (const socket of asked) socket.destroy();
  });
  return { url, asked: () => asked.length };
}
