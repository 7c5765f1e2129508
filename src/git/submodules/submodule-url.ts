/** Where a submodule comes from, and whether it is the superproject's host. */

/** What this library speaks. */
const known = /^(https?|wss?):\/\/[^/?#]/i;

/** In no URL that a person has written, and what may end a line of the configuration. */
const control = /[\0- \x7f]/;

/**
 * @param url of `.gitmodules`; with `./` or `../` it is relative to that of the superproject's remote, as in git
 *   (remote.c, `relative_url`), also where that has a user and a password.
 * @param base the URL of the superproject's remote.
 * @returns undefined for one that cannot be spoken to, such as `git@host:path`, or that leads out of its host.
 */
export function submoduleUrl(url: string, base: string): string | undefined {
  if (control.test(url)) return undefined;
  if (!/^\.\.?\//.test(url)) return known.test(url) ? url : undefined;
  const [, host, path = ''] = /^(\w+:\/\/[^/]*)(.*)$/.exec(base.replace(/\/+$/, '')) ?? [];
  if (host === undefined) return undefined;
  const segments = path.split('/').filter((each) => each !== '');
  for (const segment of url.split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== '.' && segment !== '') segments.push(segment);
  }
  return segments.length === 0 ? undefined : [host, ...segments].join('/');
}

/** @returns whether both are one host, one port, and both with TLS or both without: what is for the one is for the other. */
export function isSameHost(one: string, other: string): boolean {
  const [first, second] = [originOf(one), originOf(other)];
  return first !== undefined && first === second;
}

function originOf(url: string): string | undefined {
  try {
    return new URL(url.replace(/^ws/i, 'http')).origin;
  } catch {
    return undefined;
  }
}
