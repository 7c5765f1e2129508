/** Cloning into a storage of its own, of which nothing stays if it fails or is cancelled. */
import { deleteRepository, openRepository, type Place, type Repository } from './repository.js';
import { remoteArguments, type Transfer } from './remote.js';

/** What to clone. */
export interface CloneRequest extends Place {
  /** The branch to begin with; undefined for the server's own. */
  readonly branch: string | undefined;
  /** How many commits of each branch; undefined for all. */
  readonly depth: number | undefined;
  /** Whether versions of files that are not checked out come when they are looked at. */
  readonly isPartial: boolean;
}

/**
 * @throws GitWsError, or isomorphic-git's errors; nothing is left behind then.
 */
export async function cloneRepository(
  { branch, depth, isPartial, ...place }: CloneRequest,
  transfer: Transfer,
): Promise<Repository> {
  const { id, url } = place;
  const repository = await openRepository(place, transfer.credentials);
  const { git, dir } = repository;
  try {
    await git.clone({
      ...remoteArguments(transfer, repository),
      ...{ dir, url, singleBranch: false },
      ...(branch === undefined ? {} : { ref: branch }),
      ...(depth === undefined ? {} : { depth }),
      ...(isPartial ? { filter: 'blob:none' } : {}),
    });
    return repository;
  } catch (error) {
    await git.close();
    await deleteRepository(id);
    throw error;
  }
}
