/** URLs, as text. */

/** @returns a URL without its user and password; what is no URL with a host stays as it is. */
export function withoutUser(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** @returns what `fetch` gets over https or http, from `base` on unless it is absolute; undefined for anything else. */
export function httpUrl(text: string, base?: URL): URL | undefined {
  try {
    const url = new URL(text, base);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * `[USER@]HOST:PATH`, which is over ssh for git (gitconnect: a colon before the first slash, and no
 * scheme); a host of IPv6 is in brackets.
 *
 * @returns undefined for anything else.
 */
export function scpAddress(text: string): Readonly<Record<'host' | 'path', string>> | undefined {
  const pattern = /^(?:[^/:@\s]+@)?(?<host>\[[^\]/@\s]+\]|[^/:@[\]\s]+):(?!\/\/)(?<path>.+)$/s;
  return pattern.exec(text)?.groups as { host: string; path: string } | undefined;
}
