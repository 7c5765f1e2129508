import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createOriginRules, type OriginOptions } from '../../server/admission/origin.js';

function request(headers: Record<string, string>, localAddress = '127.0.0.1'): IncomingMessage {
  return { headers, socket: { localAddress } } as unknown as IncomingMessage;
}

const allowsOrigin = (options: OriginOptions, origin: string, host = 'localhost:8080'): boolean =>
  createOriginRules(options).allowsOrigin(request({ host, origin }));

const allowsHost = (options: OriginOptions, host: string, localAddress?: string): boolean =>
  createOriginRules(options).allowsHost(request({ host }, localAddress));

describe('Origin', () => {
  it('is not asked of clients that are no browsers and send none', () => {
    expect(createOriginRules({}).allowsOrigin(request({ host: 'localhost' }))).toBe(true);
  });

  it.each([
    ['http://localhost:8080', 'localhost:8080', true],
    ['http://LOCALHOST:8080', 'localhost:8080', false], // no browser writes it so
    ['https://git.example', 'git.example', true], // TLS ends at a proxy
    ['https://git.example', 'git.example:443', true],
    ['http://git.example', 'git.example:80', true],
    ['http://[::1]:8080', '[::1]:8080', true],
    ['http://localhost:3000', 'localhost:8080', false],
    ['http://localhost', 'localhost:8080', false],
    ['http://evil.example', 'localhost:8080', false],
    ['http://localhost:8080.evil.example', 'localhost:8080', false],
    ['http://localhost:8080/', 'localhost:8080', false],
    ['http://a@localhost:8080', 'localhost:8080', false],
    ['chrome-extension://localhost:8080', 'localhost:8080', false],
    ['ftp://localhost:8080', 'localhost:8080', false],
    ['null', 'localhost:8080', false],
    ['null', 'null', false],
    ['', '', false],
    ['localhost:8080', 'localhost:8080', false],
  ])('is by default that of the same host and port: %s at %s → %s', (origin, host, expected) => {
    expect(allowsOrigin({}, origin, host)).toBe(expected);
  });

  it('is that of the public URL where there is one, whatever Host says', () => {
    const options = { publicUrl: 'https://git.example/repos' };
    expect(allowsOrigin(options, 'https://git.example', 'backend:8080')).toBe(true);
    expect(allowsOrigin(options, 'http://git.example', 'git.example')).toBe(false);
    expect(allowsOrigin(options, 'http://backend:8080', 'backend:8080')).toBe(false);
  });

  it.each([
    ['https://app.example', true],
    ['https://app.example:8443', false],
    ['http://app.example', false],
    ['https://sub.app.example', false],
    ['https://app.example.evil', false],
    ['https://evil/https://app.example', false],
    ['http://localhost:8080', false],
    ['null', false],
  ])('is on the exact list where there is one: %s → %s', (origin, expected) => {
    expect(allowsOrigin({ origins: ['https://app.example/'] }, origin)).toBe(expected);
  });

  it('may be null, of a sandboxed frame or a data: worker, only where that is listed', () => {
    expect(allowsOrigin({ origins: ['null'] }, 'null')).toBe(true);
  });

  it('may be nobody’s where the list is empty', () => {
    expect(allowsOrigin({ origins: [] }, 'http://localhost:8080')).toBe(false);
  });

  it('is found under its old name too, which version 8 of the handshake uses', () => {
    const headers = { host: 'localhost', 'sec-websocket-origin': 'http://evil.example' };
    expect(createOriginRules({}).allowsOrigin(request(headers))).toBe(false);
  });
});

describe('Host', () => {
  it.each([
    ['localhost', true],
    ['localhost:8080', true],
    ['LocalHost:8080', true],
    ['localhost.', true],
    ['repos.localhost:8080', true],
    ['127.0.0.1:8080', true],
    ['127.1.2.3', true],
    ['[::1]:8080', true],
    ['[0:0::1]', true],
    ['evil.example', false], // rebound: its DNS says 127.0.0.1 by now
    ['evil.example:8080', false],
    ['localhost.evil.example', false],
    ['localhostx', false],
    ['127.0.0.1.evil.example', false],
    ['192.168.1.5', false],
    ['[::2]', false],
    ['evil@localhost', false],
    ['localhost:8080/evil', false],
    ['localhost:x', false],
    ['localhost, evil.example', false],
    ['', false],
  ])('is by default a loopback name: %s → %s', (host, expected) => {
    expect(allowsHost({}, host)).toBe(expected);
  });

  it('is needed', () => {
    expect(createOriginRules({}).allowsHost(request({}))).toBe(false);
  });

  it('may be the address that the connection came in on', () => {
    expect(allowsHost({}, '192.168.1.5:8080', '192.168.1.5')).toBe(true);
    expect(allowsHost({}, '192.168.1.5:8080', '::ffff:192.168.1.5')).toBe(true);
    expect(allowsHost({}, '[fe80::1]:8080', 'fe80::1%eth0')).toBe(true);
    expect(allowsHost({}, '192.168.1.6:8080', '192.168.1.5')).toBe(false);
  });

  it('may be that of the public URL, on any port', () => {
    const options = { publicUrl: 'https://git.example' };
    expect(allowsHost(options, 'git.example')).toBe(true);
    expect(allowsHost(options, 'GIT.example.:8080')).toBe(true);
    expect(allowsHost(options, 'x.git.example')).toBe(false);
    expect(allowsHost(options, 'localhost')).toBe(true);
  });

  it('may be listed, with a port where only that port is meant', () => {
    const options = { hosts: ['git.example', 'mirror.example:8080', '[2001:db8::1]'] };
    expect(allowsHost(options, 'git.example:1234')).toBe(true);
    expect(allowsHost(options, 'mirror.example:8080')).toBe(true);
    expect(allowsHost(options, 'mirror.example')).toBe(false);
    expect(allowsHost(options, '[2001:db8:0::1]:99')).toBe(true);
  });
});

describe('the options', () => {
  it.each<[OriginOptions, RegExp]>([
    [{ publicUrl: 'git.example' }, /publicUrl: "git.example" is not an http or https URL/],
    [{ publicUrl: 'ws://git.example' }, /publicUrl/],
    [
      { publicUrl: 'https://git.example/?a=1' },
      /publicUrl: a query, a fragment or credentials cannot/,
    ],
    [{ publicUrl: 'https://git.example/#a' }, /publicUrl: a query, a fragment/],
    [
      { publicUrl: 'https://me:mine@git.example' },
      /^publicUrl: a query, a fragment or credentials cannot be part of it\.$/,
    ],
    [{ origins: ['app.example'] }, /origins: "app.example" is not an origin/],
    [{ origins: ['https://*.app.example'] }, /origins: ".*" is not an origin/],
    [{ origins: ['https://app.example/path'] }, /origins/],
    [{ origins: ['*'] }, /origins/],
    [{ hosts: ['https://git.example'] }, /hosts: "https:\/\/git.example" is not a host name/],
  ])('are checked when the server is made: %j', (options, message) => {
    expect(() => createOriginRules(options)).toThrow(message);
  });
});
