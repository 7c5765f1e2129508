/** Commits, newest first, read one page at a time; and how far two branches are apart. */
import git from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import { Lanes, type GraphRow } from './lanes.js';
import type { Repository } from './repository.js';

/** A commit as a list shows it. */
export interface HistoryEntry {
  readonly oid: string;
  readonly title: string;
  /** What follows the title; may be empty. */
  readonly body: string;
  readonly author: { readonly name: string; readonly email: string };
  /** When it was written, in ms since 1970. */
  readonly time: number;
  readonly parents: readonly string[];
  /** What is drawn beside it; undefined in the history of a file, which leaves commits out. */
  readonly graph?: GraphRow;
}

/** A name that stands at a commit. */
export interface RefLabel {
  readonly name: string;
  readonly kind: 'head' | 'branch' | 'remote' | 'tag';
}

interface Queued {
  readonly entry: HistoryEntry;
  /** Commit time in seconds: what git orders by. */
  readonly order: number;
}

/** Commits not yet visited, the newest of them first. */
export class CommitQueue {
  readonly #repository: Repository;
  readonly #seen = new Set<string>();
  /** Oldest first: the next one is taken from the end. */
  readonly #queue: Queued[] = [];

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** A commit that is not there is where a shallow clone ends: it is left out. */
  async add(oid: string): Promise<void> {
    if (this.#seen.has(oid)) return;
    this.#seen.add(oid);
    const queued = await readEntry(this.#repository, oid);
    if (queued === undefined) return;
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1]?.order ?? 0) > queued.order) at--;
    this.#queue.splice(at, 0, queued);
  }

  /** The time of the newest one, in seconds; undefined if there is none. */
  get time(): number | undefined {
    return this.#queue.at(-1)?.order;
  }

  take(): HistoryEntry | undefined {
    return this.#queue.pop()?.entry;
  }

  entries(): Iterable<HistoryEntry> {
    return this.#queue.map(({ entry }) => entry);
  }
}

/** The commits that can be reached from some, a page at a time. */
export class History {
  readonly #queue: CommitQueue;
  readonly #lanes = new Lanes();
  readonly #start: Promise<void>;

  constructor(repository: Repository, ...from: readonly string[]) {
    this.#queue = new CommitQueue(repository);
    this.#start = this.#begin(from);
  }

  async #begin(from: readonly string[]): Promise<void> {
    for (const oid of from) await this.#queue.add(oid);
  }

  /** @returns up to `count` further commits, and whether more follow. */
  async next(count: number): Promise<{ entries: HistoryEntry[]; hasMore: boolean }> {
    await this.#start;
    const entries: HistoryEntry[] = [];
    while (entries.length < count) {
      const entry = this.#queue.take();
      if (entry === undefined) break;
      entries.push({ ...entry, graph: this.#lanes.place(entry) });
      for (const parent of entry.parents) await this.#queue.add(parent);
    }
    return { entries, hasMore: !this.#queue.isEmpty };
  }
}

/** How many commits each of two has that the other has not. */
export interface Distance {
  readonly ahead: number;
  readonly behind: number;
}

const isLocal = 1;
const isRemote = 2;
const isBoth = 3;

/** Shared commits that are visited all the same, as git does (revision.c: SLOP), for wrong clocks. */
const slop = 16;

/** @returns how far two commits are apart. */
export async function measureDistance(
  between: Repository & { readonly local: string; readonly remote: string },
): Promise<Distance> {
  const { ahead, behind } = await compareHistories(between);
  return { ahead: ahead.length, behind: behind.length };
}

/** The commits that each of two has, and the other has not; the newest first. */
export interface Differing {
  readonly ahead: readonly HistoryEntry[];
  readonly behind: readonly HistoryEntry[];
}

/**
 * Paints the history of both, newest commits first, until only what they share is left. A colour
 * is passed on to commits that were visited before: clocks are wrong, and parents then newer.
 */
export async function compareHistories({
  local,
  remote,
  ...repository
}: Repository & { readonly local: string; readonly remote: string }): Promise<Differing> {
  if (local === remote) return { ahead: [], behind: [] };
  const queue = new CommitQueue(repository);
  const colours = new Map<string, number>();
  const visited = new Map<string, HistoryEntry>();
  const paint = (oid: string, colour: number): void => {
    const waiting = [oid];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const before = colours.get(next) ?? 0;
      if ((before | colour) === before) continue;
      colours.set(next, before | colour);
      waiting.push(...(visited.get(next)?.parents ?? []));
    }
  };
  paint(local, isLocal);
  paint(remote, isRemote);
  await queue.add(local);
  await queue.add(remote);
  for (let left = slop; left > 0;) {
    const isDone = [...queue.entries()].every(({ oid }) => colours.get(oid) === isBoth);
    left = isDone ? left - 1 : slop;
    const entry = queue.take();
    if (entry === undefined) break;
    visited.set(entry.oid, entry);
    for (const parent of entry.parents) {
      paint(parent, colours.get(entry.oid) ?? 0);
      await queue.add(parent);
    }
  }
  const of = (colour: number): HistoryEntry[] =>
    [...visited.values()].filter(({ oid }) => colours.get(oid) === colour);
  return { ahead: of(isLocal), behind: of(isRemote) };
}

/**
 * Looks no further back than the commit is old, but for {@link slop}.
 *
 * @param options.from commits. @returns whether one of them is `oid`, or has it in its history.
 */
export async function isReachable({
  oid,
  from,
  ...repository
}: Repository & { readonly oid: string; readonly from: readonly string[] }): Promise<boolean> {
  if (from.includes(oid)) return true;
  const { commit } = await git.readCommit({ ...repository, oid });
  const queue = new CommitQueue(repository);
  for (const tip of from) await queue.add(tip);
  for (let left = slop; left > 0;) {
    left = (queue.time ?? 0) < commit.committer.timestamp ? left - 1 : slop;
    const entry = queue.take();
    if (entry === undefined) return false;
    if (entry.parents.includes(oid)) return true;
    for (const parent of entry.parents) await queue.add(parent);
  }
  return false;
}

/** @returns the names that stand at each commit, by its oid. */
export async function readLabels(base: Repository): Promise<Map<string, RefLabel[]>> {
  const labels = new Map<string, RefLabel[]>();
  const current = await git.currentBranch(base);
  const put = async (ref: string, label: RefLabel): Promise<void> => {
    const oid = await commitAt(base, ref);
    if (oid !== undefined) labels.set(oid, [...(labels.get(oid) ?? []), label]);
  };
  const branches = await git.listBranches(base);
  for (const name of branches.sort((a) => (a === current ? -1 : 0))) {
    await put(`refs/heads/${name}`, { name, kind: name === current ? 'head' : 'branch' });
  }
  for (const name of await git.listBranches({ ...base, remote: 'origin' })) {
    if (name === 'HEAD') continue;
    await put(`refs/remotes/origin/${name}`, { name: `origin/${name}`, kind: 'remote' });
  }
  for (const name of await git.listTags(base)) {
    await put(`refs/tags/${name}`, { name, kind: 'tag' });
  }
  return labels;
}

/** @returns the commit that a ref or an annotated tag leads to; undefined if to none. */
async function commitAt(base: Repository, ref: string): Promise<string | undefined> {
  try {
    const oid = await git.resolveRef({ ...base, ref });
    return (await git.readCommit({ ...base, oid })).oid;
  } catch {
    // A tag of a tree or of a blob, or of something that a shallow clone has not.
    return undefined;
  }
}

async function readEntry(repository: Repository, oid: string): Promise<Queued | undefined> {
  try {
    const { commit } = await git.readCommit({ ...repository, oid });
    const [title = '', ...rest] = commit.message.trim().split('\n');
    const entry = {
      oid,
      title,
      body: rest.join('\n').trim(),
      author: { name: commit.author.name, email: commit.author.email },
      time: commit.author.timestamp * 1000,
      parents: commit.parent,
    };
    return { entry, order: commit.committer.timestamp };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
