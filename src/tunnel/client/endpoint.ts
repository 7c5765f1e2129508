/**
 * From a repository's URL to the WebSocket endpoint of one service of it (docs/protocol.md,
 * "Endpoint"). Knows nothing of sockets.
 */
import { encodeBase64 } from '../../base/base64.js';
import { GitWsError } from '../../base/errors.js';
import { decodeSegment, segmentFault, type GitService } from '../machine/request-target.js';

/** Where to connect, and the credentials that the URL carried. */
export interface Endpoint {
  /** ws: or wss: URL without userinfo: nothing secret is ever in it. */
  readonly url: string;
  /** The same without the service: what all services of a repository have in common. */
  readonly repository: string;
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
  const url = parseRepositoryUrl(repositoryUrl);
  const authorization = basicAuthorization(url.username, url.password);
  url.username = '';
  url.password = '';
  // Mapping the scheme keeps a default port a default port: 80 and 443 are those of ws and wss.
  url.protocol = webSocketSchemes[url.protocol] ?? '';
  // A repository's own path may end in a slash; the endpoint has no empty segments.
  url.pathname = url.pathname.replace(/\/+$/, '');
  const repository = url.href;
  url.pathname = `${url.pathname}/${service}`;
  if (gitProtocol !== undefined) url.searchParams.set('git-protocol', gitProtocol);
  return { url: url.href, repository, authorization };
}

/**
 * Parses the URL of a repository, held to what a server's own rule for request targets says
 * (docs/protocol.md, "Endpoint"). URL parsing by itself would quietly make another repository's of
 * some: it drops tabs and line ends, cuts blanks at the end, takes `\` for `/`, and resolves `..`.
 *
 * @param text as a person wrote it.
 * @throws GitWsError INVALID_URL, which does not quote it: it may carry a password.
 */
export function parseRepositoryUrl(text: string): URL {
  if (/\p{Cc}/u.test(text)) throw invalidUrl('it has a control character');
  if (/\p{Cs}/u.test(text)) throw invalidUrl('it has half a character');
  if (text.trim() !== text) throw invalidUrl('it has a blank at its beginning or its end');
  if (text.includes('\\')) throw invalidUrl('it has a backslash');
  if (/^(ssh:\/\/|[^/:]+@[^/]+:)/i.test(text)) throw invalidUrl('over ssh it needs a gateway');
  const [, scheme, authority, path] =
    /^([a-z][a-z0-9+.-]*:)\/\/([^/?#]*)([^?#]*)/i.exec(text) ?? [];
  if (scheme === undefined || authority === undefined || path === undefined) {
    throw invalidUrl('it is not an absolute URL');
  }
  if (!(scheme.toLowerCase() in webSocketSchemes)) {
    throw invalidUrl(`its scheme is ${scheme}// and not http, https, ws or wss`);
  }
  if (/[?#]/.test(text)) throw invalidUrl('a repository URL has no query and no fragment');
  if (authority === '') throw invalidUrl('it names no host');
  const [, ...segments] = path.replace(/\/+$/, '').split('/');
  if (segments.length === 0) throw invalidUrl('it names no repository');
  for (const segment of segments) {
    const decoded = decodeSegment(segment);
    const fault = decoded === undefined ? 'is not URL-encoded UTF-8' : segmentFault(decoded);
    if (fault !== undefined) throw invalidUrl(`its path ${fault}`);
  }
  try {
    return new URL(text);
  } catch {
    // What is thrown has the URL in it.
    throw invalidUrl('its host, or its port, is none');
  }
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
  return new GitWsError('INVALID_URL', `This is not the URL of a repository: ${why}.`, { cause });
}
