import { describe, expect, it } from 'vitest';
import { mayConnectTo } from '../../../server/backend/upstream/addresses.js';

describe('an upstream may have', () => {
  it.each([
    ['a public address', '93.184.216.34'],
    ['a public address of IPv6', '2606:2800:220:1:248:1893:25c8:1946'],
    ['a public address, mapped', '::ffff:93.184.216.34'],
    ['a public address behind NAT64', '64:ff9b::5db8:d822'],
  ])('%s', (_what, address) => {
    expect(mayConnectTo(address, false)).toBe(true);
  });

  it.each([
    ['loopback', '127.0.0.1'],
    ['all of loopback', '127.1.2.3'],
    ['loopback of IPv6', '::1'],
    ['loopback, mapped', '::ffff:127.0.0.1'],
    ['loopback, mapped, in hexadecimal digits', '::ffff:7f00:1'],
    ['loopback behind NAT64', '64:ff9b::7f00:1'],
    ['10/8', '10.0.0.1'],
    ['172.16/12', '172.31.255.254'],
    ['192.168/16', '192.168.1.1'],
    ['192.168/16 behind NAT64', '64:ff9b::c0a8:101'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['a unique local address', 'fd12:3456::1'],
    ['NAT64 of a network of its own', '64:ff9b:1::7f00:1'],
    ['an IPv4-compatible address', '::127.0.0.1'],
  ])('only where it is allowed to be private: %s', (_what, address) => {
    expect(mayConnectTo(address, false)).toBe(false);
    expect(mayConnectTo(address, true)).toBe(true);
  });

  it.each([
    ['the address of this host', '0.0.0.0'],
    ['0/8', '0.1.2.3'],
    ['no address of IPv6', '::'],
    ['broadcast', '255.255.255.255'],
    ['multicast', '224.0.0.1'],
    ['multicast of IPv6', 'ff02::1'],
    ['a link-local address', '169.254.1.1'],
    ['a link-local address of IPv6', 'fe80::1'],
    ['a link-local address of IPv6 with a zone', 'fe80::1%eth0'],
    ['the metadata of most clouds', '169.254.169.254'],
    ['the metadata of most clouds, mapped', '::ffff:169.254.169.254'],
    ['the metadata of most clouds behind NAT64', '64:ff9b::a9fe:a9fe'],
    ['the metadata of AWS over IPv6', 'fd00:ec2::254'],
    ['the metadata of Alibaba', '100.100.100.200'],
    ['the wire server of Azure', '168.63.129.16'],
    ['the metadata of Oracle', '192.0.0.192'],
    ['a reserved address', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['benchmarks', '198.18.0.1'],
    ['6to4 with loopback in it', '2002:7f00:1::'],
    ['Teredo', '2001:0:7f00:1::'],
    ['a translated address', '::ffff:0:7f00:1'],
    ['a site-local address', 'fec0::1'],
    ['an address that is none', 'localhost'],
    ['nothing', ''],
  ])('never %s', (_what, address) => {
    expect(mayConnectTo(address, false)).toBe(false);
    expect(mayConnectTo(address, true)).toBe(false);
  });
});
