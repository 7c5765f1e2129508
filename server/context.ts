/** What the checks of an upgrade need, of what an embedder gives. */
import { GitWsError } from '../src/base/errors.js';
import { Upstreams, type Upstream } from './backend/upstream/upstreams.js';
import { checkedBasePath, type GitServerOptions } from './options.js';
import { createOriginRules } from './admission/origin.js';
import type { UpgradeContext } from './admission/upgrade.js';
import { enabledServices, services } from './services.js';

/** Options that do nothing without an upstream that they are for. */
const upstreamOptions = [
  ['upstreamSsh', 'upstreams of ssh://', ({ ssh }: Upstream) => ssh !== undefined],
  ['upstreamCredentials', 'upstreams', () => true],
] as const;

/**
 * @param given what the server itself knows.
 * @throws GitWsError INVALID_OPTION
 */
export function createContext(
  options: GitServerOptions,
  given: Pick<UpgradeContext, 'root' | 'limits' | 'knowsToken' | 'onError'>,
): UpgradeContext {
  // Defence: the operator's credentials need rules.
  if (options.upstreamCredentials !== undefined && options.authorize === undefined) {
    // By the default everybody may read.
    throw new GitWsError(
      'INVALID_OPTION',
      'upstreamCredentials: these need authorize, since whoever may acts with their rights.',
      { data: { option: 'upstreamCredentials' } },
    );
  }
  const upstreams = new Upstreams(options.upstreams);
  for (const [option, what, isFor] of upstreamOptions) {
    if (options[option] === undefined || upstreams.all.some(isFor)) continue;
    const message = `${option}: it is for ${what}, and there are none.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { option } });
  }
  const enabled = enabledServices(options);
  const accesses = new Set([...enabled].map((service) => services[service].access));
  return {
    ...given,
    only: options.repository?.split('/'),
    upstreams,
    basePath: checkedBasePath(options.basePath ?? ''),
    services: enabled,
    rules: createOriginRules(options),
    authenticate: options.authenticate,
    authorize:
      options.authorize ??
      (({ access, repository }) =>
        accesses.has(access) &&
        // Defence: allowPush lets nobody push with the server's key.
        (access !== 'write' || !upstreams.isOnOwnKey(repository))),
  };
}
