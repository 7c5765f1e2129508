/** Where everything stands: branches, how far the remote is away, and the history, a page at a time. */
import { readAmendable, type Amendable } from './amend.js';
import { readBranches, type Branches } from './branches.js';
import { FileHistory } from './file-history.js';
import { History, measureDistance, readLabels } from './history.js';
import type { Distance, HistoryEntry, RefLabel } from './history.js';
import { resolveRef } from './refs.js';
import type { Repository } from './repository.js';
import { headOid } from './status.js';

/** A page of the history. */
export interface HistoryPage {
  readonly entries: readonly HistoryEntry[];
  readonly hasMore: boolean;
}

/** What a fetch, a push or a commit changes. */
export interface Overview {
  readonly branches: Branches;
  /** Of the current branch from the remote's; undefined where the remote has none of that name. */
  readonly distance: Distance | undefined;
  /** The last commit of the current branch, unless it has been pushed. */
  readonly amendable: Amendable | undefined;
  readonly labels: ReadonlyMap<string, readonly RefLabel[]>;
  readonly history: HistoryPage;
}

/** The history that is being read: there is one list of it in a page. */
let reading: { readonly reader: number; readonly history: History | FileHistory } | undefined;

/**
 * @param options.reader a number of the page's, for {@link readMore}.
 * @param options.count of commits.
 * @param options.path of the file whose history is read; undefined for that of all.
 * @param options.all whether the commits of all branches and tags are read, and not only those of the current one.
 */
export async function readOverview({
  reader,
  count,
  path,
  all,
  ...repository
}: Repository & {
  readonly reader: number;
  readonly count: number;
  readonly path: string | undefined;
  readonly all: boolean;
}): Promise<Overview> {
  const branches = await readBranches(repository);
  const [distance, labels, head] = await Promise.all([
    remoteDistance(repository, branches.current),
    readLabels(repository),
    headOid(repository),
  ]);
  if (head === undefined) {
    const history = { entries: [], hasMore: false };
    return { branches, distance, labels, history, amendable: undefined };
  }
  const amendable =
    branches.current === undefined ? undefined : await readAmendable(repository, head, labels);
  const history =
    path === undefined
      ? new History(repository, head, ...(all ? labels.keys() : []))
      : new FileHistory(repository, head, path);
  reading = { reader, history };
  return { branches, distance, amendable, labels, history: await history.next(count) };
}

/**
 * @param options.reader what `readOverview` was given last.
 * @returns the next commits; undefined where another list has been begun meanwhile.
 */
export async function readMore({
  reader,
  count,
}: Repository & { readonly reader: number; readonly count: number }): Promise<
  HistoryPage | undefined
> {
  return reading?.reader === reader ? reading.history.next(count) : undefined;
}

async function remoteDistance(
  repository: Repository,
  branch: string | undefined,
): Promise<Distance | undefined> {
  if (branch === undefined) return undefined;
  const local = await resolveRef(repository, `refs/heads/${branch}`);
  const remote = await resolveRef(repository, `refs/remotes/origin/${branch}`);
  if (local === undefined || remote === undefined) return undefined;
  return measureDistance({ ...repository, local, remote });
}
