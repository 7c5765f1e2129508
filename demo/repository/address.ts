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

/**
 * @param text an http(s) or ws(s) URL, or a path on this page's own server.
 * @param base this page's URL.
 * @throws GitWsError INVALID_URL
 */
export function parseAddress(text: string, base: string): Address {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid('Type the address of a repository first.');
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
  return {
    url: `${scheme}//${url.host}${path}`,
    name: decode(path.slice(path.lastIndexOf('/') + 1)).replace(/\.git$/, ''),
    credentials: credentialsOf(url),
  };
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
