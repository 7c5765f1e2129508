/** Which files isomorphic-git's own checkout of single files may write in a sparse checkout. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { promisesOf } from '../storage/file-system.js';
import { readIndex } from './index-entries.js';
import { readCone } from './sparse-state.js';

/**
 * @param at of a repository.
 * @param find finds the commit whose files are checked out.
 * @param filepaths files and folders.
 * @returns the files of these that are in the cone; undefined where the checkout is not sparse.
 * @throws GitWsError OUTSIDE_SPARSE_CHECKOUT where one of them has files outside alone, as git says that it
 *   knows none there; UNSUPPORTED_SPARSE_CHECKOUT, UNREADABLE_INDEX; what isomorphic-git and `fs` throw.
 */
export async function filesInCone(
  at: Pick<Parameters<typeof isomorphicGit.listFiles>[0], 'fs' | 'cache'> & { gitdir: string },
  find: () => Promise<string>,
  filepaths: readonly string[],
): Promise<string[] | undefined> {
  const { fs } = at;
  const gitdir = await useFileSystem(() => findGitDirectory(promisesOf(fs), at.gitdir));
  const cone = await readCone({ fs, gitdir });
  if (cone === undefined) return undefined;
  const index = await readIndex({ fs, gitdir });
  const skipped = new Set(index.filter((entry) => entry.skipWorktree).map(({ path }) => path));
  const committed = await isomorphicGit.listFiles({ ...at, gitdir, ref: await find() });
  const all = [...new Set([...index.map(({ path }) => path), ...committed])];
  const known = new Set(index.map(({ path }) => path));
  // What has stayed outside, since it has changed, is a file like any other.
  const isHere = (path: string): boolean =>
    known.has(path) ? !skipped.has(path) : cone.has(new TextEncoder().encode(path));
  const outside: string[] = [];
  const files: string[] = [];
  for (const filepath of filepaths) {
    const meant = all.filter((path) => isUnder(path, filepath));
    const here = meant.filter(isHere);
    if (here.length === 0 && meant.length > 0) outside.push(filepath);
    // Of what nobody knows, isomorphic-git has its own opinion.
    files.push(...(meant.length === 0 ? [filepath] : here));
  }
  if (outside.length > 0) throw outsideError(outside);
  return files;
}

/** @returns whether a path is the other one, or below it. */
export function isUnder(path: string, folder: string): boolean {
  const trimmed = folder.replace(/\/+$/, '');
  return trimmed === '.' || path === trimmed || path.startsWith(`${trimmed}/`);
}

/** @returns OUTSIDE_SPARSE_CHECKOUT. */
export function outsideError(filepaths: readonly string[]): GitWsError {
  const message = `Outside of the sparse checkout, and left as it is: ${filepaths.join(', ')}.`;
  return new GitWsError('OUTSIDE_SPARSE_CHECKOUT', message, { data: { filepaths } });
}
