/**
 * What the configuration says of a partial clone, read and written as git does it (promisor-remote.c,
 * list-objects-filter-options.c, `partial_clone_register`).
 */
import * as isomorphicGit from 'isomorphic-git';
import { isYes, readConfig, setConfig, type ConfigAt } from './config.js';

/** A remote that has promised what is not here. */
export interface PromisorRemote {
  readonly remote: string;
  readonly url: string;
}

/** @returns the remotes that have promised something, in git's order. @throws what `fs` throws. */
export async function promisorRemotes(at: ConfigAt): Promise<readonly PromisorRemote[]> {
  const found: PromisorRemote[] = [];
  for (const { remote, url } of await isomorphicGit.listRemotes({ ...at })) {
    if (url && (await isPromisor(at, remote))) found.push({ remote, url });
  }
  return found;
}

/** @returns what a fetch of this remote leaves out where nobody says anything else. @throws what `fs` throws. */
export async function configuredFilter(at: ConfigAt, remote: string): Promise<string | undefined> {
  if (!(await isPromisor(at, remote))) return undefined;
  return readConfig(at, `remote.${remote}.partialclonefilter`);
}

/**
 * Takes down that a remote has promised what a filter leaves out, so that git goes on with it; a filter
 * that is there already stays.
 *
 * @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function registerPromisor(
  at: ConfigAt,
  remote: string,
  filter: string,
): Promise<void> {
  const path = `remote.${remote}.partialclonefilter`;
  if (!(await isPromisor(at, remote))) {
    const version = await readConfig(at, 'core.repositoryformatversion');
    // Programs that know no partial clone must not take the repository for a damaged one.
    if (!(Number(version ?? 0) >= 1)) await setConfig(at, 'core.repositoryformatversion', '1');
    await setConfig(at, `remote.${remote}.promisor`, 'true');
  } else if ((await readConfig(at, path)) !== undefined) return;
  await setConfig(at, path, filter);
}

async function isPromisor(at: ConfigAt, remote: string): Promise<boolean> {
  if (isYes(await readConfig(at, `remote.${remote}.promisor`))) return true;
  // What git before 2.24 wrote.
  return (await readConfig(at, 'extensions.partialclone')) === remote;
}
