/** Paths with slashes: their last names, and the folders on the way to them. */

/** @returns all of them, the shortest first; of `a/b/c` `a` and `a/b`. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    folders.push(path.slice(0, at));
  }
  return folders;
}

/** @returns those of several paths, each once. */
export function foldersOfAll(paths: Iterable<string>): Set<string> {
  const all = new Set<string>();
  for (const path of paths) {
    for (let at = folderOf(path); at !== '' && !all.has(at); at = folderOf(at)) all.add(at);
  }
  return all;
}

/** @returns the folder that a path is in; empty for the uppermost. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** @returns the last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
