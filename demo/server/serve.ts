/** The page and the repositories on one port. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGitServer } from 'gitws/server';
import sirv from 'sirv';
import { listRepositories, type Found } from './repositories.js';

/** What to serve, and where. */
export interface DemoOptions {
  /** Folder of repositories. */
  readonly root: string;
  /** Folder of the built page. */
  readonly page: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly allowPush: boolean;
  readonly publicUrl: string | undefined;
}

/** A demo that runs. */
export interface Demo {
  /** The page's address, with a slash at its end. */
  readonly url: string;
  /** The repositories, by their paths below the page's address. */
  readonly found: Found;
  /** Ends it: pushes that have arrived are finished first. */
  close(): Promise<void>;
}

/** index.html says the same; a page cannot say frame-ancestors itself. */
const contentSecurityPolicy = [
  "default-src 'self'",
  // The pack engine: WebAssembly, in a worker that is made from a Blob.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob:",
  "connect-src 'self' ws: wss: http: https:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @throws what listening throws: EADDRINUSE, for example. */
export async function serveDemo(options: DemoOptions): Promise<Demo> {
  const { root, page, host, port, allowPush, publicUrl } = options;
  const gitServer = createGitServer({ root, allowPush, publicUrl });
  const showPage = sirv(page, { etag: true, setHeaders: secure });
  const server = createServer((request, response) => {
    if (gitServer.handleRequest(request, response)) return;
    if (request.url === '/repositories.json') {
      void answerRepositories(root, response);
      return;
    }
    showPage(request, response, () => {
      answerText(response, 404, 'There is no page here. Repositories are cloned from the demo.\n');
    });
  });
  gitServer.attach(server);
  server.listen(port, host);
  await once(server, 'listening');
  const name = host.includes(':') ? `[${host}]` : host;
  const url = publicUrl ?? `http://${name}:${(server.address() as AddressInfo).port}/`;
  return {
    url: url.endsWith('/') ? url : `${url}/`,
    found: await listRepositories(root),
    async close() {
      const closed = once(server, 'close');
      server.close();
      await gitServer.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answerRepositories(root: string, response: ServerResponse): Promise<void> {
  secure(response);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(JSON.stringify(await listRepositories(root)));
}

function answerText(response: ServerResponse, status: number, text: string): void {
  secure(response);
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function secure(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', contentSecurityPolicy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
}
