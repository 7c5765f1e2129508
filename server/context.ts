/** What the checks of an upgrade need, of what an embedder gives. */
import { GitWsError } from '../src/base/errors.js';
import { Upstreams } from './backend/upstream/upstreams.js';
import { checkedBasePath, type GitServerOptions } from './options.js';
import { createOriginRules } from './admission/origin.js';
import type { UpgradeContext } from './admission/upgrade.js';
import { enabledServices, services } from './services.js';

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
