/** Fetch, pull and push. */
import type { Author } from '../worker/commit.js';
import type { Joined } from '../worker/merge.js';
import { isNotFound } from './missing.js';
import { remoteArguments, type Transfer } from './remote.js';
import type { Repository } from './repository.js';

const remote = 'origin';

/** What a push did to one ref of the server. */
export interface PushedRef {
  readonly ref: string;
  readonly ok: boolean;
  /** The server's or git's reason for a rejection. */
  readonly reason?: string;
}

/** Brings what is new on the remote, and touches no branch and no file. */
export async function fetchRemote(repository: Repository, transfer: Transfer): Promise<void> {
  const { git, dir } = repository;
  const tracked = await git.listBranches({ dir, remote });
  // One ref is wanted that the server has, by default the current branch's: that one may be gone there,
  // and so may be what HEAD names.
  const candidates = [undefined, 'HEAD', ...tracked.map((name) => `refs/heads/${name}`)];
  const told = remoteArguments(transfer, repository);
  for (const [at, remoteRef] of candidates.entries()) {
    try {
      const wanted = remoteRef === undefined ? {} : { remoteRef };
      await git.fetch({ ...told, ...wanted, dir, remote, tags: true, prune: true });
      return;
    } catch (error) {
      if (!isNotFound(error) || at === candidates.length - 1) throw error;
    }
  }
}

/**
 * Fetches, and brings the remote's commits into the current branch.
 *
 * @param author of a merge commit.
 * @throws isomorphic-git's CheckoutConflictError; nothing has changed then but what was fetched.
 */
export async function pull(
  repository: Repository,
  branch: string,
  author: Author,
  transfer: Transfer,
): Promise<Joined> {
  await fetchRemote(repository, transfer);
  const { git, dir, url } = repository;
  const { onProgress, signal } = transfer;
  const other = `refs/remotes/${remote}/${branch}`;
  const message = `Merge branch '${branch}' of ${url}`;
  return git.join({ dir, branch, other, message, author, onProgress, signal });
}

/**
 * Pushes a ref, by its full name, to the one of the same name.
 *
 * @param lease the oid that the server's ref is to have, whose commits may be lost then; undefined: none may be.
 * @returns what became of each ref.
 * @throws whatever is not an answer of the server about a ref.
 */
export async function push(
  repository: Repository,
  ref: string,
  transfer: Transfer,
  lease?: string,
): Promise<PushedRef[]> {
  const { git, dir } = repository;
  try {
    const told = remoteArguments(transfer, repository);
    const force = lease === undefined ? {} : { forceWithLease: lease };
    const { refs } = await git.push({ ...told, ...force, dir, remote, ref, remoteRef: ref });
    return outcomes(refs);
  } catch (error) {
    const { code, data } = error as { code?: string; data?: PushErrorData };
    // The server is asked for nothing where it is known that the branch would go back.
    if (code === 'PushRejectedError') return [{ ref, ok: false, reason: data?.reason ?? code }];
    if (code === 'GitPushError' && data?.result !== undefined) return outcomes(data.result.refs);
    throw error;
  }
}

interface PushErrorData {
  readonly reason?: string;
  readonly result?: { readonly refs: Record<string, RefOutcome> };
}

interface RefOutcome {
  readonly ok: boolean;
  readonly error?: string;
}

function outcomes(refs: Record<string, RefOutcome>): PushedRef[] {
  return Object.entries(refs).map(([ref, { ok, error }]) =>
    error ? { ref, ok, reason: error } : { ref, ok },
  );
}
