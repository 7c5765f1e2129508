/**
 * Which addresses a server may connect to for strangers: whatever a name resolves to, nothing that is
 * of the machine, of its network or of the cloud that it runs in, unless the operator has said so.
 */
import ipaddr from 'ipaddr.js';

/** Where clouds keep the credentials of their machines, outside of link-local addresses. */
const metadata: readonly string[] = ['168.63.129.16', '100.100.100.200', 'fd00:ec2::254'];

/** Kinds of addresses that an upstream may have that is allowed to be private. */
const privateKinds: readonly string[] = ['private', 'loopback', 'carrierGradeNat', 'uniqueLocal'];

/** What is routed at all (RFC 4291, section 2.4): the rest has meanings that change. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * @param text an address as the system says it.
 * @param allowPrivate whether it may be one of this machine or its network.
 * @returns whether it may be connected to.
 */
export function mayConnectTo(text: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = embedded(ipaddr.parse(text));
  // Defence: addresses where clouds keep credentials are refused.
  if (metadata.some((one) => address.toString() === ipaddr.parse(one).toString())) return false;
  const kind = address.range();
  // Defence: addresses of this machine and its network are refused.
  if (privateKinds.includes(kind)) return allowPrivate;
  // Defence: all other addresses that are not public are refused.
  if (kind !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

/** @returns the IPv4 address that an IPv6 one stands for: mapped (::ffff:0:0/96), or by NAT64. */
function embedded(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address instanceof ipaddr.IPv4) return address;
  const kind = address.range();
  // Defence: an IPv4 address within an IPv6 one counts as what it is.
  if (kind !== 'ipv4Mapped' && kind !== 'rfc6052') return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}
