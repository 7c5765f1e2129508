/** Paths as the rows of a tree: folders first, closed ones without what is in them. */
import type { FileEntry } from '../worker/status.js';

/** One line of the tree. */
export interface Row {
  readonly path: string;
  readonly name: string;
  /** 1 for what lies at the top. */
  readonly level: number;
  /** Position among its siblings, from 1, and how many they are. */
  readonly position: number;
  readonly siblings: number;
  /** undefined for a folder. */
  readonly file: FileEntry | undefined;
  readonly isOpen: boolean;
  /** Whether it, or something in it, differs from the last commit. */
  readonly isChanged: boolean;
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: FileEntry[];
  isChanged: boolean;
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * @param isOpen whether the folder of a path is open.
 * @param isChanged whether a file counts as changed.
 */
export function buildRows(
  files: Iterable<FileEntry>,
  isOpen: (folder: string) => boolean,
  isChanged: (file: FileEntry) => boolean,
): Row[] {
  const root = createFolder();
  for (const file of files) {
    const parts = file.path.split('/');
    parts.pop();
    const changed = isChanged(file);
    let folder = root;
    for (const part of parts) {
      let child = folder.folders.get(part);
      if (child === undefined) folder.folders.set(part, (child = createFolder()));
      child.isChanged ||= changed;
      folder = child;
    }
    folder.files.push(file);
  }
  const rows: Row[] = [];
  addRows(rows, root, '', 1, isOpen, isChanged);
  return rows;
}

function createFolder(): Folder {
  return { folders: new Map(), files: [], isChanged: false };
}

function addRows(
  rows: Row[],
  folder: Folder,
  prefix: string,
  level: number,
  isOpen: (folder: string) => boolean,
  isChanged: (file: FileEntry) => boolean,
): void {
  const siblings = folder.folders.size + folder.files.length;
  let position = 0;
  const names = [...folder.folders.keys()].sort(collator.compare);
  for (const name of names) {
    const child = folder.folders.get(name) ?? createFolder();
    const path = prefix + name;
    const open = isOpen(path);
    position++;
    rows.push({
      ...{ path, name, level, position, siblings },
      file: undefined,
      isOpen: open,
      isChanged: child.isChanged,
    });
    if (open) addRows(rows, child, `${path}/`, level + 1, isOpen, isChanged);
  }
  const files = folder.files.sort((a, b) => collator.compare(a.path, b.path));
  for (const file of files) {
    position++;
    rows.push({
      ...{ path: file.path, name: file.path.slice(prefix.length), level, position, siblings },
      file,
      isOpen: false,
      isChanged: isChanged(file),
    });
  }
}
