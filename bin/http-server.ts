/**
 * The HTTP server of `gitws serve`: plain or with TLS, with limits against clients that hold
 * connections and say nothing, and with words for whoever comes without a WebSocket.
 */
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { GitWsError, type GitServer, type Limits } from '../server/index.js';
import type { FrontPage } from './front-page/answer.js';

/** Paths of certificate and key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What it is made of. */
export interface HttpServerOptions {
  readonly gitServer: GitServer;
  readonly tls: TlsFiles | undefined;
  readonly limits: Pick<Limits, 'headersTime' | 'maxHeaderLength' | 'maxTargetLength'>;
  /** Whether bodies of requests may take long, as pushes do: then they have limits of their own. */
  readonly smartHttp: boolean;
  /** Whether the server has begun to close. */
  isClosing(): boolean;
  /** Answers for the page at `/`, where there is one. @returns false where it is not asked for. */
  readonly frontPage?: FrontPage | undefined;
}

/** The server, not listening yet. */
export interface OwnHttpServer {
  readonly server: HttpServer | HttpsServer;
  /** Reads certificate and key again: for connections from now on. @throws GitWsError */
  reload(): void;
}

/** @throws GitWsError INVALID_OPTION for a certificate or key that cannot be used. */
export function createHttpServer(options: HttpServerOptions): OwnHttpServer {
  const { tls, limits } = options;
  const settings = {
    headersTimeout: limits.headersTime,
    requestTimeout: options.smartHttp ? 0 : limits.headersTime,
    connectionsCheckingInterval: Math.max(10, limits.headersTime / 4),
    // Request line included. What is a little above gets a close code, which a page can read.
    maxHeaderSize: limits.maxHeaderLength + 2 * limits.maxTargetLength,
  };
  if (tls === undefined) {
    const server = createServer(settings, respond(options));
    return { server, reload: () => undefined };
  }
  const handshakeTimeout = limits.headersTime;
  const server = createSecureServer(
    { ...settings, ...readTls(tls), handshakeTimeout },
    respond(options),
  );
  return {
    server,
    reload: () => {
      server.setSecureContext(readTls(tls));
    },
  };
}

function readTls({ cert, key }: TlsFiles): { cert: Buffer; key: Buffer } {
  const read = { cert: readPem('tlsCert', cert), key: readPem('tlsKey', key) };
  try {
    // Found out now, and not at the first connection.
    createSecureContext(read);
    return read;
  } catch (error) {
    const { message } = error as Error;
    throw new GitWsError(
      'INVALID_OPTION',
      `The certificate ${cert} and the key ${key} cannot be used: ${message}.`,
    );
  }
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code;
    throw new GitWsError('INVALID_OPTION', `${option}: ${path} cannot be read: ${why}.`);
  }
}

const types = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };

function respond({ gitServer, ...options }: HttpServerOptions): RequestListener {
  return (request, response) => {
    if (request.url === '/healthz') {
      const closing = options.isClosing();
      response.writeHead(closing ? 503 : 200, types).end(closing ? 'closing\n' : 'ok\n');
      return;
    }
    if (gitServer.handleRequest(request, response)) return;
    if (options.frontPage?.(request, response) === true) return;
    response
      .writeHead(404, types)
      .end('There is nothing here but git repositories, for WebSockets.\n');
  };
}
