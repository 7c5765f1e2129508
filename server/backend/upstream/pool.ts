/**
 * Connections to one upstream, kept for the next request. Where they lead is decided on the address
 * that is connected to, at each connect: a name may resolve to another one by then.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector, Pool } from 'undici';
import { mayConnectTo } from './addresses.js';
import type { Upstream } from './upstreams.js';

/** How a name becomes addresses. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What {@link openPool} works with. */
export interface PoolOptions {
  /** Time for a connection to be made, TLS included, in ms. */
  readonly connectTime: number;
  /** Time in which nothing of an answer may come, in ms. */
  readonly silence: number;
  /** Default: the system's. */
  readonly lookup?: Lookup | undefined;
}

/** An upstream has no address that may be connected to. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/** @returns connections to this upstream, and to nothing else. */
export function openPool(
  { host, origin, private: allowPrivate, ca }: Upstream,
  { connectTime, silence, lookup = systemLookup }: PoolOptions,
): Pool {
  const may = (address: string): boolean => mayConnectTo(address, allowPrivate);
  const forbidden = (): ForbiddenAddress =>
    new ForbiddenAddress(`${host} has no address that this server may connect to`);
  const guarded: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const [first, ...others] = error ? [] : found.filter(({ address }) => may(address));
      if (first === undefined) callback(error ?? forbidden(), '', 0);
      else if (options.all === true) callback(null, [first, ...others]);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({
    ...{ lookup: guarded, timeout: connectTime, allowH2: false },
    ...(ca === undefined ? {} : { ca }),
  });
  return new Pool(origin, {
    headersTimeout: silence,
    bodyTimeout: silence,
    connect: (options, callback) => {
      // An address is not looked up.
      const literal = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(literal) !== 0 && !may(literal)) {
        callback(forbidden(), null);
        return;
      }
      connect(options, (...[error, socket]) => {
        if (error !== null) callback(error, null);
        else if (may(socket.remoteAddress ?? '')) callback(null, socket);
        else {
          socket.destroy();
          callback(forbidden(), null);
        }
      });
    },
  });
}
