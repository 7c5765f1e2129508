/**
 * @returns the host that a URL names, as systems and files know it: an address of version 6 without
 *   its brackets.
 */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
