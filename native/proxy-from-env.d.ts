/** The package brings no types. */

/** @returns the proxy that the environment names for a URL; empty: none. */
export function getProxyForUrl(url: string): string;
