/**
 * What the refs of a repository reach, as far as it is asked for: what git's `--not --all` stands for.
 * All of it is taken to be there, as git takes it.
 */
import { formatOid } from '../pack/format/oid.js';
import { linksOf, treeLinks, type Link } from './object-links.js';
import type { StoredObjects } from './stored-objects.js';

/** What refs reach, found as far as it is asked for. */
export class ReachedObjects {
  readonly #objects: StoredObjects;
  readonly #shallow: ReadonlySet<string>;
  readonly #history: Frontier;
  readonly #trees: Frontier;

  /**
   * @param refs oids of commits and tags.
   * @param shallow commits whose parents need not be there.
   */
  constructor(objects: StoredObjects, refs: Iterable<string>, shallow: ReadonlySet<string>) {
    this.#objects = objects;
    this.#shallow = shallow;
    this.#history = new Frontier(refs, (oid) => this.#parentsOf(oid));
    this.#trees = new Frontier([], (oid) => this.#entriesOf(oid));
  }

  /** @param oid of a commit or a tag. @returns whether the refs reach it. */
  hasCommit(oid: string): Promise<boolean> {
    return this.#history.reaches(oid);
  }

  /** @param oid of a tree or a blob. @returns whether commits that were added reach it. */
  hasContent(oid: string): Promise<boolean> {
    return this.#trees.reaches(oid);
  }

  /** @param oid of a commit that the refs reach: what it holds is reached, too. */
  addContentOf(oid: string): void {
    this.#trees.add(oid);
  }

  async #parentsOf(oid: string): Promise<readonly Found[]> {
    const links = this.#shallow.has(oid) ? [] : await this.#linksOf(oid);
    return links.flatMap(({ oid: named, type }) =>
      type === 'commit' || type === 'tag' ? [{ oid: named, leadsOn: true }] : [],
    );
  }

  /** @param oid of a tree, or of a commit, which leads to its tree. */
  async #entriesOf(oid: string): Promise<readonly Found[]> {
    const links = await this.#linksOf(oid);
    return links.flatMap(({ oid: named, type }) =>
      type === 'tree' || type === 'blob' ? [{ oid: named, leadsOn: type === 'tree' }] : [],
    );
  }

  async #linksOf(oid: string): Promise<readonly Link[]> {
    const object = await this.#objects.read(oid);
    if (typeof object !== 'object' || object.bytes === undefined) return [];
    const { type, bytes } = object;
    if (type !== 'tree') return linksOf(type, bytes);
    return Array.from(treeLinks(bytes), (link) => ({ ...link, oid: formatOid(link.oid) }));
  }
}

interface Found {
  readonly oid: string;
  /** Whether it may name others. */
  readonly leadsOn: boolean;
}

/** What has been reached, widened from what lies nearest until it has what is looked for. */
class Frontier {
  readonly #found = new Set<string>();
  readonly #next: string[] = [];
  #taken = 0;
  readonly #follow: (oid: string) => Promise<readonly Found[]>;

  constructor(start: Iterable<string>, follow: (oid: string) => Promise<readonly Found[]>) {
    this.#follow = follow;
    for (const oid of start) this.add(oid);
  }

  add(oid: string, leadsOn = true): void {
    if (this.#found.has(oid)) return;
    this.#found.add(oid);
    if (leadsOn) this.#next.push(oid);
  }

  async reaches(oid: string): Promise<boolean> {
    while (!this.#found.has(oid)) {
      const next = this.#next[this.#taken];
      if (next === undefined) return false;
      this.#taken += 1;
      for (const found of await this.#follow(next)) this.add(found.oid, found.leadsOn);
    }
    return true;
  }
}
