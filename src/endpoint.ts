/**
 * From a repository's URL to the WebSocket endpoint of one service of it (docs/protocol.md,
 * "Endpoint"). Knows nothing of sockets.
 */
import { encodeBase64 } from './base64.js';
import { GitWsError } from './errors.js';

/** The services a gitws server can run, named as in smart HTTP (git's http-protocol(5)). */
export const gitServices = ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'] as const;

/** One of {@link gitServices}. */
export type GitService = (typeof gitServices)[number];

/** Where to connect, and the credentials that the URL carried. */
export interface Endpoint {
  /** ws: or wss: URL without userinfo: nothing secret is ever in it. */
  readonly url: string;
  /** An `Authorization` value (Basic) made of the URL's userinfo. */
  readonly authorization: string | undefined;
}

const webSocketSchemes: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'ws:': 'ws:',
  'https:': 'wss:',
  'wss:': 'wss:',
};

/**
 * @param repositoryUrl `http(s)://` or `ws(s)://` URL of a repository, with or without userinfo.
 * @param service the service to run there.
 * @param gitProtocol what ssh would pass as GIT_PROTOCOL, for example `version=2`.
 * @throws GitWsError INVALID_URL
 */
export function repositoryEndpoint(
  repositoryUrl: string,
  service: GitService,
  gitProtocol?: string,
): Endpoint {
  const { url, authorization } = parseRepositoryUrl(repositoryUrl);
  // A repository's own path may end in a slash; the endpoint has no empty segments.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${service}`;
  if (gitProtocol !== undefined) url.searchParams.set('git-protocol', gitProtocol);
  return { url: url.href, authorization };
}

function parseRepositoryUrl(repositoryUrl: string): {
  url: URL;
  authorization: string | undefined;
} {
  let url: URL;
  try {
    url = new URL(repositoryUrl);
  } catch (cause) {
    throw invalidUrl('it is not an absolute URL', cause);
  }
  const scheme = webSocketSchemes[url.protocol];
  if (scheme === undefined) {
    throw invalidUrl(`its scheme is ${url.protocol}// and not http, https, ws or wss`);
  }
  // Mapping the scheme keeps a default port a default port: 80 and 443 are those of ws and wss.
  url.protocol = scheme;
  if (url.search !== '' || url.hash !== '') {
    throw invalidUrl('a repository URL has no query and no fragment');
  }
  if (url.pathname.replace(/\/+$/, '') === '') throw invalidUrl('it names no repository');
  const authorization = basicAuthorization(url.username, url.password);
  url.username = '';
  url.password = '';
  return { url, authorization };
}

function basicAuthorization(username: string, password: string): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const userinfo = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${encodeBase64(userinfo)}`;
  } catch (cause) {
    throw invalidUrl('its userinfo is not URL-encoded', cause);
  }
}

function invalidUrl(why: string, cause?: unknown): GitWsError {
  // The URL itself is not quoted: it may carry a password.
  return new GitWsError('INVALID_URL', `This is not the URL of a repository: ${why}.`, { cause });
}
