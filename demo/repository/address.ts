/** What a person types as a repository's address, made into what isomorphic-git takes. */
import { GitWsError } from 'gitws';
import type { Credentials } from './remote.js';

/** An address, taken apart. */
export interface Address {
  /** http(s), without credentials: safe to be kept and shown. */
  readonly url: string;
  /** The last part of the path, without `.git`. */
  readonly name: string;
  /** What the address carried. */
  readonly credentials: Credentials | undefined;
}

const httpSchemes: Readonly<Record<string, string>> = {
  'http:': 'http:',
  'https:': 'https:',
  'ws:': 'http:',
  'wss:': 'https:',
};

/** `git@host:path`, as ssh takes it; the user may be missing. Not `host:port/path`, not `x://`. */
const scpAddress = /^(?:[^\s/@]+@)?([^\s/:@[\]]+|\[[^\]]+\]):(?!\/\/|\d{1,5}(?:\/|$))\/?(.+)$/;
const hostWithPort = /^[^\s/:@]+:\d{1,5}(?:\/|$)/;
/** `example.com/path`: the first part has a dot, and is no repository by its end. */
const bareHost = /^(?![^/]*\.git\/)[^\s/:@.]+(?:\.[^\s/:@.]+)+\//;
const otherScheme =
  /^(ssh|git|git\+ssh|ftp|ftps|sftp|rsync):\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/(.+)$/i;
const dotSegment = /(^|\/)(\.|%2e){1,2}(?=[/?#]|$)/i;
/** What URL parsing would change or drop without a word, so that another address were asked. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const unsound = /[\x00-\x1f\x7f\\]/;

/**
 * @param text an http(s) or ws(s) URL, or a path on this page's own server.
 * @param base this page's URL.
 * @throws GitWsError INVALID_URL, with what to write
 */
export function parseAddress(text: string, base: string): Address {
  const trimmed = text.trim();
  checkForm(trimmed, base);
  let url: URL;
  try {
    url = new URL(trimmed, base);
  } catch (cause) {
    throw invalid('This is not an address that a browser understands.', cause);
  }
  const scheme = httpSchemes[url.protocol];
  if (scheme === undefined) {
    throw invalid(`Addresses start with http, https, ws or wss, and not with ${url.protocol}`);
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (path === '') throw invalid('This is the address of a server: add the path of a repository.');
  const address = `${scheme}//${url.host}${path}`;
  const rest = trimmed.slice(trimmed.search(/[?#]|$/));
  if (rest !== '') {
    throw invalid(
      `No address of a repository has a ? or a #. Leave ${rest} out: ${address}. If it belongs to the name, write %3F for ? and %23 for #.`,
    );
  }
  return {
    url: address,
    name: decode(path.slice(path.lastIndexOf('/') + 1)).replace(/\.git$/, ''),
    credentials: credentialsOf(url),
  };
}

/**
 * @param text the address of a gitws server, or a path on this page's own; may be empty.
 * @param base this page's URL.
 * @returns http(s), with the credentials that it carries; undefined where there is none.
 * @throws GitWsError INVALID_URL, with what to write
 */
export function parseGateway(text: string, base: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const isWhole = /^(https?|wss?):\/\/[^/]/i.test(trimmed) || /^\/(?!\/)/.test(trimmed);
  if (!isWhole || unsound.test(trimmed) || !URL.canParse(trimmed, base)) {
    throw invalid('Write the gateway as wss://host, or / for the server of this page.');
  }
  const url = new URL(trimmed, base);
  url.protocol = httpSchemes[url.protocol] ?? url.protocol;
  return url.href;
}

/** Finds what a browser would take for something else than the person who typed it. */
function checkForm(text: string, base: string): void {
  if (text === '') throw invalid('Type the address of a repository first.');
  const scp = scpAddress.exec(text);
  const other = otherScheme.exec(text);
  const [host = '', path = ''] = scp?.slice(1) ?? other?.slice(2) ?? [];
  if (/^([a-z]:[\\/]|file:)/i.test(text)) {
    throw invalid('A page cannot read folders of this machine. Serve them: npm start -- FOLDER');
  }
  if (unsound.test(text)) {
    throw invalid('An address has no backslash, no tab and no line break. Type it with slashes.');
  }
  if (host !== '') {
    throw invalid(
      `This address is for ${other?.[1] ?? 'ssh'}, which a page cannot use. If gitws runs on ${host}, write ${schemeFor(host)}://${host}/${path}`,
    );
  }
  if (hostWithPort.test(text)) {
    throw invalid(`The scheme is missing: write ${schemeFor(text)}://${text}`);
  }
  if (bareHost.test(text)) {
    const own = new URL('/', base).href;
    throw invalid(
      `The scheme is missing: write ${schemeFor(text)}://${text}, or ${own}${text} if it is a folder of this page’s server.`,
    );
  }
  if (dotSegment.test(text)) {
    throw invalid('A path of dots leads elsewhere: write the address without . and .. in it.');
  }
}

/** Certificates are for hosts that have a name. */
function schemeFor(host: string): 'http' | 'https' {
  return /^(localhost|127\.|\[)/.test(host) ? 'http' : 'https';
}

function credentialsOf(url: URL): Credentials | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return { kind: 'password', username: decode(url.username), password: decode(url.password) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string, cause?: unknown): GitWsError {
  return new GitWsError('INVALID_URL', message, { cause });
}
