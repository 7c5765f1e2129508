/** The server's errors name options of createGitServer; whoever set a setting knows some by another name. */
import { GitWsError, isGitWsError } from '../../server/index.js';
import type { SettingName, Settings } from './table.js';

/** The options that have another name than their setting. */
const settingOfOption: Readonly<Record<string, SettingName>> = {
  hosts: 'hostNames',
  'upstreamSsh.key': 'upstreamSshKey',
  'upstreamSsh.knownHosts': 'upstreamKnownHosts',
  'upstreamSsh.config': 'upstreamSshConfig',
  // What an upstream of ssh:// lacks, where there are none of the three.
  upstreamSsh: 'upstreamSshKey',
};

/** @returns the error with the name that the option has among the settings, or as it is. */
export function asSet(error: unknown, { upstreams = [] }: Settings): unknown {
  if (!isGitWsError(error, 'INVALID_OPTION')) return error;
  const { option, index = 0 } = error.data as { option?: unknown; index?: number };
  if (typeof option !== 'string' || !error.message.startsWith(`${option}: `)) return error;
  // The private ones follow the others.
  const isPrivate = option === 'upstreams' && index >= upstreams.length;
  const setting = isPrivate ? 'privateUpstreams' : settingOfOption[option];
  if (setting === undefined) return error;
  const message = `${setting}${error.message.slice(option.length)}`;
  return new GitWsError('INVALID_OPTION', message, { cause: error, data: { option: setting } });
}
