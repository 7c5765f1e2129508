/** Paths: absolute, with `/` between names. `..` takes away the name before it, as in LightningFS. */

/** @returns the names of a path, without empty ones and `.`; `..` stays. */
export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** @returns the path without `.`, `..` and doubled slashes. */
export function normalize(path: string): string {
  const names: string[] = [];
  for (const name of namesOf(path)) {
    if (name !== '..') names.push(name);
    else names.pop();
  }
  return `${path.startsWith('/') ? '/' : './'}${names.join('/')}`;
}

/** @returns the path of the directory that a path is in. */
export function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
