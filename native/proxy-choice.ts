/**
 * Which proxy a connection takes, as git's http.c and curl decide it: git's configuration, else
 * the environment, and `no_proxy` over both.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { hostOf } from './host.js';

/** `http_proxy` and its like. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * @param url `http://` or `https://` form of the repository's URL.
 * @param setting `remote.<name>.proxy` or `http.proxy`; empty: none, whatever the environment says.
 * @returns undefined for a direct connection.
 */
export function chooseProxy(
  url: URL,
  setting: string | undefined,
  env: Variables = process.env,
): string | undefined {
  const proxy = setting ?? environmentProxy(url, env);
  if (proxy === undefined || proxy === '') return undefined;
  return isExempt(hostOf(url), env['no_proxy'] ?? env['NO_PROXY'] ?? '') ? undefined : proxy;
}

/**
 * `HTTP_PROXY` in capitals is not looked at: in a CGI program it is what a request's header `Proxy`
 * says. An empty variable means that there is none.
 */
function environmentProxy(url: URL, env: Variables): string | undefined {
  const own =
    url.protocol === 'https:' ? (env['https_proxy'] ?? env['HTTPS_PROXY']) : env['http_proxy'];
  return own ?? env['all_proxy'] ?? env['ALL_PROXY'];
}

/**
 * Whether a list of hosts names one, as curl's noproxy.c has it: names stand for what is below them
 * too, addresses may be networks, and there are no ports and no patterns but a single `*`.
 *
 * @param host a name, or an address without brackets.
 * @param list separated by commas or blanks.
 */
export function isExempt(host: string, list: string): boolean {
  if (list === '*') return true;
  const matches = isIP(host) === 0 ? nameMatches : addressMatches;
  return list.split(/[, \t]+/).some((word) => word !== '' && matches(host, word));
}

function nameMatches(host: string, word: string): boolean {
  const name = host.replace(/\.$/, '').toLowerCase();
  const suffix = word.replace(/\.$/, '').replace(/^\./, '').toLowerCase();
  return suffix !== '' && (name === suffix || name.endsWith(`.${suffix}`));
}

function addressMatches(address: string, word: string): boolean {
  const [network = '', length] = word.split('/', 2);
  const isSameKind = isIPv4(address) ? isIPv4(network) : isIPv6(address) && isIPv6(network);
  if (!isSameKind) return false;
  const kind = isIPv4(address) ? 'ipv4' : 'ipv6';
  const most = kind === 'ipv4' ? 32 : 128;
  // What is no number counts as 0, and 0 as no network at all.
  const bits = Number.parseInt(length ?? '', 10) || most;
  if (bits < 0 || bits > most) return false;
  const networks = new BlockList();
  networks.addSubnet(network, bits, kind);
  return networks.check(address, kind);
}
