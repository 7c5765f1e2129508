/**
 * git http-backend(1) as a CGI program (RFC 3875): what it is told of a request, and the head that it
 * answers with before the body.
 */
import { Transform, type TransformCallback } from 'node:stream';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import type { Environment } from '../../git/environment.js';
import type { HttpHead, SmartHttp } from '../service.js';

/** Most bytes of a head. git's own are of some hundred. */
const maxHeadBytes = 16 * 1024;

/**
 * @param gitDir absolute real path of the repository.
 * @param user whom the request is of. Without one git would refuse to push, which was allowed before.
 * @returns variables beside those of the service.
 */
export function cgiEnvironment(
  service: GitService,
  gitDir: string,
  asked: SmartHttp,
  user: string | null,
): Environment {
  const common = {
    // It may be read by whoever got as far as here.
    GIT_HTTP_EXPORT_ALL: '1',
    REMOTE_USER: user ?? 'anonymous',
    SERVER_PROTOCOL: 'HTTP/1.1',
  };
  return asked === 'advertisement'
    ? {
        ...common,
        REQUEST_METHOD: 'GET',
        PATH_TRANSLATED: `${gitDir}/info/refs`,
        QUERY_STRING: `service=${service}`,
      }
    : {
        ...common,
        REQUEST_METHOD: 'POST',
        PATH_TRANSLATED: `${gitDir}/${service}`,
        CONTENT_TYPE: `application/x-${service}-request`,
      };
}

/** Passes a body on, and tells of the head before it. */
export class CgiBody extends Transform {
  readonly #onHead: (head: HttpHead) => void;
  #head: Buffer | undefined = Buffer.alloc(0);

  /** @param onHead called once, before the first byte of the body. */
  constructor(onHead: (head: HttpHead) => void) {
    super();
    this.#onHead = onHead;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, callback: TransformCallback): void {
    if (this.#head === undefined) {
      callback(null, chunk);
      return;
    }
    const bytes = Buffer.concat([this.#head, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      this.#head = bytes;
      callback(bytes.length > maxHeadBytes ? new Error('git http-backend sends no head') : null);
      return;
    }
    this.#head = undefined;
    this.#onHead(parseHead(bytes.toString('latin1', 0, end)));
    callback(null, bytes.subarray(end + 4));
  }
}

function parseHead(text: string): HttpHead {
  let status = 200;
  const headers: Record<string, string> = {};
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return { status, headers };
}
