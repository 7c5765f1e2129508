/**
 * Breaches of the WebSocket protocol as a page meets them. What the server's side says by a close
 * code, a page is told. Of a frame that the browser itself refuses it is told what it is told of a
 * lost connection: 1006, without a reason.
 */
import { createServer } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { formatMessage } from '../../src/tunnel/machine/message.js';
import { browserAvailable, launchBrowser, type TestPage } from '../helpers/engines.js';
import { listen } from '../helpers/listen.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { corpusBytes, readCorpus, type CorpusBytes } from './corpus.js';

interface PageOfBreaches {
  outcome(url: string, retries: number): Promise<readonly [string, string]>;
}

let url: string;
let page: TestPage;
let breakIt: (socket: WebSocket, write: (bytes: Uint8Array) => void) => void;
let connections = 0;

beforeAll(async () => {
  if (!browserAvailable) return;
  const server = createServer();
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'gitws.v1' });
  sockets.on('connection', (socket, request) => {
    connections += 1;
    socket.on('error', () => undefined);
    const greeting = { session: 's', token: 'x'.repeat(22), window: 1 << 20, received: 0 };
    socket.send(formatMessage({ type: 'open', ...greeting, resumeFor: 60 }));
    // Its answer to open: the channel is there by then.
    socket.once('message', () => {
      breakIt(socket, (bytes) => request.socket.write(bytes));
    });
  });
  const served = await listen(server, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
  url = `${served.url}/a.git`;
  const { url: origin } = await servePage(await bundlePage('./breach-page.ts', import.meta.url));
  page = await (await launchBrowser()).newPage();
  await page.goto(origin);
});

beforeEach(() => {
  connections = 0;
});

const outcome = (retries: number) =>
  page.evaluate(([at, most]) => (window as unknown as PageOfBreaches).outcome(at, most), [
    url,
    retries,
  ] as const);

describe.skipIf(!browserAvailable)('in a page, a breach', () => {
  it.each([1002, 1007, 1009])(
    'that the server found (%i) is one, and nobody comes back',
    async (code) => {
      breakIt = (socket) => {
        socket.close(code);
      };
      expect((await outcome(3))[0]).toBe('PROTOCOL_ERROR');
      expect(connections).toBe(1);
    },
  );

  const frames = readCorpus<{ readonly after: string; readonly frame: CorpusBytes }, string>(
    'frames',
  );
  it.each(frames.filter(({ name }) => /no UTF-8|opcode/.test(name)))(
    'that the browser found looks like a loss, and ends as one: $name',
    async ({ input }) => {
      breakIt = (_socket, write) => {
        write(corpusBytes(input.frame));
      };
      const [code, message] = await outcome(1);
      expect(code).toBe('CONNECTION_LOST');
      expect(message).toContain('1006');
      expect(connections).toBe(2);
    },
  );
});
