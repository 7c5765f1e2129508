import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressKey,
  createClientAddress,
  formatAddress,
  isLocalRequest,
  isLoopbackHost,
} from '../../server/admission/client-address.js';
import { requestFrom } from './authentication/attempts.js';

const proxy = '10.0.0.2';

function addressOf(
  trusted: string[],
  peer: string | undefined,
  forwardedFor?: string,
): string | undefined {
  const headers: Record<string, string> =
    forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return createClientAddress(trusted)(requestFrom(peer, headers));
}

describe('the address of a client', () => {
  it("is the connection's peer where no proxy is trusted", () => {
    expect(addressOf([], '203.0.113.9')).toBe('203.0.113.9');
  });

  it('forged in X-Forwarded-For by somebody who connects directly is not believed', () => {
    // Else a guesser takes another address for each guess, or has somebody else banned.
    expect(addressOf([], '203.0.113.9', '192.0.2.1')).toBe('203.0.113.9');
    expect(addressOf(['10.0.0.0/8'], '203.0.113.9', '192.0.2.1')).toBe('203.0.113.9');
  });

  it('behind a trusted proxy is what that proxy added', () => {
    expect(addressOf(['10.0.0.0/8'], proxy, '192.0.2.1')).toBe('192.0.2.1');
  });

  it('forged in front of what the proxy added is not believed: the list is read from its end', () => {
    expect(addressOf(['10.0.0.0/8'], proxy, '198.51.100.7, 192.0.2.1')).toBe('192.0.2.1');
    // A forged hop inside the trusted range gains nothing either: it stands left of the client's.
    expect(addressOf(['10.0.0.0/8'], proxy, '1.1.1.1, 10.9.9.9, 192.0.2.1')).toBe('192.0.2.1');
  });

  it('is looked for behind all proxies of a chain', () => {
    expect(addressOf(['10.0.0.0/8', '::1'], '::1', '192.0.2.1, 10.0.0.7, 10.0.0.8')).toBe(
      '192.0.2.1',
    );
  });

  it('is the nearest known hop where the list cannot be read', () => {
    for (const list of ['', 'unknown', '_hidden', '127.1', '0x7f000001', '192.0.2.1, ,', 'x, -']) {
      expect(addressOf(['10.0.0.0/8'], proxy, list)).toBe(proxy);
    }
    expect(addressOf(['10.0.0.0/8'], proxy, '192.0.2.1, garbage, 10.0.0.7')).toBe('10.0.0.7');
  });

  it('is the first of the list where all hops are trusted', () => {
    expect(addressOf(['10.0.0.0/8'], proxy, '10.0.0.9, 10.0.0.7')).toBe('10.0.0.9');
  });

  it('may come with a port, or in brackets', () => {
    const trusted = ['10.0.0.0/8'];
    expect(addressOf(trusted, proxy, '192.0.2.1:4711')).toBe('192.0.2.1');
    expect(addressOf(trusted, proxy, '[2001:db8::1]:4711')).toBe('2001:db8::1');
    expect(addressOf(trusted, proxy, '2001:db8::1')).toBe('2001:db8::1');
  });

  it('of IPv4 inside IPv6 is the IPv4 address, for proxies too', () => {
    expect(addressOf(['10.0.0.0/8'], '::ffff:10.0.0.2', '::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('is unknown once the connection is gone, whatever a header says', () => {
    expect(addressOf(['0.0.0.0/0', '::/0'], undefined, '192.0.2.1')).toBeUndefined();
  });

  it('never depends on what stands left of the first hop that is not trusted', () => {
    const word = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.constant(proxy));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 6 }),
        fc.array(fc.constantFrom('10.0.0.3', '10.200.0.4'), { maxLength: 4 }),
        (forged, hops) => {
          const list = [...forged, '192.0.2.1', ...hops].join(', ');
          expect(addressOf(['10.0.0.0/8'], proxy, list)).toBe('192.0.2.1');
        },
      ),
    );
  });
});

describe('a list of trusted proxies', () => {
  it.each([
    '',
    'proxy.example',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10/8',
    '1.2.3.4/8/8',
    '10.0.0.0/-1',
    '::ffff:10.0.0.1/8',
  ])('with %j in it is refused at start', (entry) => {
    expect(() => createClientAddress([entry])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }) as Error,
    );
  });

  it('takes single addresses and both families', () => {
    expect(addressOf(['2001:db8:a::/48'], '2001:db8:a:1::5', '192.0.2.1')).toBe('192.0.2.1');
    expect(addressOf([proxy], proxy, '192.0.2.1')).toBe('192.0.2.1');
    expect(addressOf(['10.0.0.3'], proxy, '192.0.2.1')).toBe(proxy);
  });
});

describe('the key that an address is limited under', () => {
  it('is the address itself for IPv4, also inside IPv6', () => {
    expect(addressKey('192.0.2.1')).toBe('192.0.2.1');
    expect(addressKey('::ffff:192.0.2.1')).toBe('192.0.2.1');
  });

  it('is the /64 for IPv6: one machine commonly has 2^64 addresses to guess from', () => {
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(addressKey('2001:db8:1:2:ffff::1')).toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('fe80::1%eth0')).toBe('fe80::/64');
  });

  it('is one for all that is no address, so that such cannot fill the memory', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(addressKey(`x${text}`)).toBe('unknown');
      }),
    );
    expect(addressKey(undefined)).toBe('unknown');
    expect(formatAddress('1.2.3.4\n5.6.7.8')).toBe('unknown');
  });
});

describe('a request made on this machine', () => {
  it('has a loopback peer', () => {
    expect(isLocalRequest(requestFrom('127.0.0.1'))).toBe(true);
    expect(isLocalRequest(requestFrom('::1'))).toBe(true);
    expect(isLocalRequest(requestFrom('::ffff:127.0.0.1'))).toBe(true);
    expect(isLocalRequest(requestFrom('192.0.2.1'))).toBe(false);
    expect(isLocalRequest(requestFrom(undefined))).toBe(false);
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via', 'x-forwarded-host'])(
    'says nothing by %s: behind a reverse proxy every request comes from loopback',
    (header) => {
      expect(isLocalRequest(requestFrom('127.0.0.1', { [header]: '' }))).toBe(false);
    },
  );
});

describe('a host to listen on', () => {
  it.each(['localhost', 'LOCALHOST.', 'repo.localhost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'])(
    '%s is reached from this machine only',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
    },
  );

  it.each(['', '0.0.0.0', '::', '192.0.2.1', 'git.example', 'localhost.example', '127.1'])(
    '%j is not known to be so',
    (host) => {
      expect(isLoopbackHost(host)).toBe(false);
    },
  );
});
