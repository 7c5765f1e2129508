/** The folders of a tree that are open, as lines one below the other. */
import type { TreeEntry } from '../model/objects.js';

/** One line. */
export interface Row {
  readonly path: string;
  readonly entry: TreeEntry;
  /** 1 for what lies at the top. */
  readonly level: number;
  /** From 1, and how many there are beside it. */
  readonly position: number;
  readonly siblings: number;
  readonly isOpen: boolean;
  /** Whether what is in it is on its way. */
  readonly isLoading: boolean;
}

/**
 * @param folders what is in the folders that were loaded, by their paths.
 * @param open the paths of those that are open.
 */
export function rowsOf(
  folders: ReadonlyMap<string, readonly TreeEntry[]>,
  open: ReadonlySet<string>,
): Row[] {
  const rows: Row[] = [];
  const add = (folder: string, level: number): void => {
    const entries = folders.get(folder) ?? [];
    for (const [index, entry] of entries.entries()) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const isOpen = entry.kind === 'folder' && open.has(path);
      const isLoading = isOpen && !folders.has(path);
      const siblings = entries.length;
      rows.push({ path, entry, level, position: index + 1, siblings, isOpen, isLoading });
      if (isOpen) add(path, level + 1);
    }
  };
  add('', 1);
  return rows;
}
