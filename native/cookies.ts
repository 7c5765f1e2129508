/**
 * The cookies of `http.cookieFile`, as curl reads and sends them for git's own https:// (curl's
 * cookie.c): lines of Netscape's format, or of headers. Cookies that a server sets are not kept.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostOf } from './host.js';

interface Cookie {
  readonly name: string;
  readonly value: string;
  /** Without a dot before it; empty: for every host. */
  readonly domain: string;
  /** Whether it is for the names below the domain, too. */
  readonly below: boolean;
  readonly path: string;
  readonly secure: boolean;
  /** In ms of the epoch. */
  readonly expires: number;
}

/**
 * @param path the file; one that cannot be read holds no cookies.
 * @param url `http://` or `https://` form of the repository's URL.
 * @returns the value of a Cookie header; undefined where none is to be sent.
 */
export function readCookies(path: string, url: URL): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  return formatCookies(text, url);
}

/** As {@link readCookies}, of a file's text. */
export function formatCookies(text: string, url: URL, now = Date.now()): string | undefined {
  const host = hostOf(url);
  const isSecure = url.protocol === 'https:' || /^(localhost|127\.0\.0\.1|::1)$/.test(host);
  const kept = new Map<string, Cookie>();
  for (const line of text.split(/\r?\n/)) {
    const cookie = parseHeader(line, now) ?? parseLine(line);
    // A later line for the same takes the place of an earlier one.
    if (cookie !== undefined)
      kept.set([cookie.name, cookie.domain, cookie.path].join('\t'), cookie);
  }
  const sent = [...kept.values()].filter(
    (cookie) =>
      cookie.expires > now &&
      (!cookie.secure || isSecure) &&
      hostMatches(cookie, host) &&
      pathMatches(cookie.path, url.pathname),
  );
  // The more it is about this very path, the sooner it comes.
  sent.sort(
    (a, b) =>
      b.path.length - a.path.length ||
      b.domain.length - a.domain.length ||
      b.name.length - a.name.length,
  );
  if (sent.length === 0) return undefined;
  return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Domain, whether for names below, path, whether secure, expiry in s, name and value. */
function parseLine(line: string): Cookie | undefined {
  const [domain = '', below, path = '', secure, expires = '', name, value = ''] = line
    .replace(/^#HttpOnly_/, '')
    .split('\t');
  if (name === undefined || domain.startsWith('#')) return undefined;
  return {
    ...{ name, value, path, domain: domain.replace(/^\./, '') },
    ...{ below: isTrue(below), secure: isTrue(secure) },
    expires: Number(expires) === 0 ? Infinity : Number(expires) * 1000,
  };
}

function isTrue(text: string | undefined): boolean {
  return text?.toUpperCase() === 'TRUE';
}

/** `Set-Cookie: name=value; Domain=…; Path=…; Max-Age=…; Expires=…; Secure`. */
function parseHeader(line: string, now: number): Cookie | undefined {
  const [, text] = /^Set-Cookie:(.*)$/i.exec(line) ?? [];
  if (text === undefined) return undefined;
  const [pair = '', ...attributes] = text.split(';').map((part) => part.trim());
  const [, name, value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
  if (name === undefined) return undefined;
  const attribute = (wanted: string): string | undefined =>
    attributes
      .map((one) => /^([^=]*)=?(.*)$/.exec(one) ?? [])
      .find(([, key]) => key?.toLowerCase() === wanted)?.[2];
  const domain = attribute('domain');
  return {
    ...{ name, value, path: attribute('path') ?? '/' },
    ...{ domain: domain?.replace(/^\./, '') ?? '', below: domain !== undefined },
    secure: attribute('secure') !== undefined,
    expires: expiryOf(attribute('max-age'), attribute('expires'), now),
  };
}

/** A lifetime in s goes before a date, and a date that is none is no end. */
function expiryOf(lifetime: string | undefined, date = '', now: number): number {
  if (/^"?-?\d+/.test(lifetime ?? ''))
    return now + parseInt(lifetime?.replace('"', '') ?? '', 10) * 1000;
  const expires = Date.parse(date);
  return Number.isNaN(expires) ? Infinity : expires;
}

function hostMatches({ domain, below }: Cookie, host: string): boolean {
  const [wanted, name] = [domain.toLowerCase(), host.toLowerCase()];
  if (wanted === '' || wanted === name) return true;
  return below && isIP(name) === 0 && name.endsWith(`.${wanted}`);
}

function pathMatches(path: string, pathname: string): boolean {
  const prefix = path.replace(/\/$/, '');
  return pathname === prefix || pathname.startsWith(`${prefix}/`);
}
