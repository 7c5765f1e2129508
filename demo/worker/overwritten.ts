/** What a push with force would take from the server. */
import { compareHistories, type HistoryEntry } from './history.js';
import { resolveRef } from './refs.js';
import type { Repository } from './repository.js';

/** Commits that the server has, as they were fetched last, and the branch here has not. */
export interface Overwritten {
  /** Where the server's branch stood. */
  readonly oid: string;
  /** The newest first. */
  readonly commits: readonly HistoryEntry[];
}

/** @returns undefined where the server has no such branch, or there is none here. */
export async function readOverwritten({
  branch,
  ...repository
}: Repository & { readonly branch: string }): Promise<Overwritten | undefined> {
  const local = await resolveRef(repository, `refs/heads/${branch}`);
  const remote = await resolveRef(repository, `refs/remotes/origin/${branch}`);
  if (local === undefined || remote === undefined) return undefined;
  const { behind } = await compareHistories({ ...repository, local, remote });
  return { oid: remote, commits: behind };
}
