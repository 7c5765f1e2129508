/**
 * A git host that is none of gitws: real nginx before `git http-backend`, with what tests have it do
 * in between.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttpBackend } from './http-backend.js';
import { startReverseProxy } from './reverse-proxy.js';

/** A request that it has had. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

/** A host that listens. */
export interface ForeignHost {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Its name on a gateway. */
  readonly name: string;
  /** All that git's server was asked. */
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

/** What it does beside answering. */
export interface ForeignHostOptions {
  /** Whether somebody may, by `Authorization`. Default: everybody. */
  readonly admits?: ((authorization: string | undefined) => boolean) | undefined;
  /** Lines of nginx for its server. */
  readonly nginx?: string | undefined;
  /** Answers a request itself. @returns whether it did. */
  readonly answers?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** @param root directory of its repositories. */
export async function startForeignHost(
  root: string,
  { admits = () => true, nginx = '', answers }: ForeignHostOptions = {},
): Promise<ForeignHost> {
  const seen: SeenRequest[] = [];
  const backend = await startHttpBackend(
    root,
    (request) => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, target: url, headers });
      return admits(headers.authorization);
    },
    answers,
  );
  const proxy = await startReverseProxy(
    'nginx',
    (port) => `
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    gzip on;
    gzip_types *;
    gzip_proxied any;
    ${nginx}
    location / {
      proxy_pass ${backend.url};
      proxy_http_version 1.1;
      proxy_buffering off;
    }
  }`,
  );
  const name = `127.0.0.1:${proxy.port}`;
  return { url: `http://${name}`, name, seen, close: () => proxy.close() };
}
