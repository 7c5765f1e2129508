/** Giving the work tree the files of another commit. */
import git, { Errors } from 'isomorphic-git';
import { deleteFile } from './files.js';
import { resolveRef } from './refs.js';
import { gitArguments, saveDirectory, type Repository } from '../repository/repository.js';
import { headOid, scanFiles } from './status.js';

/** Hears of files that are written. */
export type OnProgress = (event: {
  phase: string;
  loaded: number;
  total: number;
}) => Promise<void> | void;

/**
 * @param ref a branch, which is gone to, and made first where only `origin` has it; or a commit,
 *   whose files are taken, and the branch stays.
 * @throws isomorphic-git's CheckoutConflictError, before anything is written.
 */
export async function checkOut(
  repository: Repository,
  ref: { readonly branch: string } | { readonly oid: string },
  onProgress: OnProgress,
): Promise<void> {
  const isBranch = 'branch' in ref;
  const base = {
    ...gitArguments(repository),
    ref: isBranch ? ref.branch : ref.oid,
    noUpdateHead: !isBranch,
    onProgress: async (event: Parameters<OnProgress>[0]) => onProgress(event),
  };
  const to = isBranch ? await branchOid(repository, ref.branch) : ref.oid;
  const swapped = to === undefined ? [] : await swappedPaths(repository, to);
  if (swapped.length > 0) {
    const there = await Promise.all(swapped.map((path) => scanFiles(repository, path)));
    const changed = there.flat().filter(({ status }) => status !== 'same');
    if (changed.length > 0) {
      throw new Errors.CheckoutConflictError(changed.map(({ path }) => path));
    }
    // Throws if something else is in the way.
    await git.checkout({ ...base, noUpdateHead: true, ref: to ?? base.ref, dryRun: true });
    for (const { path } of there.flat()) {
      await git.remove({ ...gitArguments(repository), filepath: path });
      await deleteFile(repository, path);
    }
  }
  await git.checkout(base);
  await saveDirectory(repository);
}

async function branchOid(repository: Repository, branch: string): Promise<string | undefined> {
  return (
    (await resolveRef(repository, `refs/heads/${branch}`)) ??
    (await resolveRef(repository, `refs/remotes/origin/${branch}`))
  );
}

/** @returns what is a file here and a folder there, or the other way round: isomorphic-git stumbles. */
async function swappedPaths(repository: Repository, to: string): Promise<string[]> {
  const from = await headOid(repository);
  if (from === undefined) return [];
  const paths: unknown = await git.walk({
    ...gitArguments(repository),
    trees: [git.TREE({ ref: from }), git.TREE({ ref: to })],
    async map(path, [before = null, after = null]) {
      if (before === null || after === null) return null;
      if (path === '.') return undefined;
      const [was, is] = await Promise.all([before.type(), after.type()]);
      if (was !== is) return was === 'commit' || is === 'commit' ? null : path;
      return (await before.oid()) === (await after.oid()) ? null : undefined;
    },
  });
  return (paths as string[] | undefined) ?? [];
}
