/** Settings that mean nothing without another one: whoever sets one of them expects something of it. */
import { GitWsError } from '../../server/index.js';
import { settingOf, type SettingName } from './table.js';
import type { ReadSettings } from './read.js';

/** Some settings, and those of which there must be one for them. */
interface Need {
  readonly settings: readonly SettingName[];
  readonly oneOf: readonly SettingName[];
}

const jwtKeys = ['jwtSecret', 'jwtSecretFile', 'jwtJwksFile', 'jwtJwksUrl'] as const;

const needs: readonly Need[] = [
  { settings: ['cacheSize', 'cacheStale'], oneOf: ['cache'] },
  { settings: ['upstreamSshConfig'], oneOf: ['upstreamSshKey'] },
  { settings: ['maxFailures', 'failureTime'], oneOf: ['tokens', 'htpasswd', ...jwtKeys] },
  {
    settings: [
      ...(['jwtIssuer', 'jwtAudience', 'jwtAlgorithms', 'jwtType', 'jwtUserClaim'] as const),
      ...(['jwtGroupsClaim', 'jwtPermissionsClaim', 'jwtClockTolerance'] as const),
    ],
    oneOf: jwtKeys,
  },
];

/** @throws GitWsError INVALID_OPTION for a setting that somebody set, and that would do nothing. */
export function checkNeeds({
  settings,
  sources,
}: Pick<ReadSettings, 'settings' | 'sources'>): void {
  const isSet = (name: SettingName): boolean =>
    settings[name] !== undefined && sources[name] !== 'default';
  for (const need of needs) {
    const alone = need.oneOf.some(isSet) ? undefined : need.settings.find(isSet);
    if (alone === undefined) continue;
    const names = need.oneOf.filter((name) => settingOf(name).secret !== true);
    const which =
      names.length === 1 ? names[0] : `one of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    const message = `${alone} needs ${which}, without which it does nothing.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { option: alone } });
  }
}
