/** What of a request is about an upstream: what is refused before that is asked, and where it is. */
import type { IncomingMessage } from 'node:http';
import { closeCodes } from '../../src/tunnel/machine/close.js';
import { inAccessTime, type Authorize, type User } from './access.js';
import { upstreamPlace, type UpstreamPlace } from '../backend/place.js';
import { headerValue } from '../backend/upstream/proof.js';
import { upstreamPathFault, type Upstream } from '../backend/upstream/upstreams.js';
import { refusal, type Refusal } from './refusal.js';
import { services } from '../services.js';
import { isGitService } from './target.js';

/** What is asked for. */
interface Asked {
  readonly segments: readonly string[];
  readonly service: string;
  readonly upstreamAuthorization: string | undefined;
}

/** In place of the entry `gitws.upstream-auth`, for clients that can set headers. */
const header = 'gitws-upstream-authorization';

/** @returns the user's credentials for the host: what was said of this run beats the handshake's header. */
export function upstreamAuthorizationOf(
  said: { readonly upstreamAuthorization?: string | undefined } | undefined,
  { headers }: IncomingMessage,
): string | undefined {
  const value = headers[header];
  return said?.upstreamAuthorization ?? (typeof value === 'string' ? value : undefined);
}

/** What of a request no upstream is asked. */
export function upstreamFault(
  { host, ssh }: Upstream,
  { segments, service, upstreamAuthorization = '' }: Asked,
): Refusal | undefined {
  const path = upstreamPathFault(segments.slice(1));
  if (path !== undefined) return refusal(closeCodes.malformed, `The path ${path}.`);
  const way = ssh === undefined ? 'http' : 'ssh';
  if (isGitService(service) && !services[service].upstream.includes(way)) {
    return refusal(closeCodes.forbidden, `An upstream has no ${service}.`);
  }
  // It would be thought of as theirs what this server's key has done.
  // Defence: credentials of a client for ssh:// are refused, and not just left out.
  if (ssh !== undefined && upstreamAuthorization !== '') {
    return refusal(closeCodes.forbidden, `${host} is reached with this server's key alone.`);
  }
  if (headerValue.test(upstreamAuthorization)) return undefined;
  return refusal(closeCodes.malformed, 'The credentials for the upstream are no header value.');
}

/** Where a repository of an upstream is; whether it is there is found out when it is opened. */
export function placeThere(
  upstream: Upstream,
  { segments, service, upstreamAuthorization }: Asked,
  user: User | null,
  request: IncomingMessage,
  server: Parameters<typeof inAccessTime>[1] & { readonly authorize: Authorize },
): UpstreamPlace {
  return upstreamPlace({
    location: { upstream, segments: segments.slice(1) },
    authorization: upstreamAuthorization === '' ? undefined : upstreamAuthorization,
    allows: async (repository) => {
      const access = isGitService(service) ? services[service].access : 'read';
      const question = { user, repository, access, request };
      return inAccessTime(
        Promise.resolve(server.authorize(question)).then((may) => may === true),
        server,
      );
    },
  });
}
