/** Giving the work tree the files of another commit. */
import git from 'gitws/git';
import type { Repository, Telling } from './repository.js';

/**
 * @param options.to a branch, which is gone to, and made first where only `origin` has it; or a commit,
 *   whose files are taken, and the branch stays.
 * @throws isomorphic-git's CheckoutConflictError, before anything is written.
 */
export async function checkOut({
  to,
  ...repository
}: Repository & Telling & { readonly to: { branch: string } | { oid: string } }): Promise<void> {
  const isBranch = 'branch' in to;
  await git.checkout({
    ...repository,
    ref: isBranch ? to.branch : to.oid,
    noUpdateHead: !isBranch,
  });
}
