/** The index and trees, as a stash takes them: each path once. */
import { GitWsError } from '../../base/errors.js';
import { foldersOf, foldersOfAll } from '../../base/folders.js';
import { pathOf, type IndexEntry } from '../../repository/index-file.js';
import type { StoredObjects } from '../../repository/stored-objects.js';
import { isSame, treeFiles, type TreeFile } from '../../worktree/tree-files.js';

/**
 * @returns the entries by their paths.
 * @throws GitWsError UnmergedPathsError where something is to be resolved, UnsafeFilepathError for paths that are one
 *   as text.
 */
export function entriesByPath(index: readonly IndexEntry[]): Map<string, IndexEntry> {
  const filepaths = index.filter(({ stage }) => stage > 0).map(pathOf);
  if (filepaths.length > 0) {
    const data = { filepaths: [...new Set(filepaths)] };
    throw new GitWsError('UnmergedPathsError', 'Conflicts are to be resolved first.', { data });
  }
  const entries = new Map<string, IndexEntry>();
  for (const entry of index) {
    const filepath = pathOf(entry);
    if (entries.has(filepath)) throw doubledError('the index', filepath);
    entries.set(filepath, entry);
  }
  return entries;
}

/** @returns the files of a tree. @throws GitWsError UnsafeFilepathError for paths that are one as text, and as `treeFiles`. */
export async function filesIn(
  objects: StoredObjects,
  tree: string,
): Promise<ReadonlyMap<string, TreeFile>> {
  const { files, doubled } = await treeFiles(objects, tree);
  const [lost] = doubled;
  if (lost !== undefined) throw doubledError('a tree', lost.path);
  return files;
}

function doubledError(where: string, filepath: string): GitWsError {
  const message = `Two paths of ${where} are one as text: ${JSON.stringify(filepath)}.`;
  return new GitWsError('UnsafeFilepathError', message, { data: { filepath } });
}

/** @returns what a tree of these has: what is only intended to be added is in none. */
export function filesOf(entries: ReadonlyMap<string, IndexEntry>): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  for (const [path, entry] of entries) if (!entry.intentToAdd) files.set(path, fileOf(path, entry));
  return files;
}

/** @returns an entry as a tree has it. */
export function fileOf(path: string, { name, mode, oid }: IndexEntry): TreeFile {
  return { name, path, mode, oid };
}

/** @returns whether both have the same files. */
export function areSame(
  one: ReadonlyMap<string, TreeFile>,
  other: ReadonlyMap<string, TreeFile>,
): boolean {
  return one.size === other.size && [...one].every(([path, file]) => isSame(file, other.get(path)));
}

/** @returns those of some paths that cannot be there beside others: one is a folder of the other. */
export function clashes(some: Iterable<string>, others: Iterable<string>): string[] {
  const all = new Set(others);
  const folders = foldersOfAll(all);
  return [...some].filter(
    (path) => folders.has(path) || foldersOf(path).some((folder) => all.has(folder)),
  );
}
