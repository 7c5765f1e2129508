/**
 * `cherryPick` of isomorphic-git, which writes the whole working tree, or commits what is not in it as deleted: in a
 * sparse checkout it is refused.
 */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import { repositoryAt, skippedPaths, type Where } from './index-entries.js';
import { failureOf } from './outcome.js';
import { isSparse } from './sparse-state.js';

/**
 * isomorphic-git's.
 *
 * @throws what isomorphic-git's throws; GitWsError UNSUPPORTED_SPARSE_CHECKOUT where the working tree is to be
 *   that of the commit (unless `noUpdateBranch` or `dryRun` is set), or conflicts are to be written into one.
 */
export async function cherryPick(
  given: Parameters<typeof isomorphicGit.cherryPick>[0],
): ReturnType<typeof isomorphicGit.cherryPick> {
  const { dryRun = false, noUpdateBranch = false, abortOnConflict = true } = given;
  if (!(dryRun || noUpdateBranch) || !abortOnConflict) await expectWhole('cherryPick', given);
  return isomorphicGit.cherryPick(given);
}

/**
 * @param command its name.
 * @throws GitWsError UNSUPPORTED_SPARSE_CHECKOUT (data: `command`) in a sparse checkout; what `fs` throws.
 */
export async function expectWhole(command: string, given: Where): Promise<void> {
  if (!(await leavesOut(given))) return;
  const message = `${command} of isomorphic-git cannot keep a sparse checkout, and has done nothing.`;
  throw new GitWsError('UNSUPPORTED_SPARSE_CHECKOUT', message, { data: { command } });
}

/** @returns whether something of the index is not in the working tree, or need not be. @throws what `fs` throws. */
export async function leavesOut(given: Where): Promise<boolean> {
  try {
    const at = await repositoryAt(given);
    if (at === undefined) return false;
    return (await isSparse(at)) || (await skippedPaths(given)).size > 0;
  } catch (error) {
    throw failureOf(error);
  }
}
