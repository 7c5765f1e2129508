/**
 * Addresses of repositories over ssh, as native git writes them down (gitconnect: `ssh://` URLs, and
 * `host:path`, which scp has). No page can open such a connection: a gateway can.
 */
import { GitWsError } from '../base/errors.js';
import { scpAddress } from '../base/url.js';
import { parseRepositoryUrl } from '../tunnel/client/endpoint.js';

/** The port of the scheme: a gateway's name for a host is without it. */
const ownPort = '22';

/**
 * The account in it is not told: as whom a host is reached over ssh is the gateway's to know.
 *
 * @param repository as a person, or native git, wrote it.
 * @returns `HOST/PATH` or `HOST:PORT/PATH`, URL-encoded; undefined where it is no such address.
 * @throws GitWsError INVALID_URL for one that is not sound, or that has a password in it.
 */
export function sshRepositoryName(repository: string): string | undefined {
  const url = /^ssh:\/\/([^/?#]*)(.*)$/is.exec(repository);
  if (url === null) return scpName(repository);
  const [, authority = '', path = ''] = url;
  const [, user = '', host = '', port = ownPort] =
    /^(?:([^@]*)@)?(.*?)(?::(\d*))?$/s.exec(authority) ?? [];
  if (user.includes(':')) {
    const message = 'This is not the URL of a repository: ssh takes no password from a URL.';
    throw new GitWsError('INVALID_URL', message);
  }
  return nameOf(host, port === '' ? ownPort : port, path);
}

function scpName(repository: string): string | undefined {
  const address = scpAddress(repository);
  if (address === undefined) return undefined;
  const segments = address.path.replace(/^\//, '').split('/').map(encodeURIComponent);
  return nameOf(address.host, ownPort, `/${segments.join('/')}`);
}

function nameOf(host: string, port: string, path: string): string {
  // Of the same form, so that what is wrong with a URL is wrong with this.
  const { hostname, pathname } = parseRepositoryUrl(`http://${host}:${port}${path}`);
  return `${hostname}${Number(port) === Number(ownPort) ? '' : `:${Number(port)}`}${pathname}`;
}
