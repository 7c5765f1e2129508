/** Proxies of the kinds that people are behind: HTTP's CONNECT and SOCKS5. */
import { once } from 'node:events';
import { createServer as createHttpServer, request as startRequest } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { atEnd } from './at-end.js';
import { listen } from './listen.js';

/** A proxy that listens, and what it was asked for. */
export interface ForwardProxy {
  /** `http://127.0.0.1:PORT` or `socks5h://127.0.0.1:PORT`. */
  readonly url: string;
  /** `HOST:PORT` of every connection that it was asked for. */
  readonly asked: string[];
}

const sockets = new Set<Socket>();

atEnd(() => {
  for (const socket of sockets) socket.destroy();
});

function join(client: Socket, host: string, port: number, onConnect: () => void): void {
  const server = connect(port, host, () => {
    onConnect();
    client.pipe(server).pipe(client);
  });
  for (const socket of [client, server]) {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {
      client.destroy();
      server.destroy();
    });
  }
}

/** @param credentials `user:password` that it wants; default: none. */
export async function startHttpProxy(credentials?: string): Promise<ForwardProxy> {
  const asked: string[] = [];
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  // What is not encrypted may come without CONNECT: with the whole URL.
  const server = createHttpServer((request, response) => {
    const { method, headers, url = '' } = request;
    asked.push(new URL(url).host);
    const passed = startRequest(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    request.pipe(passed);
  });
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    if (wanted !== undefined && headers['proxy-authorization'] !== wanted) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    asked.push(url);
    const [, host = '', port] = /^\[?(.*?)\]?:(\d+)$/.exec(url) ?? [];
    join(client, host, Number(port), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    });
  });
  return { url: (await listen(server)).url, asked };
}

/** RFC 1928, without authentication. */
export async function startSocksProxy(): Promise<ForwardProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (request: Buffer) => {
        const isName = request[3] === 3;
        const length = isName ? (request[4] ?? 0) : 4;
        const start = isName ? 5 : 4;
        const address = request.subarray(start, start + length);
        const host = isName ? address.toString() : [...address].join('.');
        const port = request.readUInt16BE(start + length);
        asked.push(`${host}:${port}`);
        join(client, host, port, () => {
          client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        });
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterClose(() => server.close());
  return { url: `socks5h://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const closers: (() => unknown)[] = [];

function afterClose(close: () => unknown): void {
  closers.push(close);
}

atEnd(() => {
  for (const close of closers.splice(0)) close();
});
