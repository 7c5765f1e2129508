/** A git host before which a test stands: it sees each request whole, and may answer or hold it. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { startHttpBackend } from './http-backend.js';
import { listen } from './listen.js';

/** A request. */
export interface AttendedRequest {
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** `info/refs`, or the command of version 2 in a POST. */
  readonly what: string;
}

/** A host that listens. */
export interface AttendedHost {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Its name on a gateway. */
  readonly name: string;
  /** What it was asked for since this was called last. */
  asked(): string[];
  /** Asked before the host is. @returns whether it has answered, or will. */
  attend: (request: AttendedRequest, response: ServerResponse) => boolean | Promise<boolean>;
  /** It answers no more. */
  close(): Promise<void>;
}

/** @param root directory of its repositories, for everybody to read. */
export async function startAttendedHost(root: string): Promise<AttendedHost> {
  const { url: origin } = await startHttpBackend(root);
  const seen: string[] = [];
  const host = { attend: () => false } as Pick<AttendedHost, 'attend'>;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const { method = '', url: target = '', headers } = request;
      const command = /command=([a-z-]+)/.exec(body.toString('latin1'))?.[1];
      const what = method === 'GET' ? 'info/refs' : (command ?? 'fetch');
      seen.push(what);
      if (await host.attend({ target, headers, what }, response)) return;
      const passed = ['content-type', 'git-protocol', 'authorization'].flatMap((name) => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value] as [string, string]] : [];
      });
      const answer = await fetch(`${origin}${target}`, {
        method,
        headers: passed,
        redirect: 'manual',
        ...(method === 'POST' ? { body } : {}),
      });
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
      });
      if (answer.body === null) response.end();
      else Readable.fromWeb(answer.body as never).pipe(response);
    })().catch(() => response.destroy());
  });
  const { url, close } = await listen(server);
  const asked = (): string[] => seen.splice(0);
  return Object.assign(host, { url, name: new URL(url).host, asked, close });
}
