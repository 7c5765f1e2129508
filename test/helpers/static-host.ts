/** A static host of the tests: files from memory with Range, ETag and CORS, and what real hosts get wrong. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { listen } from './listen.js';

/** What one answer is like. */
export interface AnswerFault {
  /** The connection is cut when that many bytes of the body have gone out. */
  readonly cutAfter?: number;
  readonly ignoresRange?: boolean;
  readonly etag?: string | undefined;
  readonly status?: number;
  readonly contentRange?: string;
  readonly gzip?: boolean;
  /** Another file in its place. */
  readonly file?: Buffer;
  readonly location?: string;
  /** Bytes without an end. */
  readonly isEndless?: boolean;
  /** Nothing comes behind the first bytes. */
  readonly stalls?: boolean;
  readonly noCors?: boolean;
}

/** What was asked for. */
export interface StaticRequest {
  readonly path: string;
  readonly method: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** A host that listens. */
export interface StaticHost {
  readonly url: string;
  /** By path, with a slash in front. */
  readonly files: Map<string, Buffer>;
  readonly requests: StaticRequest[];
  /** @param count of requests for the same path before. */
  fault: (path: string, count: number) => AnswerFault | undefined;
}

/** Starts one, until the file ends. */
export async function startStaticHost(): Promise<StaticHost> {
  const files = new Map<string, Buffer>();
  const requests: StaticRequest[] = [];
  const server = createServer((request, response) => {
    const { url: path = '', method = '', headers } = request;
    const count = requests.filter((one) => one.path === path).length;
    requests.push({ path, method, range: headers.range, headers });
    const fault = host.fault(path, count) ?? {};
    answer(response, fault.file ?? files.get(path), headers.range, fault);
  });
  const { url } = await listen(server);
  const host: StaticHost = { url, files, requests, fault: () => undefined };
  return host;
}

function answer(
  response: ServerResponse,
  file: Buffer | undefined,
  range: string | undefined,
  fault: AnswerFault,
): void {
  response.on('error', () => undefined);
  if (fault.noCors !== true) {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'etag, content-range');
  }
  if (fault.location !== undefined) {
    response.writeHead(302, { location: fault.location }).end();
    return;
  }
  if (file === undefined || fault.status !== undefined) {
    response.writeHead(fault.status ?? 404, { 'content-type': 'text/html' }).end('<h1>no</h1>');
    return;
  }
  const etag = 'etag' in fault ? fault.etag : `"${createHash('md5').update(file).digest('hex')}"`;
  if (etag !== undefined) response.setHeader('etag', etag);
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? NaN);
  const isPart = !Number.isNaN(start) && fault.ignoresRange !== true && fault.gzip !== true;
  if (isPart && start >= file.length) {
    response.writeHead(416).end();
    return;
  }
  let body = isPart ? file.subarray(start) : file;
  if (isPart) {
    const said = fault.contentRange ?? `bytes ${start}-${file.length - 1}/${file.length}`;
    response.setHeader('content-range', said);
  }
  if (fault.gzip === true) {
    body = gzipSync(body);
    response.setHeader('content-encoding', 'gzip');
  }
  if (fault.isEndless !== true) response.setHeader('content-length', body.length);
  response.writeHead(isPart ? 206 : 200, { 'content-type': 'application/octet-stream' });
  if (fault.isEndless === true) {
    response.write(body);
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    more();
    return;
  }
  if (fault.cutAfter === undefined && fault.stalls !== true) {
    response.end(body);
    return;
  }
  const cut = fault.cutAfter ?? 100;
  response.write(body.subarray(0, cut), () => {
    if (fault.stalls !== true) setImmediate(() => response.destroy());
  });
}
