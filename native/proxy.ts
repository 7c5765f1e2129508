/**
 * The proxy for a connection: of git's configuration, else of the environment. Built into a file of
 * its own, which is loaded where one of the two names one: it is larger than all the rest.
 */
import type { Agent } from 'node:http';
import { getProxyForUrl } from 'proxy-from-env';
import { GitWsError } from '../src/errors.js';
import type { ServiceUrl } from './service-url.js';
import { trace } from './trace.js';

/**
 * @param url the repository's URL; the environment is asked about its http(s) form, since that is
 *   what `https_proxy` and `NO_PROXY` are about.
 * @param setting `remote.<name>.proxy` or `http.proxy`; empty: none, whatever the environment says.
 * @returns undefined for a direct connection.
 * @throws GitWsError INVALID_OPTION for a proxy that is no URL or has another scheme.
 */
export async function proxyAgent(
  url: ServiceUrl,
  setting: string | undefined,
): Promise<Agent | undefined> {
  const text = setting === undefined ? environmentProxy(url.http.href) : setting;
  if (text === '' || isExempt(url.http.href)) return undefined;
  // As curl has it: a proxy without a scheme is an http one.
  const proxy = parseProxy(text.includes('://') ? text : `http://${text}`);
  trace('proxy', `${proxy.protocol}//${proxy.host}`);
  if (/^https?:$/.test(proxy.protocol)) {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    return new HttpsProxyAgent(proxy);
  }
  if (/^socks(4a?|5h?)?:$/.test(proxy.protocol)) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    return new SocksProxyAgent(proxy);
  }
  throw invalid(`it begins with ${proxy.protocol}// and not with http, https or socks`);
}

/** The library puts the URL's own scheme before a proxy without one; curl and git put http. */
function environmentProxy(url: string): string {
  const proxy = getProxyForUrl(url);
  return Object.values(process.env).includes(proxy) ? proxy : proxy.replace(/^\w+:\/\//, '');
}

/** Whether NO_PROXY names the URL: it holds for configured proxies too, as in git's http.c. */
function isExempt(url: string): boolean {
  const before = process.env['all_proxy'];
  // The library tells of NO_PROXY only by not naming a proxy that there is.
  process.env['all_proxy'] = 'http://any';
  try {
    return getProxyForUrl(url) === '';
  } finally {
    if (before === undefined) delete process.env['all_proxy'];
    else process.env['all_proxy'] = before;
  }
}

function parseProxy(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw invalid('it is not a URL');
}

function invalid(why: string): GitWsError {
  // Not quoted: it may hold a password.
  return new GitWsError('INVALID_OPTION', `the proxy that is set cannot be used: ${why}`);
}
