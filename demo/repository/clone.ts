/** Cloning into a file system of its own, of which nothing stays if it fails or is cancelled. */
import git from 'isomorphic-git';
import { deleteRepository, gitArguments, openRepository, saveDirectory } from './repository.js';
import type { Repository } from './repository.js';
import { remoteArguments, throwIfCancelled, type Transfer } from './remote.js';

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
  request: CloneRequest,
  transfer: Transfer,
): Promise<Repository> {
  const repository = openRepository(request.id, request.url);
  try {
    await git.clone({
      ...gitArguments(repository),
      ...remoteArguments(repository, transfer),
      url: request.url,
      singleBranch: false,
      ...(request.shallow ? { depth: 1 } : {}),
    });
    throwIfCancelled(transfer.signal);
    await saveDirectory(repository);
    return repository;
  } catch (error) {
    await deleteRepository(request.id);
    throw error;
  }
}
