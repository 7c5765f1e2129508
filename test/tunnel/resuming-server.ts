/** A server for tests of how a client resumes: its every frame is the test's. */
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  openChannel,
  type Channel,
  type ConnectionEvent,
} from '../../src/tunnel/client/channel.js';
import type { ChannelOptions } from '../../src/tunnel/client/channel-options.js';

export const token = 't'.repeat(22);

export function openMessage(received = 0, resumeFor = 60): string {
  const message = { type: 'open', session: 's1', token, window: 65_536, received, resumeFor };
  return JSON.stringify(message);
}

/** One connection as the server sees it. */
export interface Connection {
  readonly socket: WebSocket;
  /** What the client offered, but for what is the same each time. */
  readonly entries: readonly string[];
  /** Resolves with the first text message that contains this. */
  readonly text: (part: string) => Promise<string>;
}

/** @param behave told of each connection, and its number from 0. */
export async function serve(
  behave: (connection: Connection, number: number) => void | Promise<void>,
): Promise<string> {
  const server = new WebSocketServer({
    ...{ port: 0, host: '127.0.0.1', handleProtocols: () => 'gitws.v1' },
  });
  await new Promise((resolve) => server.once('listening', resolve));
  let count = 0;
  server.on('connection', (socket, request) => {
    const texts: string[] = [];
    const watchers = new Set<() => void>();
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) texts.push(data.toString());
      for (const watcher of watchers) watcher();
    });
    const header = request.headers['sec-websocket-protocol'] ?? '';
    const connection: Connection = {
      socket,
      entries: header.split(/, */).filter((entry) => !/^gitws\.(v1|window\.)/.test(entry)),
      text: (part) =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = texts.find((text) => text.includes(part));
            if (found === undefined) return;
            watchers.delete(look);
            resolve(found);
          };
          watchers.add(look);
          look();
        }),
    };
    void behave(connection, count);
    count += 1;
  });
  onTestFinished(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`;
}

/** Says `abc`, waits until the client has acknowledged it, and is gone. */
export async function beginAndDrop({ socket, text }: Connection): Promise<void> {
  socket.send(openMessage());
  socket.send(Buffer.from('abc'));
  await text('"consumed":1');
  socket.terminate();
}

/** Goes on behind `abc`, to the end. */
export function goOn({ socket }: Connection): void {
  socket.send(openMessage());
  socket.send(Buffer.from('def'));
  socket.send('{"type":"end"}');
  socket.send('{"type":"exit","code":0}');
}

export async function open(
  url: string,
  { onConnection, ...options }: Partial<ChannelOptions> = {},
): Promise<{ channel: Channel; told: ConnectionEvent[]; all: Promise<string> }> {
  const told: ConnectionEvent[] = [];
  const channel = await openChannel(url, {
    service: 'git-upload-pack',
    onConnection: (event) => {
      told.push(event);
      onConnection?.(event);
    },
    ...options,
  });
  const all = new Response(channel.readable as BodyInit).text();
  all.catch(() => undefined);
  return { channel, told, all };
}

export const brief = (told: readonly ConnectionEvent[]): string[] =>
  told.map(({ state, attempt }) => `${state} ${attempt}`);
