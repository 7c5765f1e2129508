/**
 * The repositories below a root, by the names that they are asked for: for lists, with a bounded
 * look at the disk. What a list leaves out is served all the same.
 */
import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { findRepository } from './repository.js';
import { orOutOfReach } from '../base/system-errors.js';
import { encodePath, parseTarget } from '../admission/target.js';

/** How far to look. */
export interface ListBounds {
  /** Names that are listed at most. */
  readonly maxListed: number;
  /** Directory entries that are looked at for them. */
  readonly maxListScan: number;
}

/** What was found. */
export interface RepositoryNames {
  /** Paths below the root with slashes, as they stand on the disk, sorted. */
  readonly names: readonly string[];
  /** Whether a bound was reached, so that there may be more. */
  readonly more: boolean;
}

/**
 * Looks for repositories, the upper directories first, and for none in another one or among the files
 * of its work tree.
 *
 * @param root the directory that is served.
 * @throws what reading the root throws: ENOENT, EACCES; and of all below it what does not mean that
 *   something is gone or somebody else's, such as EMFILE: a list is not short for want of descriptors.
 */
export async function listRepositories(root: string, bounds: ListBounds): Promise<RepositoryNames> {
  const names: string[] = [];
  const waiting: string[][] = [[]];
  let seen = 0;
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for await (const entry of await entriesOf(root, at)) {
      seen += 1;
      if (seen > bounds.maxListScan) return { names: names.sort(), more: true };
      if (!mayBeDirectory(entry)) continue;
      const segments = [...at, entry.name];
      // Nobody could ask for it, nor for anything in it.
      const target = `/${encodePath(segments.join('/'))}/git-upload-pack`;
      if (parseTarget(target, '').kind === 'malformed') continue;
      if (await isRepository(root, segments)) {
        if (names.length >= bounds.maxListed) return { names: names.sort(), more: true };
        names.push(segments.join('/'));
      } else if (entry.isDirectory() && !entry.name.startsWith('.')) {
        // Never through a link: it may lead to where it lies.
        waiting.push(segments);
      }
    }
  }
  return { names: names.sort(), more: false };
}

/**
 * A list that is made anew when it is asked for and too old, or could not be made, once however many
 * ask.
 *
 * @param make makes it.
 * @param time how long it is good for, in ms.
 */
export function keepList(
  make: () => Promise<RepositoryNames>,
  time: number,
): () => Promise<RepositoryNames> {
  let made: Promise<RepositoryNames> | undefined;
  let until = Infinity;
  return () => {
    if (made === undefined || performance.now() >= until) {
      until = Infinity;
      made = make();
      made.then(
        () => {
          until = performance.now() + time;
        },
        () => {
          made = undefined;
        },
      );
    }
    return made;
  };
}

async function entriesOf(
  root: string,
  segments: readonly string[],
): Promise<AsyncIterable<Dirent>> {
  const opened = opendir(join(root, ...segments));
  // Gone since, or somebody else's: what cannot be read cannot be served.
  return segments.length === 0 ? opened : ((await orOutOfReach(opened)) ?? nothing());
}

/**
 * Whether this is the one that is found under its name: for `site` that may be a `site.git` beside it.
 */
export async function isRepository(root: string, segments: readonly string[]): Promise<boolean> {
  const path = join(root, ...segments);
  // The search looks in four places, and most directories are no repository.
  if (!(await isThere(join(path, '.git'))) && !(await isThere(join(path, 'HEAD')))) return false;
  const found = await findRepository(root, segments);
  if (found === undefined) return false;
  const real = await realpath(path);
  return found.gitDir === real || found.gitDir === join(real, '.git');
}

async function isThere(path: string): Promise<boolean> {
  return (await orOutOfReach(lstat(path))) !== undefined;
}

async function* nothing(): AsyncGenerator<never> {
  // No entries.
}

function mayBeDirectory(entry: Dirent): boolean {
  return entry.isDirectory() || entry.isSymbolicLink();
}
