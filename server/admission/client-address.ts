/**
 * Whose address a request came from, when there are proxies in front, and under which key that
 * address is limited. X-Forwarded-For is a client's own words, up to the first proxy that the
 * operator trusts: so it is read from its right end, and only behind such a proxy.
 */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { GitWsError } from '../../src/base/errors.js';

type Address = ReturnType<typeof ipaddr.process>;
type Range = readonly [Address, number];

/** Finds the client's address; undefined where the connection is already gone. */
export type ClientAddress = (request: IncomingMessage) => string | undefined;

/**
 * @param trustedProxies addresses and CIDR ranges of the operator's own proxies, for example
 *   `10.0.0.0/8` or `::1`. Without any, the peer of the connection is the client.
 * @returns a function that goes from the connection's peer through X-Forwarded-For, right to left,
 *   as long as the hops are trusted proxies, and gives the first that is none: everything left of
 *   it was written by that client or by somebody before it.
 * @throws GitWsError INVALID_OPTION for an entry that is no address and no range.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = trustedProxies.map(parseRange);
  return (request) => {
    const peer = parseAddress(request.socket.remoteAddress ?? '');
    if (peer === undefined) return undefined;
    let nearest = peer;
    for (const hop of hopsOf(request).reverse()) {
      // Defence: X-Forwarded-For is believed of trusted proxies only.
      if (!trusted.some((range) => contains(range, nearest))) break;
      const next = parseHop(hop);
      // A trusted proxy passed on what nobody can read: it is the last hop that is known.
      if (next === undefined) break;
      nearest = next;
    }
    return nearest.toString();
  };
}

/**
 * @param trustedProxies as for {@link createClientAddress}.
 * @returns a function that tells whether an address is one of theirs.
 * @throws GitWsError INVALID_OPTION for an entry that is no address and no range.
 */
export function createProxyCheck(trustedProxies: readonly string[]): (address: string) => boolean {
  const trusted = trustedProxies.map(parseRange);
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && trusted.some((range) => contains(range, address));
  };
}

/**
 * The key under which failures and sessions of an address are counted: an IPv4 address itself, of
 * an IPv6 address its /64, since one subscriber or machine commonly has all of such a network.
 *
 * @param address as {@link ClientAddress} gives it. All that are no addresses share one key.
 */
export function addressKey(address: string | undefined): string {
  const parsed = parseAddress(address ?? '');
  if (parsed === undefined) return 'unknown';
  if (parsed.kind() === 'ipv4') return parsed.toString();
  // Defence: a /64 of IPv6 is one address.
  const network = parsed.toByteArray().fill(0, 8);
  return `${ipaddr.fromByteArray(network).toString()}/64`;
}

/** An address as it stands in logs, in one spelling; "unknown" for whatever is none. */
export function formatAddress(address: string | undefined): string {
  return parseAddress(address ?? '')?.toString() ?? 'unknown';
}

/** Whether only this machine can reach what listens on `host`: an address, or `localhost`. */
export function isLoopbackHost(host: string): boolean {
  if (/^(.+\.)?localhost\.?$/i.test(host)) return true;
  return parseAddress(host.replace(/^\[(.*)\]$/, '$1'))?.range() === 'loopback';
}

/**
 * Whether a request was made on this machine: its peer is, and no proxy says that it speaks for
 * somebody else. A server bound to loopback behind a reverse proxy is a public one.
 */
export function isLocalRequest(request: IncomingMessage): boolean {
  const { headers, socket } = request;
  const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host'];
  if (forwarded.some((name) => headers[name] !== undefined)) return false;
  return parseAddress(socket.remoteAddress ?? '')?.range() === 'loopback';
}

function hopsOf(request: IncomingMessage): string[] {
  // Node joins several headers of this name with a comma, in their order: as RFC 9110 5.3 reads.
  const header = request.headers['x-forwarded-for'] ?? [];
  return [header].flat().join(',').split(',');
}

/** An address, with the port that some proxies add: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function parseHop(text: string): Address | undefined {
  const hop = text.trim();
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(hop)?.[1];
  return parseAddress(bracketed ?? hop.replace(/^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/, '$1'));
}

/** Four decimal parts or IPv6: `127.1`, `0x7f.1` and octal parts would be read in two ways. */
function parseAddress(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(plain) && !ipaddr.IPv6.isValid(plain)) return undefined;
  // An IPv4 peer of a socket that listens on both families is that IPv4 address.
  return ipaddr.process(plain);
}

function parseRange(text: string): Range {
  const [base = '', bits, ...more] = text.split('/');
  const address = parseAddress(base);
  const most = address?.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (
    address === undefined ||
    more.length > 0 ||
    !/^\d{1,3}$/.test(bits ?? '0') ||
    length > most ||
    (base.includes(':') && most === 32)
  ) {
    throw new GitWsError(
      'INVALID_OPTION',
      `trustedProxies: ${JSON.stringify(text)} is not an address or a range such as 10.0.0.0/8.`,
      { data: { option: 'trustedProxies' } },
    );
  }
  return [address, length];
}

function contains([base, length]: Range, address: Address): boolean {
  return address.kind() === base.kind() && address.match(base, length);
}
