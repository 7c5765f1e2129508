/** Answers requests for the page at `/`: who is asking, what may be read, and how that is said. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inAccessTime, parseCredentials, type User } from '../../server/admission/access.js';
import { createClientAddress } from '../../server/admission/client-address.js';
import { isGitWsError, type GitServerOptions, type Limits } from '../../server/index.js';
import { createOriginRules } from '../../server/admission/origin.js';
import { basicChallenge, httpStatusOf } from '../../server/admission/refusal.js';
import type { RepositoryNames } from '../../server/git/repository-list.js';
import { formatPage, pageHeaders } from './page.js';

/** What the page is made of. */
export interface FrontPageOptions extends Pick<
  GitServerOptions,
  'authenticate' | 'authorize' | 'basePath' | 'publicUrl' | 'hosts' | 'trustedProxies'
> {
  readonly scheme: 'http' | 'https';
  readonly limits: Pick<Limits, 'accessTime'>;
  /** The repositories, whoever may read them. */
  list(): Promise<RepositoryNames>;
  onError(error: unknown): void;
}

/** @returns false, and does nothing, where the request is not for the page. */
export type FrontPage = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Makes what answers. @throws GitWsError INVALID_OPTION for the options of names and proxies. */
export function createFrontPage(options: FrontPageOptions): FrontPage {
  const basePath = (options.basePath ?? '').replace(/\/+$/, '');
  const paths = new Set(['/', basePath, `${basePath}/`]);
  const names = createOriginRules(options);
  const clientAddress = createClientAddress(options.trustedProxies ?? []);
  return (request, response) => {
    const [path = '', query] = (request.url ?? '').split('?', 2);
    if (!paths.has(path)) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      say(response, 405, 'This page can only be read.', { Allow: 'GET, HEAD' });
    } else if (!names.allowsHost(request)) {
      // As for sockets: a page of somebody else's must not reach this server by a name of its own.
      say(response, 403, 'This server does not answer to this host name.');
    } else {
      answer(request, response, query === 'sign-in').catch((error: unknown) => {
        fail(response, error);
      });
    }
    return true;
  };

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    asksToSignIn: boolean,
  ): Promise<void> {
    const { authorization } = request.headers;
    const user = await inAccessTime(visitorOf(request), options);
    const found = await options.list();
    const readable = await inAccessTime(readableBy(user, found.names, request), options);
    const signsIn = options.authenticate !== undefined;
    // Wrong credentials, none where they are asked for, or none and nothing to see without.
    const wanted = authorization !== undefined || asksToSignIn || readable.length === 0;
    const unknown = signsIn && user === null && wanted;
    const url = `${baseUrl(request)}${basePath}`;
    const page = { names: readable, more: found.more, url, user: user?.name, signsIn };
    response
      .writeHead(unknown ? 401 : 200, {
        ...pageHeaders,
        ...(unknown ? { 'WWW-Authenticate': basicChallenge } : {}),
      })
      .end(formatPage(page));
  }

  async function readableBy(
    user: User | null,
    names: readonly string[],
    request: IncomingMessage,
  ): Promise<readonly string[]> {
    const readable: string[] = [];
    for (const name of names) {
      const question = { user, repository: name, access: 'read', request } as const;
      if ((await options.authorize?.(question)) === true) readable.push(name);
    }
    return readable;
  }

  /** Once for the whole page: a wrong password is one failure, however many repositories there are. */
  async function visitorOf(request: IncomingMessage): Promise<User | null> {
    const { authorization } = request.headers;
    const credentials = parseCredentials(authorization);
    const parts = credentials?.scheme === 'basic' ? Object.values(credentials) : [];
    if (parts.some((part) => /[\r\n\0]/.test(part))) return null;
    const asked = { repository: '', service: 'git-upload-pack', request } as const;
    const remoteAddress = clientAddress(request);
    const attempt = { authorization, credentials, remoteAddress, ...asked };
    return (await options.authenticate?.(attempt)) ?? null;
  }

  function baseUrl(request: IncomingMessage): string {
    const { publicUrl, scheme } = options;
    return publicUrl === undefined
      ? `${scheme}://${request.headers.host ?? ''}`
      : new URL(publicUrl).origin;
  }

  function fail(response: ServerResponse, error: unknown): void {
    const closeCode = isGitWsError(error, 'REFUSED') ? error.data.closeCode : 0;
    // Too many failures, or nothing to ask at present: said as to a client of gitws.v1.
    if (closeCode >= 4400 && error instanceof Error) {
      say(response, httpStatusOf(closeCode), error.message);
      return;
    }
    options.onError(error);
    say(response, 500, 'The server could not make this page.');
  }
}

function say(
  response: ServerResponse,
  status: number,
  sentence: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
  response.writeHead(status, { ...type, ...headers }).end(`${sentence}\n`);
}
