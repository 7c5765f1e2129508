import { describe, expect, it } from 'vitest';
import { parseServiceUrl } from '../../native/service-url.js';

describe('a repository’s URL', () => {
  it.each([
    ['ws://host/a.git', 'http://host/a.git', false],
    ['ws://host:8080/a.git', 'http://host:8080/a.git', false],
    ['wss://host/a.git', 'https://host/a.git', true],
    ['https://host:8443/a.git', 'https://host:8443/a.git', true],
    ['ws://[::1]:80/a%20b.git', 'http://[::1]/a%20b.git', false],
  ])('%s is known to git’s configuration as %s', (text, http, secure) => {
    const url = parseServiceUrl(text);
    expect(url.http.href).toBe(http);
    expect(url.secure).toBe(secure);
    expect(url).toMatchObject({ shown: text, username: '', password: '' });
  });

  it('is shown and opened without its userinfo, and asked about with the user’s name', () => {
    const url = parseServiceUrl('wss://me%40home:p%C3%A4ss%2F@host/a.git');
    expect(url).toMatchObject({ username: 'me@home', password: 'päss/', secure: true });
    expect(url.shown).toBe('wss://host/a.git');
    expect(url.plain).toBe('wss://host/a.git');
    expect(url.http.href).toBe('https://me%40home@host/a.git');
  });

  it('hides a password in capitals as well', () => {
    expect(JSON.stringify(parseServiceUrl('WS://me:secret@host/a.git').shown)).not.toContain(
      'secret',
    );
  });

  it('shows nothing that a terminal would obey', () => {
    expect(parseServiceUrl('ws://host/\u202ea.git').shown).toBe('ws://host/%E2%80%AEa.git');
  });

  it.each([['ssh://host/a'], ['/srv/a'], ['host:a'], [''], ['ws://']])('is not "%s"', (text) => {
    expect(() => parseServiceUrl(text)).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
  });

  it.each([
    ['ws:/me:secret@host/a.git'],
    ['ws:me:secret@host/a.git'],
    ['ws:\\\\me:secret@host/a.git'],
    ['ws://me:secret@host/\u001b[31ma.git'],
    ['ws://me:secret@host/a\ufffd.git'],
  ])('is not "%s", and what is said of it has no password', (text) => {
    const attempt = () => parseServiceUrl(text);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_URL' }));
    expect(attempt).not.toThrow('secret');
    expect(attempt).not.toThrow('\u001b');
  });

  it('is not one with a userinfo that nobody can decode, and does not quote it', () => {
    expect(() => parseServiceUrl('ws://me:%zz@host/a')).toThrow(/^((?!%zz).)*$/);
  });
});
