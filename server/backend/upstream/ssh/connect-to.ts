/** The addresses of a host that ssh may connect to: names are looked up here, and judged, and not by ssh. */
import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import { mayConnectTo } from '../addresses.js';
import { ForbiddenAddress, type Lookup } from '../pool.js';

/** Most addresses of one host that are tried, one after the other. */
const mostAddresses = 4;

/**
 * @param hostname a name, or an address without brackets.
 * @param allowPrivate whether they may be of this machine or its network.
 * @returns one at least, in the system's order.
 * @throws ForbiddenAddress where all that there are may not be connected to; what `lookup` fails with.
 */
export async function addressesOf(
  hostname: string,
  allowPrivate: boolean,
  lookup: Lookup = systemLookup,
): Promise<string[]> {
  const found = isIP(hostname) === 0 ? await lookUp(hostname, lookup) : [hostname];
  // Defence: addresses that a name of ssh:// leads to are judged.
  const allowed = found.filter((address) => mayConnectTo(address, allowPrivate));
  if (allowed.length > 0) return allowed.slice(0, mostAddresses);
  throw new ForbiddenAddress(`${hostname} has no address that this server may connect to`);
}

function lookUp(hostname: string, lookup: Lookup): Promise<string[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true }, (error, found) => {
      if (error) reject(error);
      else resolve(found.map(({ address }) => address));
    });
  });
}
