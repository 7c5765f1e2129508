import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64, encodeBase64Url } from '../../src/base/base64.js';
import { formatSubprotocols, parseSubprotocols } from '../../src/tunnel/machine/subprotocol.js';

describe('the subprotocol entries', () => {
  it('carry version, window and credentials in characters that a header may have', () => {
    const entries = formatSubprotocols({ window: 65536, authorization: 'Basic w6k6w7w=' });
    expect(entries).toEqual(['gitws.v1', 'gitws.window.65536', 'gitws.auth.QmFzaWMgdzZrNnc3dz0']);
    expect(parseSubprotocols(entries.join(', '))).toEqual({
      any: true,
      versions: ['gitws.v1'],
      window: 65536,
      authorization: 'Basic w6k6w7w=',
      resume: undefined,
      next: false,
    });
  });

  it('give back any credential that they were given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        fc.pre(!/[\r\n\0]/.test(text));
        const entries = formatSubprotocols({ window: 65536, authorization: text });
        expect(entries.join('')).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(parseSubprotocols(entries.join(',')).authorization).toBe(text);
      }),
    );
  });

  it('are refused by the client itself where a proxy would drop the handshake', () => {
    expect(() => formatSubprotocols({ window: 65536, authorization: 'x'.repeat(6000) })).toThrow(
      expect.objectContaining({ code: 'CREDENTIALS_TOO_LONG' }),
    );
  });

  it('may be absent altogether, which makes it no gitws.v1 client', () => {
    expect(parseSubprotocols(undefined)).toMatchObject({ any: false, versions: [] });
  });

  it('that are unknown are ignored, and a later version is seen', () => {
    expect(parseSubprotocols('gitws.v1, gitws.v2, gitws.zstd.1, chat')).toMatchObject({
      any: true,
      versions: ['gitws.v1', 'gitws.v2'],
    });
  });

  it('name a session to resume', () => {
    const token = 'A'.repeat(22);
    expect(parseSubprotocols(`gitws.v1,gitws.resume.${token}.17`).resume).toEqual({
      token,
      received: 17,
    });
  });

  it.each([
    ['two credentials', 'gitws.v1,gitws.auth.QQ,gitws.auth.QQ'],
    ['a padded credential', 'gitws.v1,gitws.auth.QQ=='],
    ['a credential that is no UTF-8', 'gitws.v1,gitws.auth._w'],
    ['a credential with CR LF', `gitws.v1,gitws.auth.${encodeBase64Url('Basic a\r\nX: y')}`],
    ['a credential with NUL', `gitws.v1,gitws.auth.${encodeBase64Url('a\0')}`],
    ['a window of one GiB', 'gitws.v1,gitws.window.1073741824'],
    ['a window of one byte', 'gitws.v1,gitws.window.1'],
    ['a window in hexadecimal', 'gitws.v1,gitws.window.0x100000'],
    ['two windows', 'gitws.v1,gitws.window.65536,gitws.window.65537'],
    ['a resume without a count', `gitws.v1,gitws.resume.${'A'.repeat(22)}`],
    ['a resume with a short token', 'gitws.v1,gitws.resume.abc.1'],
    ['more than 7,000 bytes', `gitws.v1,gitws.auth.${'A'.repeat(7000)}`],
  ])('with %s are refused', (_, header) => {
    expect(() => parseSubprotocols(header)).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_ERROR' }),
    );
  });
});

describe('base64', () => {
  it('is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(encodeBase64(text)).toBe(Buffer.from(text).toString('base64'));
        expect(encodeBase64Url(text)).toBe(Buffer.from(text).toString('base64url'));
        expect(decodeBase64Url(encodeBase64Url(text))).toBe(text);
      }),
    );
  });

  it('of an impossible length is none', () => {
    expect(decodeBase64Url('A')).toBeUndefined();
  });
});
