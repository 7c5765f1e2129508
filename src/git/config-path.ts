/** Paths of the configuration that have a name of the server's in them. */

/**
 * What isomorphic-git's `setConfig` has to be given for a path that `getConfig` reads: it writes the name of a
 * section as it is, and in git's file format a `"` would end it, with a setting behind it.
 */
export function pathToWrite(path: string): string {
  return path.replace(/["\\]/g, (letter) => `\\${letter}`);
}
