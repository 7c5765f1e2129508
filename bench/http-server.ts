/**
 * The peer: a small smart HTTP server, which runs git's own `git http-backend` (git-http-backend(1))
 * for each request as a web server would, open to pages of any origin. It serves the page of the
 * benchmarks too, so that for a page both are one origin. Run as `node http-server.js ROOT OUT`.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gitEnvironment } from './git.js';

const [root = '', out = ''] = process.argv.slice(2);
const html = `<!doctype html><meta charset="utf-8"><title>bench</title>
<link rel="icon" href="data:,"><script src="/page.js"></script>`;

/** What there is beside the repositories. */
const files = new Map<string, { readonly type: string; readonly bytes: string | Buffer }>([
  ['/', { type: 'text/html;charset=utf-8', bytes: html }],
  ...['page.js', 'wasm-git-worker.js', 'gitws-worker.js'].map((name) =>
    fileOf(name, 'text/javascript;charset=utf-8'),
  ),
  fileOf('lg2.wasm', 'application/wasm'),
]);

function fileOf(name: string, type: string) {
  return [`/${name}`, { type, bytes: readFileSync(join(out, name)) }] as const;
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = files.get(pathname);
  if (file !== undefined) {
    // The page's own connection must not be there already when its clone begins.
    response.setHeader('connection', 'close');
    response.setHeader('content-type', file.type);
    response.end(file.bytes);
  } else if (request.method === 'OPTIONS') {
    response.writeHead(204, preflightAnswer).end();
  } else if (/^\/[^/]+\.git\//.test(pathname)) {
    runBackend(request, response);
  } else {
    response.writeHead(404).end();
  }
});

/** As a CORS proxy answers the question that a browser asks before a page's POST elsewhere. */
const preflightAnswer = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers': 'content-type, git-protocol',
};

function runBackend(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...gitEnvironment,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: request.socket.remoteAddress ?? '',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  response.on('close', () => child.stdout.destroy());
  response.setHeader('access-control-allow-origin', '*');
  let head = Buffer.alloc(0);
  const onHead = (piece: Buffer): void => {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', onHead);
    answerAs(head.toString('latin1', 0, end), response);
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', onHead);
  child.stdout.on('end', () => response.end());
}

/** A CGI program says its status as a header (RFC 3875, 6.3.3). */
function answerAs(head: string, response: ServerResponse): void {
  for (const line of head.split('\r\n')) {
    const [name = '', value = ''] = line.split(/:\s*(.*)/s);
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
});
