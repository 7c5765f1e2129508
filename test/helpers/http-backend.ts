/**
 * git's own smart HTTP server, `git http-backend`, behind a small Node server: what isomorphic-git
 * talks to without gitws, to compare with.
 */
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { gitEnvironment } from './git.js';
import { listen } from './listen.js';

/**
 * @param root directory that holds the repositories.
 * @param admits whether a request may come in; else it is asked for a password. Default: all may.
 * @param answers answers a request itself, before git is asked, and says whether it did.
 * @returns its address: append the repository's path.
 */
export function startHttpBackend(
  root: string,
  admits: (request: IncomingMessage) => boolean = () => true,
  answers: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<{ url: string }> {
  return listen(
    createServer((request, response) => {
      // What a page of another origin needs; browsers ask before a POST of git's content type.
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('access-control-allow-headers', '*');
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else if (!admits(request)) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      } else if (!answers(request, response)) runCgi(root, request, response);
    }),
  );
}

/**
 * The same behind TLS, for everybody.
 *
 * @param tls key and certificate.
 */
export async function startHttpsBackend(
  root: string,
  tls: ServerOptions,
): Promise<{ url: string }> {
  const server = createSecureServer(tls, (request, response) => {
    runCgi(root, request, response);
  });
  const { url } = await listen(server);
  return { url: url.replace(/^http:/, 'https:') };
}

/** One request by RFC 3875. */
function runCgi(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '', 'http://backend');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method ?? 'GET',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-length'] === undefined
        ? {}
        : { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.stdout.on('end', () => response.end());
}
