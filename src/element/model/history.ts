/** Commits that can be reached from one, newest first; those that were not fetched yet are. */
import type { Commit, Objects } from './objects.js';

/** Gets more of history: see `Repository.deepen`. */
export interface Depth {
  readonly shallow: () => Promise<ReadonlySet<string>>;
  readonly deepen: () => Promise<boolean>;
}

/** One page of a history. */
export interface HistoryPage {
  readonly commits: readonly Commit[];
  readonly hasMore: boolean;
}

/** Commits that are looked at for one page of a file's history: then a person is asked whether to go on. */
const patience = 2_000;

/** See above. */
export class History {
  readonly #objects: Objects;
  readonly #depth: Depth;
  readonly #path: string;
  readonly #seen = new Set<string>();
  /** Oldest first: the next one is taken from the end. */
  readonly #queue: Commit[] = [];
  #isStarted = false;
  readonly #from: string;

  /** @param path whose changes count; empty for all. */
  constructor(objects: Objects, depth: Depth, from: string, path: string) {
    this.#objects = objects;
    this.#depth = depth;
    this.#from = from;
    this.#path = path;
  }

  /** @returns up to `count` further commits, fewer where the search takes long. */
  async next(count: number, signal: AbortSignal): Promise<HistoryPage> {
    if (!this.#isStarted) await this.#add(this.#from);
    this.#isStarted = true;
    const commits: Commit[] = [];
    for (let looked = 0; commits.length < count && looked < patience; looked++) {
      signal.throwIfAborted();
      const commit = this.#queue.at(-1);
      if (commit === undefined) break;
      const parents = await parentsOf(commit, this.#objects, this.#depth);
      this.#queue.pop();
      const same = await this.#unchangedFrom(commit, parents);
      if (same !== undefined) {
        await this.#add(same.oid);
        continue;
      }
      if (await this.#counts(commit, parents)) commits.push(commit);
      for (const parent of parents) await this.#add(parent.oid);
    }
    return { commits, hasMore: this.#queue.length > 0 };
  }

  /** @returns a parent in which the path is as in the commit: git follows that one alone. */
  async #unchangedFrom(commit: Commit, parents: readonly Commit[]): Promise<Commit | undefined> {
    if (this.#path === '') return undefined;
    const own = await this.#at(commit);
    for (const parent of parents) if ((await this.#at(parent)) === own) return parent;
    return undefined;
  }

  async #counts(commit: Commit, parents: readonly Commit[]): Promise<boolean> {
    if (this.#path === '' || parents.length > 0) return true;
    return (await this.#at(commit)) !== undefined;
  }

  async #at(commit: Commit): Promise<string | undefined> {
    return (await this.#objects.find(commit.tree, this.#path))?.oid;
  }

  async #add(oid: string): Promise<void> {
    if (this.#seen.has(oid)) return;
    this.#seen.add(oid);
    const commit = await this.#objects.commit(oid);
    let at = this.#queue.length;
    while (at > 0 && (this.#queue[at - 1]?.order ?? 0) > commit.order) at--;
    this.#queue.splice(at, 0, commit);
  }
}

/** @returns the parents, fetched where history was cut off; none where it ends for good. */
export async function parentsOf(
  { oid, parents }: Commit,
  objects: Objects,
  { shallow, deepen }: Depth,
): Promise<readonly Commit[]> {
  if (parents.length === 0) return [];
  if ((await shallow()).has(oid)) {
    await deepen();
    if ((await shallow()).has(oid)) return [];
  }
  return Promise.all(parents.map((parent) => objects.commit(parent)));
}
