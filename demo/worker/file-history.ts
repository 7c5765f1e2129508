/** The commits that changed one file, newest first, as `git log -- <path>` lists them. */
import { CommitQueue, type HistoryEntry } from './history.js';
import { entryAt, hasCommit } from './objects.js';
import type { Repository } from './repository.js';

/** Commits that are looked at for one page: then a person is asked whether to go on. */
const patience = 2_000;

/** See above. */
export class FileHistory {
  readonly #repository: Repository;
  readonly #path: string;
  readonly #queue: CommitQueue;
  readonly #start: Promise<void>;
  /** What the file is in commits that were looked at as parents. */
  readonly #known = new Map<string, string | undefined>();

  constructor(repository: Repository, from: string, path: string) {
    this.#repository = repository;
    this.#path = path;
    this.#queue = new CommitQueue(repository);
    this.#start = this.#queue.add(from);
  }

  /** @returns up to `count` further commits, fewer where the search takes long, and whether there may be more. */
  async next(count: number): Promise<{ entries: HistoryEntry[]; hasMore: boolean }> {
    await this.#start;
    const entries: HistoryEntry[] = [];
    for (let looked = 0; entries.length < count && looked < patience; looked += 1) {
      const entry = this.#queue.take();
      if (entry === undefined) break;
      const own = await this.#at(entry.oid);
      this.#known.delete(entry.oid);
      const parents = await this.#parentsOf(entry);
      // git follows the parent alone that has the file as it is here.
      const same = parents.find(({ file }) => file === own);
      if (same === undefined && (parents.length > 0 || own !== undefined)) entries.push(entry);
      for (const { oid } of same === undefined ? parents : [same]) await this.#queue.add(oid);
    }
    return { entries, hasMore: !this.#queue.isEmpty };
  }

  /** What of the parents is here: a shallow clone ends somewhere. */
  async #parentsOf({
    parents,
  }: HistoryEntry): Promise<{ oid: string; file: string | undefined }[]> {
    const found = [];
    for (const oid of parents) {
      if (await hasCommit(this.#repository, oid)) found.push({ oid, file: await this.#at(oid) });
    }
    return found;
  }

  /** @returns mode and oid of the file in a commit; undefined where it has none. */
  async #at(commit: string): Promise<string | undefined> {
    if (!this.#known.has(commit)) this.#known.set(commit, await this.#read(commit));
    return this.#known.get(commit);
  }

  async #read(commit: string): Promise<string | undefined> {
    const entry = await entryAt(this.#repository, commit, this.#path);
    return entry && `${entry.mode} ${entry.oid}`;
  }
}
