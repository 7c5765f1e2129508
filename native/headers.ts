/** The headers of a handshake that git's configuration names: `http.extraHeader` and cookies. */
import { readCookies } from './cookies.js';
import type { GitConfig } from './git-config.js';

/** What {@link configuredHeaders} found. */
export interface ConfiguredHeaders {
  /** The value of the last Authorization header. */
  readonly authorization: string | undefined;
  /** All others, by their names in lower case. */
  readonly others: Readonly<Record<string, string>>;
}

/** @param url `http://` or `https://` form of the repository's URL. */
export function configuredHeaders(config: GitConfig, url: URL): ConfiguredHeaders {
  const { authorization, cookie, ...others } = parseHeaders(config.extraHeaders);
  const file = config.path('cookieFile') ?? '';
  const kept = file === '' ? undefined : readCookies(file, url);
  const cookies = [kept, cookie].filter((one) => one !== undefined).join('; ');
  return { authorization, others: cookies === '' ? others : { ...others, cookie: cookies } };
}

/** `Name: value`, or `Name;` for an empty one; what is neither is left out, as curl does. */
function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value = ''] =
      /^([^:;]+):\s*(\S.*?)\s*$/s.exec(line) ?? /^([^:;]+);\s*$/.exec(line) ?? [];
    // No server takes a name that is none (RFC 9110, `token`).
    if (name === undefined || !/^[!#-'*+.^-z|~\w-]+$/.test(name)) continue;
    const key = name.toLowerCase();
    // As git sends them: the bytes that stand in its configuration.
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    const before = key === 'authorization' ? undefined : headers[key];
    headers[key] = before === undefined ? bytes : `${before}, ${bytes}`;
  }
  return headers;
}
