/**
 * The URL of a repository in its three forms: as the user wrote it, as git's configuration and
 * credential helpers know it, and as a message may show it.
 */
import { parseRepositoryUrl } from '../src/tunnel/client/endpoint.js';
import { GitWsError } from '../src/base/errors.js';

/** A repository's URL, taken apart. */
export interface ServiceUrl {
  /** For messages: as written, without userinfo. */
  readonly shown: string;
  /** What openChannel() is given: without userinfo. */
  readonly plain: string;
  /**
   * `http://` or `https://`, with the user's name and without the password: what `http.<url>.*` and
   * `credential.<url>.*` of existing configurations match.
   */
  readonly http: URL;
  /** Decoded; empty where there is none. */
  readonly username: string;
  /** Decoded; empty where there is none. */
  readonly password: string;
  readonly secure: boolean;
}

const httpSchemes: Readonly<Record<string, string>> = {
  'ws:': 'http:',
  'http:': 'http:',
  'wss:': 'https:',
  'https:': 'https:',
};

/**
 * @param text `ws://`, `wss://`, `http://` or `https://` URL of a repository.
 * @throws GitWsError INVALID_URL
 */
export function parseServiceUrl(text: string): ServiceUrl {
  // What Node makes of bytes that are no UTF-8: the name that was meant is not known any more.
  if (text.includes('\ufffd')) throw new GitWsError('INVALID_URL', 'the URL is not UTF-8');
  const url = parseRepositoryUrl(text);
  const scheme = httpSchemes[url.protocol] ?? '';
  const [username, password] = [url.username, url.password].map(decode) as [string, string];
  const http = new URL(url.href.replace(/^[^:]+:/, scheme));
  http.password = '';
  url.username = '';
  url.password = '';
  return {
    // Nothing of a password, and nothing that a terminal would obey.
    shown: username === '' && password === '' && /^[!-~]+$/.test(text) ? text : url.href,
    plain: url.href,
    ...{ http, username, password },
    secure: scheme === 'https:',
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GitWsError('INVALID_URL', 'the user or the password in the URL is not URL-encoded', {
      cause,
    });
  }
}
