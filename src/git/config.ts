/** A repository's configuration, read and written by isomorphic-git, and looked at. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import type { FileTrust } from '../worktree/work-tree.js';

/** Whose configuration. */
export interface ConfigAt {
  readonly fs: Parameters<typeof isomorphicGit.getConfig>[0]['fs'];
  readonly gitdir: string;
}

/** Words that git takes for yes (`git_parse_maybe_bool`). */
const yes = /^(true|yes|on|[1-9]\d*)$/i;

/** @returns whether a value is one of git's words for yes. */
export function isYes(value: string | undefined): boolean {
  return yes.test(value ?? '');
}

/**
 * @returns the last value, as text: isomorphic-git makes booleans and numbers of some in `core`; undefined for
 *   none. @throws what `fs` throws.
 */
export async function readConfig(at: ConfigAt, path: string): Promise<string | undefined> {
  const value = (await isomorphicGit.getConfig({ ...at, path })) as unknown;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

/** @returns a value as git reads a number (`git_parse_int`), with `k`, `m` or `g`; undefined for what is none. */
export function numberOf(value: string | undefined): number | undefined {
  const [, digits, unit = ''] = /^\s*([-+]?\d+)([kmg]?)$/i.exec(value ?? '') ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
}

/** @returns what `core.filemode` and `core.symlinks` say, which are true where nothing is said. @throws what `fs` throws. */
export async function fileTrust(at: ConfigAt): Promise<FileTrust> {
  const [bits, links] = [
    await readConfig(at, 'core.filemode'),
    await readConfig(at, 'core.symlinks'),
  ];
  return {
    bits: bits === undefined || isYes(bits),
    links: links === undefined || isYes(links),
  };
}

/**
 * @param path as `getConfig` reads it; it may have a name of the server's in it.
 * @throws GitWsError FILE_SYSTEM_FAILED where the file system says that it has written it, and has not;
 *   what `fs` throws.
 */
export async function setConfig(at: ConfigAt, path: string, value: string): Promise<void> {
  await isomorphicGit.setConfig({ ...at, path: pathToWrite(path), value });
  if ((await readConfig(at, path)) === value) return;
  const message = `The file system says that it wrote ${path} into config, and did not.`;
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}

/** @throws as {@link setConfig}. */
export async function unsetConfig(at: ConfigAt, path: string): Promise<void> {
  if ((await readConfig(at, path)) === undefined) return;
  await isomorphicGit.setConfig({ ...at, path: pathToWrite(path), value: undefined });
  if ((await readConfig(at, path)) === undefined) return;
  const message = `The file system says that it took ${path} out of config, and did not.`;
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}

/**
 * isomorphic-git's `setConfig` writes the name of a section as it is, and in git's file format a `"` would end
 * it, with a setting behind it.
 */
function pathToWrite(path: string): string {
  return path.replace(/["\\]/g, (letter) => `\\${letter}`);
}
