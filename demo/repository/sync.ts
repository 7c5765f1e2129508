/** Fetch, pull and push. No step loses work: what could is found out before anything is written. */
import git from 'isomorphic-git';
import type { Author } from './commit.js';
import { measureDistance, type Distance } from './history.js';
import { remoteArguments, type Transfer } from './remote.js';
import { gitArguments, saveDirectory, type Repository } from './repository.js';

const remote = 'origin';

/** What a pull did to the current branch. */
export type PullOutcome =
  | { readonly kind: 'up-to-date' }
  /** The remote has no branch of this name. */
  | { readonly kind: 'no-remote-branch' }
  | {
      readonly kind: 'fast-forward' | 'merge';
      readonly from: string | undefined;
      readonly to: string;
    };

/** What a push did to one ref of the server. */
export interface PushedRef {
  readonly ref: string;
  readonly ok: boolean;
  /** The server's or git's reason for a rejection. */
  readonly reason?: string;
}

/** Brings what is new on the remote, and touches no branch and no file. */
export async function fetchRemote(repository: Repository, transfer: Transfer): Promise<void> {
  await git.fetch({
    ...gitArguments(repository),
    ...remoteArguments(repository, transfer),
    remote,
    tags: true,
    prune: true,
  });
  await saveDirectory(repository);
}

/** @returns how far a branch is from the remote's of that name; undefined if it has none. */
export async function remoteDistance(
  repository: Repository,
  branch: string,
): Promise<Distance | undefined> {
  const local = await resolve(repository, `refs/heads/${branch}`);
  const tracked = await resolve(repository, `refs/remotes/${remote}/${branch}`);
  if (local === undefined || tracked === undefined) return undefined;
  return measureDistance(repository, local, tracked);
}

/**
 * Fetches, and brings the remote's commits into the current branch: by moving it where it has none
 * of its own, else by a merge.
 *
 * @param author of a merge commit.
 * @throws isomorphic-git's MergeConflictError and CheckoutConflictError; nothing has changed then
 *   but what was fetched.
 */
export async function pull(
  repository: Repository,
  branch: string,
  author: Author,
  transfer: Transfer,
): Promise<PullOutcome> {
  await fetchRemote(repository, transfer);
  const base = gitArguments(repository);
  const ref = `refs/heads/${branch}`;
  const tracked = `refs/remotes/${remote}/${branch}`;
  const theirs = await resolve(repository, tracked);
  const from = await resolve(repository, ref);
  if (theirs === undefined) return { kind: 'no-remote-branch' };
  if (theirs === from) return { kind: 'up-to-date' };
  let to = theirs;
  let isMerge = false;
  if (from !== undefined) {
    // Without moving the branch: that comes last, when the files are those of the new commit.
    const merged = await git.merge({
      ...base,
      ours: ref,
      theirs: tracked,
      noUpdateBranch: true,
      message: `Merge branch '${branch}' of ${repository.url}`,
      author: { ...author },
    });
    if (merged.alreadyMerged) return { kind: 'up-to-date' };
    to = merged.oid ?? theirs;
    isMerge = merged.mergeCommit === true;
  }
  const { onProgress } = remoteArguments(repository, transfer);
  // Looks for conflicts before it writes the first file.
  await git.checkout({ ...base, ref: to, noUpdateHead: true, onProgress });
  await git.writeRef({ ...base, ref, value: to, force: true });
  await saveDirectory(repository);
  return { kind: isMerge ? 'merge' : 'fast-forward', from, to };
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

async function resolve(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ ...gitArguments(repository), ref });
  } catch (error) {
    if ((error as { code?: string }).code === 'NotFoundError') return undefined;
    throw error;
  }
}
