/** Which proxy the settings name. What no_proxy exempts is in test/corpus/proxy-exemptions.json. */
import { describe, expect, it } from 'vitest';
import { chooseProxy, isExempt } from '../../native/proxy-choice.js';

describe('a proxy of the environment', () => {
  const [plain, secure] = [
    new URL('http://git.example/a.git'),
    new URL('https://git.example/a.git'),
  ];

  it('is one for the scheme, in small letters before capitals', () => {
    const env = { http_proxy: 'a', https_proxy: 'b', HTTPS_PROXY: 'c', all_proxy: 'd' };
    expect(chooseProxy(plain, undefined, env)).toBe('a');
    expect(chooseProxy(secure, undefined, env)).toBe('b');
    expect(chooseProxy(secure, undefined, { HTTPS_PROXY: 'c', ALL_PROXY: 'd' })).toBe('c');
    expect(chooseProxy(plain, undefined, { HTTP_PROXY: 'e', HTTPS_PROXY: 'c' })).toBeUndefined();
  });

  it('gives way to a setting, also to an empty one', () => {
    expect(chooseProxy(plain, 's', { http_proxy: 'a' })).toBe('s');
    expect(chooseProxy(plain, '', { http_proxy: 'a' })).toBeUndefined();
  });

  it('is left out for networks and addresses of version 6, which curl 7.88 compares as text', () => {
    expect(isExempt('2001:db8::5', '2001:db8::/32')).toBe(true);
    expect(isExempt('2001:db9::5', '2001:db8::/32')).toBe(false);
    expect(isExempt('::1', '0:0:0:0:0:0:0:1')).toBe(true);
    const url = new URL('http://[2001:db8::5]/a.git');
    expect(chooseProxy(url, 'p', { no_proxy: '2001:db8::/32' })).toBeUndefined();
  });
});
