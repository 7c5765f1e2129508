/** What the checks of an upgrade need, of what an embedder gives. */
import { Upstreams } from './backend/upstream/upstreams.js';
import { checkedBasePath, type GitServerOptions } from './options.js';
import { createOriginRules } from './admission/origin.js';
import type { UpgradeContext } from './admission/upgrade.js';

/**
 * @param given what the server itself knows.
 * @throws GitWsError INVALID_OPTION
 */
export function createContext(
  options: GitServerOptions,
  given: Pick<UpgradeContext, 'root' | 'limits' | 'knowsToken' | 'onError'>,
): UpgradeContext {
  const { allowPush = false, allowArchive = false } = options;
  return {
    ...given,
    only: options.repository?.split('/'),
    upstreams: new Upstreams(options.upstreams),
    basePath: checkedBasePath(options.basePath ?? ''),
    services: new Set([
      'git-upload-pack',
      ...(allowPush ? (['git-receive-pack'] as const) : []),
      ...(allowArchive ? (['git-upload-archive'] as const) : []),
    ]),
    rules: createOriginRules(options),
    authenticate: options.authenticate,
    authorize:
      options.authorize ??
      (({ access }) =>
        access === 'read' ||
        (access === 'write' && allowPush) ||
        (access === 'archive' && allowArchive)),
  };
}
