/** From the settings to the hosts that are reached for clients, with the authorities of each. */
import { readFileSync } from 'node:fs';
import { GitWsError, type UpstreamOptions } from '../server/index.js';
import type { Settings } from './settings/table.js';

/** @throws GitWsError INVALID_OPTION for a file that cannot be read, or one for no upstream. */
export function upstreamsOf({
  upstreams = [],
  privateUpstreams = [],
  upstreamCa = {},
}: Pick<Settings, 'upstreams' | 'privateUpstreams' | 'upstreamCa'>): readonly UpstreamOptions[] {
  const left = new Map(Object.entries(upstreamCa).map(([url, path]) => [originOf(url), path]));
  const withAuthority = (one: UpstreamOptions): UpstreamOptions => {
    const path = left.get(originOf(one.url));
    left.delete(originOf(one.url));
    return path === undefined ? one : { ...one, ca: readPem(path) };
  };
  const all = [
    ...upstreams.map((url) => withAuthority({ url })),
    ...privateUpstreams.map((url) => withAuthority({ url, private: true })),
  ];
  const [unknown] = left.keys();
  if (unknown === undefined) return all;
  throw invalid(`there is no upstream ${JSON.stringify(unknown)}`);
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}`);
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

function invalid(why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `upstreamCa: ${why}.`, {
    data: { option: 'upstreamCa' },
  });
}
