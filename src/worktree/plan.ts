/**
 * What a checkout does to each path: git's two-way merge (git-read-tree(1), "Two Tree Merge") of what
 * HEAD has, the index, and what is to be there. Pure: what is in the working tree is asked for later,
 * of the paths that this says. Until {@link byPaths} its paths are keys (`keyOf`).
 */
import { pathOf, pathOfKey, type IndexEntry } from '../repository/index-file.js';
import { isSame, type TreeFile } from './tree-files.js';

/** What is to be done. Nothing is said of paths that stay as they are. */
export interface Plan {
  /** To be written; what is there now has to be `before`, or nothing. */
  readonly writes: readonly { readonly file: TreeFile; readonly before: IndexEntry | undefined }[];
  /** To be removed; what is there now has to be as the entry says. */
  readonly removals: readonly {
    readonly path: string;
    readonly before: IndexEntry | undefined;
  }[];
  /** Paths whose entries in the index are neither what HEAD has nor what is to be there. */
  readonly conflicts: readonly string[];
  /** Paths whose content in the working tree is given up, whatever it is. */
  readonly givenUp?: ReadonlySet<string> | undefined;
}

/** What is compared, each by keys. */
export interface Sides {
  /** What HEAD names; empty where there is no HEAD, or no index yet: then all is to be written. */
  readonly old: ReadonlyMap<string, Pick<TreeFile, 'mode' | 'oid'>>;
  readonly index: ReadonlyMap<string, IndexEntry>;
  readonly next: ReadonlyMap<string, TreeFile>;
}

/**
 * @param isForced whether what is staged is given up.
 * @returns what is to be done.
 */
export function planCheckout({ old, index, next }: Sides, isForced: boolean): Plan {
  const writes: Plan['writes'][number][] = [];
  const removals: Plan['removals'][number][] = [];
  const conflicts: string[] = [];
  for (const [path, file] of next) {
    const before = index.get(path);
    // Where it is forced, also what is as it should be in the index is looked at in the working tree.
    if (isForced) writes.push({ file, before });
    else if (isSame(before, file)) continue;
    else if (isSame(old.get(path), file)) continue;
    else if (isSame(old.get(path), before)) writes.push({ file, before });
    else conflicts.push(path);
  }
  for (const [path, before] of index) {
    if (next.has(path)) continue;
    if (isForced || isSame(old.get(path), before)) removals.push({ path, before });
    else if (old.has(path)) conflicts.push(path);
  }
  return { writes, removals, conflicts };
}

/**
 * What a merge does to each path, of which the sides agree on all but some. As git does it, nothing may be staged,
 * and of what is to be resolved nothing may have changed in the working tree: giving the merge up would lose it.
 *
 * @param unmerged the paths that are to be resolved.
 */
export function planMerge(sides: Sides, unmerged: ReadonlySet<string>): Plan {
  const { old, index, next } = sides;
  const { writes, removals } = planCheckout(sides, false);
  const staged = [...new Set([...old.keys(), ...index.keys()])].filter(
    (path) => !isSame(old.get(path), index.get(path)),
  );
  const looked = [...next]
    .filter(([path, file]) => unmerged.has(path) && isSame(old.get(path), file))
    .map(([path, file]) => ({ file, before: index.get(path) }));
  return { writes: [...writes, ...looked], removals, conflicts: staged };
}

/**
 * What `git reset --merge` does to each path: what is not as it is to be in the index is written or removed,
 * and changes of all others stay.
 *
 * @param unmerged paths that are to be resolved: what is there is given up.
 */
export function planReset({ index, next }: Sides, unmerged: ReadonlySet<string>): Plan {
  const writes: Plan['writes'][number][] = [];
  const removals: Plan['removals'][number][] = [];
  for (const [path, file] of next) {
    const before = index.get(path);
    if (unmerged.has(path) || !isSame(before, file)) writes.push({ file, before });
  }
  for (const path of new Set([...index.keys(), ...unmerged])) {
    if (!next.has(path)) removals.push({ path, before: index.get(path) });
  }
  return { writes, removals, conflicts: [], givenUp: unmerged };
}

/** A plan for a working tree, and what of it is for the index alone. */
export interface PathPlan extends Plan {
  readonly aside: readonly TreeFile[];
}

/**
 * @param plan by keys.
 * @param kept the entries that stay, by keys.
 * @returns the plan by paths. Of names that are one as text, the working tree has one file, which is that of one of
 *   them: the others are in the index alone, and none is lost.
 */
export function byPaths(plan: Plan, kept: ReadonlyMap<string, IndexEntry>): PathPlan {
  const removed = new Map<string, IndexEntry | undefined>();
  for (const { path: key, before } of plan.removals) {
    const path = pathOfKey(key);
    if (!removed.has(path)) removed.set(path, before);
  }
  const taken = new Set([...kept.values()].map(pathOf));
  const writes: Plan['writes'][number][] = [];
  const aside: TreeFile[] = [];
  for (const { file, before } of plan.writes) {
    if (taken.has(file.path)) aside.push(file);
    else writes.push({ file, before: before ?? removed.get(file.path) });
    taken.add(file.path);
  }
  const removals = [...removed].map(([path, before]) => ({ path, before }));
  return {
    ...{ writes, aside, removals: removals.filter(({ path }) => !taken.has(path)) },
    conflicts: plan.conflicts.map(pathOfKey),
    givenUp: plan.givenUp && new Set([...plan.givenUp].map(pathOfKey)),
  };
}
