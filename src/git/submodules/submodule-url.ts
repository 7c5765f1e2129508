/** Where a submodule comes from, and whether it is the superproject's host. */
import { sshRepositoryName } from '../../remote/ssh-url.js';

/** What this library speaks. */
const known = /^(https?|wss?):\/\/[^/?#]/i;

/** In no URL that a person has written, and what may end a line of the configuration. */
const control = /[\0- \x7f]/;

/**
 * @param url of `.gitmodules`; with `./` or `../` it is relative to that of the superproject's remote, as in git
 *   (remote.c, `relative_url`), also where that has a user and a password.
 * @param base the URL of the superproject's remote.
 * @param isThroughGateway whether one reaches it, so that `ssh://` and `git@host:path` can be spoken to, too.
 * @returns undefined for one that cannot be spoken to, or that leads out of its host.
 */
export function submoduleUrl(
  url: string,
  base: string,
  isThroughGateway = false,
): string | undefined {
  if (control.test(url)) return undefined;
  if (!/^\.\.?\//.test(url)) {
    return known.test(url) || (isThroughGateway && sshHostOf(url) !== undefined) ? url : undefined;
  }
  const whole = base.replace(/\/+$/, '');
  const scpLike = isThroughGateway ? /^([^/:\s]+:(?!\/\/)\/?)(.*)$/.exec(whole) : null;
  const [, host, path = ''] = /^(\w+:\/\/[^/]*)(.*)$/.exec(whole) ?? scpLike ?? [];
  if (host === undefined) return undefined;
  const segments = path.split('/').filter((each) => each !== '');
  for (const segment of url.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  if (segments.length === 0) return undefined;
  return `${host}${scpLike === null ? '/' : ''}${segments.join('/')}`;
}

/** @returns whether both are one host, one port, and both with TLS or both without: what is for the one is for the other. */
export function isSameHost(one: string, other: string): boolean {
  const [first, second] = [originOf(one), originOf(other)];
  return first !== undefined && first === second;
}

function originOf(url: string): string | undefined {
  const ssh = sshHostOf(url);
  if (ssh !== undefined) return `ssh://${ssh}`;
  try {
    const { origin } = new URL(url.replace(/^ws/i, 'http'));
    // Of every scheme that no page can have an origin of.
    return origin === 'null' ? undefined : origin;
  } catch {
    return undefined;
  }
}

/** @returns the host, with its port, of an address over ssh. */
function sshHostOf(url: string): string | undefined {
  try {
    return sshRepositoryName(url)?.split('/')[0];
  } catch {
    return undefined;
  }
}
