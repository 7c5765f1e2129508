/**
 * Which pages may connect, and under which host names (docs/protocol.md, "Origin and Host"). Both
 * rules hold on loopback too: any page that a developer visits can open a socket to it, and DNS
 * rebinding makes a foreign page's Origin equal its Host.
 */
import type { IncomingMessage } from 'node:http';
import { GitWsError } from '../../src/base/errors.js';

/** What the operator says about names. */
export interface OriginOptions {
  /** Exact origins of pages, for example `https://app.example`; `null` only if listed. */
  readonly origins?: readonly string[] | undefined;
  /** Host names this server answers to, with a port where only that port is meant. */
  readonly hosts?: readonly string[] | undefined;
  /** The server's own address as its clients see it, for example `https://git.example`. */
  readonly publicUrl?: string | undefined;
}

/** Decides for one request. */
export interface OriginRules {
  /** Whether the page that sent the request, if it was one, may connect. */
  allowsOrigin(request: IncomingMessage): boolean;
  /** Whether the request was meant for this server. */
  allowsHost(request: IncomingMessage): boolean;
}

interface Host {
  /** Lower case, IPv6 in brackets, without a dot at its end. */
  readonly name: string;
  /** Empty for the scheme's default port. */
  readonly port: string;
}

/**
 * @param options lists are exact; without `origins`, the origin of `publicUrl`, or else pages from
 *   the same host and port as the request.
 * @throws GitWsError INVALID_OPTION for an entry that is no origin, host or URL.
 */
export function createOriginRules(options: OriginOptions): OriginRules {
  const publicUrl = options.publicUrl === undefined ? undefined : parsePublicUrl(options.publicUrl);
  const origins =
    options.origins?.map(parseOrigin) ?? (publicUrl === undefined ? [] : [publicUrl.origin]);
  const sameHost = options.origins === undefined && publicUrl === undefined;
  const hosts = (options.hosts ?? []).map(parseListedHost);
  const publicName = publicUrl && hostOf(publicUrl).name;
  return {
    allowsOrigin(request) {
      // Version 8 of the WebSocket handshake calls it by its old name.
      // Defence: Origin is checked by its older name, too.
      const origin = request.headers.origin ?? request.headers['sec-websocket-origin'];
      if (origin === undefined) return true;
      if (typeof origin !== 'string') return false;
      return origins.includes(origin) || (sameHost && isSameHost(origin, request.headers.host));
    },
    allowsHost(request) {
      const host = parseHost(request.headers.host);
      if (host === undefined) return false;
      if (host.name === publicName || isLoopback(host.name)) return true;
      if (
        hosts.some((one) => one.name === host.name && (one.port === '' || one.port === host.port))
      )
        return true;
      // The address that the connection came in on: a name is what rebinding needs.
      return host.name === bracketed(request.socket.localAddress);
    },
  };
}

function isSameHost(origin: string, hostHeader: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (!/^https?:$/.test(url.protocol) || url.origin !== origin) return false;
  const host = parseHost(hostHeader, url.protocol);
  const own = hostOf(url);
  return host?.name === own.name && host.port === own.port;
}

function parseHost(header: string | undefined, scheme = 'http:'): Host | undefined {
  // Strict before the URL class, which would take `a@b`, `a/b` and more.
  if (header === undefined) return undefined;
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(header)) return undefined;
  const url = `${scheme}//${header}`;
  return URL.canParse(url) ? hostOf(new URL(url)) : undefined;
}

function hostOf(url: URL): Host {
  return { name: url.hostname.replace(/\.$/, ''), port: url.port };
}

/** Names and addresses that no foreign DNS can answer for (RFC 6761 section 6.3). */
function isLoopback(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(name)
  );
}

function bracketed(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  // An IPv4 peer of a socket that listens on both.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain.includes(':') ? `[${plain.toLowerCase()}]` : plain;
}

function parsePublicUrl(text: string): URL {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw invalid('publicUrl', text, 'an http or https URL');
  }
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    // It is not repeated: a password may be in it.
    const sentence = 'publicUrl: a query, a fragment or credentials cannot be part of it.';
    throw new GitWsError('INVALID_OPTION', sentence, { data: { option: 'publicUrl' } });
  }
  return url;
}

function parseOrigin(text: string): string {
  if (text === 'null') return text;
  const wanted = 'an origin such as https://app.example, without a path';
  // A URL may have one in its host, and no page's origin is that: none would be let in.
  if (!URL.canParse(text) || text.includes('*')) throw invalid('origins', text, wanted);
  const url = new URL(text);
  // Schemes of browser extensions have no origin of their own in the URL class: taken as written.
  const origin = url.origin === 'null' ? text : url.origin;
  if (text !== origin && text !== `${origin}/`) throw invalid('origins', text, wanted);
  return origin;
}

function parseListedHost(text: string): Host {
  const host = parseHost(text);
  if (host === undefined) throw invalid('hosts', text, 'a host name, with or without a port');
  return host;
}

function invalid(option: string, text: string, wanted: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `${option}: "${text}" is not ${wanted}.`, {
    data: { option },
  });
}
