/** Fetch, pull and push. */
import git from 'isomorphic-git';
import type { Author } from '../worker/commit.js';
import { measureDistance, type Distance } from '../worker/history.js';
import { join, type Joined } from '../worker/merge.js';
import { resolveRef } from '../worker/refs.js';
import { remoteArguments, type Transfer } from './remote.js';
import { gitArguments, saveDirectory, type Repository } from './repository.js';

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
  const base = gitArguments(repository);
  const tracked = await git.listBranches({ ...base, remote });
  // isomorphic-git wants one ref that the server has, and takes the current branch's: that one may
  // be gone there, and so may be what HEAD names.
  const candidates = [undefined, 'HEAD', ...tracked.map((name) => `refs/heads/${name}`)];
  for (const [at, remoteRef] of candidates.entries()) {
    try {
      await git.fetch({
        ...{ ...base, ...remoteArguments(repository, transfer), remote, tags: true, prune: true },
        ...(remoteRef === undefined ? {} : { remoteRef }),
      });
      break;
    } catch (error) {
      const isGone = (error as { code?: unknown } | null)?.code === 'NotFoundError';
      if (!isGone || at === candidates.length - 1) throw error;
    }
  }
  await saveDirectory(repository);
}

/** @returns how far a branch is from the remote's of that name; undefined if it has none. */
export async function remoteDistance(
  repository: Repository,
  branch: string,
): Promise<Distance | undefined> {
  const local = await resolveRef(repository, `refs/heads/${branch}`);
  const tracked = await resolveRef(repository, trackedRef(branch));
  if (local === undefined || tracked === undefined) return undefined;
  return measureDistance(repository, local, tracked);
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
  const { onProgress } = remoteArguments(repository, transfer);
  return join(repository, branch, trackedRef(branch), author, onProgress);
}

/**
 * Pushes a branch to the one of the same name.
 *
 * @returns what became of each ref.
 * @throws whatever is not an answer of the server about a ref.
 */
export async function push(
  repository: Repository,
  branch: string,
  transfer: Transfer,
): Promise<PushedRef[]> {
  const base = gitArguments(repository);
  const ref = `refs/heads/${branch}`;
  try {
    const { refs } = await git.push({
      ...base,
      ...remoteArguments(repository, transfer),
      remote,
      ref,
      remoteRef: ref,
    });
    await saveDirectory(repository);
    return outcomes(refs);
  } catch (error) {
    const { code, data } = error as { code?: string; data?: PushErrorData };
    // isomorphic-git asks no server where it knows that the branch would go back.
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

function trackedRef(branch: string): string {
  return `refs/remotes/${remote}/${branch}`;
}
