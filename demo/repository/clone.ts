/** Cloning into a storage of its own, of which nothing stays if it fails or is cancelled. */
import { deleteRepository, openRepository, type Repository } from './repository.js';
import { remoteArguments, type Transfer } from './remote.js';

/** What to clone. */
export interface CloneRequest {
  readonly id: string;
  readonly url: string;
  /** Only the newest commit of each branch. */
  readonly shallow: boolean;
}

/**
 * @throws GitWsError, or isomorphic-git's errors; nothing is left behind then.
 */
export async function cloneRepository(
  { id, url, shallow }: CloneRequest,
  transfer: Transfer,
): Promise<Repository> {
  const repository = await openRepository(id, url);
  const { git, dir } = repository;
  try {
    await git.clone({
      ...remoteArguments(transfer),
      ...{ dir, url, singleBranch: false },
      ...(shallow ? { depth: 1 } : {}),
    });
    return repository;
  } catch (error) {
    await git.close();
    await deleteRepository(id);
    throw error;
  }
}
