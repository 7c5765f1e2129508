/** Entries of an index that is written again, of files that may have changed unseen ("racy git"). */
import type { Pace } from '../pack/index/pace.js';
import type { HeldIndex } from '../repository/held-index.js';
import { pathOf, type IndexEntry } from '../repository/index-file.js';
import type { WorkTree } from './work-tree.js';

/**
 * An entry as old as the index before may be of a file that has changed since, in size and time as it was: a newer
 * index would say that it has not. Of such a one the size becomes 0, so that the file is read the next time (git's
 * `ce_smudge_racily_clean_entry`). Whole seconds count, since git as it is usually built compares no more.
 *
 * @param entries that are to be written. What was kept has the very `stat` that it had.
 * @param tree the working tree, which knows when the index before was written.
 * @throws what the file system throws.
 */
export async function withoutRacy(
  entries: readonly IndexEntry[],
  { entries: before = [], time }: Pick<HeldIndex, 'entries' | 'time'>,
  tree: WorkTree,
  pace?: Pace,
): Promise<IndexEntry[]> {
  const old = new Set(before.map(({ stat }) => stat));
  const written: IndexEntry[] = [];
  for (const entry of entries) {
    const { stat, skipWorktree, stage } = entry;
    const isKept = old.has(stat) && !skipWorktree && stage === 0 && stat.size > 0;
    const isOld = isKept && stat.mtimeSeconds >= Math.floor(time / 1_000);
    if (isOld) await pace?.turn();
    const isChanged = isOld && (await tree.look(pathOf(entry), entry, undefined)) === 'changed';
    written.push(isChanged ? { ...entry, stat: { ...stat, size: 0 } } : entry);
  }
  return written;
}
