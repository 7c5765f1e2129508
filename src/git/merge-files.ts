/** A three-way merge of files, from what the sides have of them to what is to be there. */
import type { StoredObjects } from '../repository/stored-objects.js';
import { withoutClashes } from '../worktree/clashes.js';
import { mergeTrees, type Files } from '../worktree/merge-trees.js';
import { Contents, type ContentOptions } from './contents.js';
import { followRenames, type Following } from './follow-renames.js';
import { mergeContents, type MergedFiles } from './merge-contents.js';

/** What is merged. */
export interface FilesToMerge {
  readonly base: Files;
  readonly ours: Files;
  readonly theirs: Files;
}

/** How it is merged. */
export interface FilesOptions extends ContentOptions {
  /** How renames are followed. Default: not at all. */
  readonly following?: Following | undefined;
}

/**
 * @param objects with the blobs; those of partial clones are fetched.
 * @returns nothing of it is written.
 * @throws as {@link mergeContents} and {@link followRenames}.
 */
export async function mergeFiles(
  sides: FilesToMerge,
  objects: StoredObjects,
  options: FilesOptions,
): Promise<MergedFiles> {
  const isVirtual = (options.depth ?? 0) > 0;
  const contents = new Contents(objects, options);
  const renamed = await followRenames(sides, contents, options);
  const merged = mergeTrees(renamed.base, renamed.ours, renamed.theirs, isVirtual);
  const { labels } = options;
  const placed = withoutClashes(renamed.resolve(merged), { ...sides, labels, isVirtual });
  return mergeContents(placed, contents, renamed.unclear);
}
