/** A three-way merge of files, from what the sides have of them to what is to be there. */
import type { StoredObjects } from '../repository/stored-objects.js';
import { withoutClashes } from '../worktree/clashes.js';
import { mergeTrees, type Files } from '../worktree/merge-trees.js';
import { mergeContents, type ContentOptions, type MergedFiles } from './merge-contents.js';

/** What is merged. */
export interface FilesToMerge {
  readonly base: Files;
  readonly ours: Files;
  readonly theirs: Files;
}

/**
 * @param objects with the blobs; those of partial clones are fetched.
 * @returns nothing of it is written.
 * @throws as {@link mergeContents}.
 */
export async function mergeFiles(
  sides: FilesToMerge,
  objects: StoredObjects,
  options: ContentOptions,
): Promise<MergedFiles> {
  const { base, ours, theirs } = sides;
  const isVirtual = (options.depth ?? 0) > 0;
  const merged = mergeTrees(base, ours, theirs, isVirtual);
  const { labels } = options;
  const placed = withoutClashes(merged, { ...sides, labels, isVirtual });
  return mergeContents(placed, objects, options);
}
