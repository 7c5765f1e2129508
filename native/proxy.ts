/**
 * How a connection goes through a proxy. Built into a file of its own, which is loaded where there
 * is one: it is larger than all the rest.
 */
import type { Agent } from 'node:http';
import { GitWsError } from '../src/base/errors.js';
import { trace } from './trace.js';

/**
 * @param text the proxy's URL; as curl has it, one without a scheme is an http one.
 * @throws GitWsError INVALID_OPTION for a proxy that is no URL or has another scheme.
 */
export async function proxyAgent(text: string): Promise<Agent> {
  const proxy = parseProxy(text.includes('://') ? text : `http://${text}`);
  // As with curl; not what browsers take.
  if (proxy.protocol === 'http:' && !/:80\/*$/.test(text)) proxy.port ||= '1080';
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

function parseProxy(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw invalid('it is not a URL');
}

function invalid(why: string): GitWsError {
  // Not quoted: it may hold a password.
  return new GitWsError('INVALID_OPTION', `the proxy that is set cannot be used: ${why}`);
}
