/**
 * What a sparse checkout changes of files that are as they should be in the index: which of them come into
 * the working tree, and which leave it (unpack-trees.c, `apply_sparse_checkout`).
 */
import type { Pace } from '../pack/index/pace.js';
import { pathOf, type IndexEntry } from '../repository/index-file.js';
import type { Cone } from './cone.js';
import type { Removal, Write } from './losses.js';
import { modes, type TreeFile } from './tree-files.js';
import { indexStatOf, type WorkTree } from './work-tree.js';

/** What is to be done. */
export interface Sparseness {
  readonly writes: readonly Write[];
  readonly removals: readonly Removal[];
  /** The entries that change, but for those of `writes`, by their keys. */
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** Paths that stay as they are in the working tree, since they have changed there. */
  readonly left: readonly string[];
}

/**
 * @param index entries by their keys.
 * @returns what is to be done so that what is in the working tree, of these, is what is in the cone: nothing
 *   that would be lost is removed or overwritten. @throws what the file system throws.
 */
export async function sparsenessOf(
  cone: Cone,
  index: Iterable<readonly [string, IndexEntry]>,
  tree: WorkTree,
  pace: Pace,
): Promise<Sparseness> {
  const writes: Write[] = [];
  const removals: Removal[] = [];
  const entries = new Map<string, IndexEntry>();
  const left: string[] = [];
  for (const [key, entry] of index) {
    const path = pathOf(entry);
    const isInside = cone.has(entry.name);
    if (isInside && !entry.skipWorktree) continue;
    await pace.turn();
    // What lies there all the same is a file like any other, as in git.
    if (!isInside && entry.skipWorktree && !(await tree.has(path))) continue;
    const isBarred = (await tree.obstacleTo(path)) !== undefined;
    if (isInside) {
      const file: TreeFile = { name: entry.name, path, mode: entry.mode, oid: entry.oid };
      const found = isBarred ? 'changed' : await tree.look(path, undefined, file);
      if (found === 'absent') {
        writes.push({ file, found });
        continue;
      }
      if (found !== 'done') left.push(path);
      const stat = found === 'done' ? await tree.stat(path) : undefined;
      entries.set(key, {
        ...entry,
        skipWorktree: false,
        stat: stat === undefined ? entry.stat : indexStatOf(stat),
      });
      continue;
    }
    const found = isBarred ? 'absent' : await tree.look(path, entry, undefined);
    const isPlace = found === 'directory' && entry.mode === modes.gitlink;
    if (found === 'clean') {
      removals.push({ path, kind: 'file' });
    } else if (found === 'absent' && !isBarred) {
      removals.push({ path, kind: 'nothing' });
    } else if (isPlace && (await tree.filesIn(path)).length === 0) {
      removals.push({ path, kind: 'empty folder' });
    } else if (found !== 'absent') {
      left.push(path);
      if (entry.skipWorktree) entries.set(key, { ...entry, skipWorktree: false });
      continue;
    }
    entries.set(key, { ...entry, skipWorktree: true });
  }
  return { writes, removals, entries, left };
}
