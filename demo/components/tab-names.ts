/** What tabs are called: a file's name, with as much of its folder as tells it from others of that name. */

/**
 * @param paths of all that are to be told apart.
 * @returns for each path the end of its folder that no other of its name has; empty where the name alone is enough, and
 *   for what lies at the top.
 */
export function foldersToTell(paths: readonly string[]): ReadonlyMap<string, string> {
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const folderOf = (path: string): string => {
    const others = paths.filter((other) => other !== path && nameOf(other) === nameOf(path));
    return others.length === 0 ? '' : shortest(path, others);
  };
  return new Map(paths.map((path) => [path, folderOf(path)]));
}

function shortest(path: string, namesakes: readonly string[]): string {
  const folders = path.split('/').slice(0, -1);
  for (let count = 1; count < folders.length; count++) {
    const end = path
      .split('/')
      .slice(-count - 1)
      .join('/');
    if (namesakes.every((other) => !`/${other}`.endsWith(`/${end}`))) {
      return folders.slice(-count).join('/');
    }
  }
  return folders.join('/');
}
