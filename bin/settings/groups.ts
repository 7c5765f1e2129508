/** The settings as an operator looks for them: the headings of the help, in its order. */
import { limitNames } from '../../server/limits/limits.js';
import type { SettingName } from './table.js';

/** Headings, and the settings under each; every setting has one. */
export const settingGroups: Readonly<Record<string, readonly SettingName[]>> = {
  'Where to serve:': ['root', 'host', 'port', 'basePath', 'tlsCert', 'tlsKey', 'listing'],
  'Behind a proxy, and for pages of other origins:': [
    ...(['publicUrl', 'origins', 'hostNames', 'trustedProxies', 'node'] as const),
  ],
  'Repositories of other hosts:': [
    ...(['upstreams', 'privateUpstreams', 'upstreamCa', 'upstreamCredentials'] as const),
    ...(['upstreamSshKey', 'upstreamKnownHosts', 'upstreamSshConfig'] as const),
    ...(['cache', 'cacheSize', 'cacheStale'] as const),
  ],
  'Who may do what:': ['allowPush', 'allowArchive', 'smartHttp', 'rules'],
  'Signing in:': [
    ...(['tokens', 'htpasswd', 'maxFailures', 'failureTime'] as const),
    ...(['jwtSecretFile', 'jwtSecret', 'jwtJwksFile', 'jwtJwksUrl', 'jwtIssuer'] as const),
    ...(['jwtAudience', 'jwtAlgorithms', 'jwtType', 'jwtUserClaim', 'jwtGroupsClaim'] as const),
    ...(['jwtPermissionsClaim', 'jwtClockTolerance'] as const),
  ],
  'git:': ['gitConfig', 'safeDirectories', 'maintenance', 'hooksParent'],
  'Log:': ['logFormat', 'logLevel'],
  'Limits:': ['maxListed', 'maxListScan', 'listTime', ...limitNames],
};

/** @returns the heading of a setting. */
export function groupOf(name: SettingName): string | undefined {
  return Object.keys(settingGroups).find((heading) => settingGroups[heading]?.includes(name));
}
