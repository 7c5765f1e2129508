/** The settings for repositories of other hosts: part of the table in table.ts. */
import { defaultCacheSize } from '../../server/backend/cache/cache-options.js';
import type { Setting } from './setting.js';

export const upstreamSettings = {
  upstreams: {
    kind: 'list',
    value: '<url>',
    option: 'upstream',
    meaning:
      'hosts whose repositories are reached for clients, below their names, such as https://git.example or ssh://git@forge.example:2222 (docs/gateway.md)',
  },
  privateUpstreams: {
    kind: 'list',
    value: '<url>',
    option: 'upstream-private',
    meaning: 'more of them, which may have addresses of this machine or its network',
  },
  upstreamSshKey: {
    kind: 'path',
    value: '<file>',
    meaning: 'private key for upstreams of ssh://, which acts for every client',
  },
  upstreamKnownHosts: {
    kind: 'path',
    value: '<file>',
    meaning: "those hosts' own keys, as ssh-keyscan writes them",
  },
  upstreamSshConfig: {
    kind: 'path',
    value: '<file>',
    meaning: "more settings of ssh for them (ssh_config(5)), which the server's own beat",
  },
  cache: {
    kind: 'path',
    value: '<directory>',
    meaning:
      'directory, for nothing else, that keeps repositories of other hosts which anybody may read there (docs/gateway.md)',
  },
  cacheSize: {
    kind: 'bytes',
    default: defaultCacheSize,
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    meaning: 'most that it may take of the disk; what was used longest ago goes first',
    reason: 'Some hundred repositories as they mostly are.',
  },
  cacheStale: {
    kind: 'ms',
    default: 0,
    meaning:
      'how old what it keeps may be to be served where its host does not answer; the client is told',
    reason: 'Whoever fetches wants what is there now: other than that only where it is asked for.',
  },
  upstreamCa: {
    kind: 'pairs',
    value: '<url=file>',
    paths: true,
    meaning:
      'certificate authorities, in PEM, that alone may vouch for an upstream: https://git.example=ca.pem',
  },
  upstreamCredentials: {
    kind: 'path',
    value: '<file>',
    meaning:
      "the server's own credentials for upstreams, for clients without any there (docs/gateway.md); needs a rules file",
  },
} as const satisfies Readonly<Record<string, Setting>>;
