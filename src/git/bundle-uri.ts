/** The option `bundleUri` of a clone: what it may be, and what becomes of it (git-clone(1), `--bundle-uri`). */
import type * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { httpUrl } from '../base/url.js';
import { fetchBundles } from '../remote/bundle/bundles.js';
import type { FetchOptions } from '../remote/fetch/fetch.js';
import type { RemoteAccess } from './remote-access.js';

type Given = Parameters<typeof isomorphicGit.clone>[0];

/** Where the mass of a clone's history may come from. */
export interface BundleArguments {
  /**
   * URL (`https:` or `http:`) of a bundle, or of a list of bundles, on any static host (docs/bundles.md). It is
   * fetched before the remote is asked, without credentials, and the remote sends what it lacks. What goes wrong
   * with it is told to `onMessage`, or else to `console.warn`, and the clone goes on without. Its bytes count
   * against `limits.packBytes` of its `http`. Progress has the phase `Receiving bundle`, in bytes.
   *
   * @throws GitWsError INVALID_OPTION where it is no such URL, with `depth`, `since` or `exclude`, as in git, and with the `http` of others.
   */
  bundleUri?: string | undefined;
}

/**
 * @param isOwn whether a client of ours is used.
 * @returns the URL; undefined where there is none.
 * @throws GitWsError INVALID_OPTION
 */
export function bundleUrlOf(
  given: BundleArguments & Pick<Given, 'depth' | 'since' | 'exclude'>,
  isOwn: boolean,
): URL | undefined {
  const { bundleUri, depth, since, exclude = [] } = given;
  if (bundleUri === undefined) return undefined;
  const invalid = (why: string): GitWsError =>
    new GitWsError('INVALID_OPTION', `bundleUri ${why}.`, { data: { bundleUri } });
  if (!isOwn) throw invalid('is used by gitws alone: leave out the http of others');
  const isCut = (depth !== undefined && depth !== null) || Boolean(since) || exclude.length > 0;
  if (isCut) throw invalid('does not go with depth, since or exclude');
  const url = httpUrl(bundleUri);
  if (url === undefined) throw invalid('must be an http or https URL');
  if (url.username + url.password !== '') throw invalid('must not have a user or a password');
  return url;
}

/**
 * @returns what is here then, with all that it reaches.
 * @throws UserCanceledError; what `fs` and the callbacks throw.
 */
export function getBundles(
  url: URL,
  {
    fs,
    gitdir,
    listeners,
    signal,
    packs,
  }: Omit<FetchOptions, 'remote' | 'asking' | 'prune' | 'pruneTags'>,
  { hasMessages }: RemoteAccess,
): Promise<ReadonlySet<string>> {
  const onWarning = async (sentence: string): Promise<void> => {
    if (hasMessages)
      await callBack('onMessage', () => listeners.onMessage?.(`warning: ${sentence}\n`));
    else console.warn(`gitws: ${sentence}`);
  };
  return fetchBundles(url, { fs, gitdir, listeners, signal, packs, onWarning });
}
