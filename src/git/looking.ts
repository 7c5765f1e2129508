/**
 * Looking at the working tree, which isomorphic-git writes into the index: of a file that is as an entry says,
 * the entry gets the times of the file. Of a file that is to be resolved that entry would take the place of all
 * sides, so that a conflict was resolved by nobody: then nothing is written.
 */
import * as isomorphicGit from 'isomorphic-git';
import { indexMarks } from './index-entries.js';

type Walker = ReturnType<typeof isomorphicGit.WORKDIR>;

/** The same walkers, writing nothing. */
const quiet = new WeakMap<Walker, Walker>();

/** isomorphic-git's. Writes nothing into the index as long as something is to be resolved. */
export function WORKDIR(
  options: Parameters<typeof isomorphicGit.WORKDIR>[0] = {},
): ReturnType<typeof isomorphicGit.WORKDIR> {
  const walker = isomorphicGit.WORKDIR(options);
  quiet.set(walker, isomorphicGit.WORKDIR({ ...options, refresh: false }));
  return walker;
}

/**
 * isomorphic-git's. {@link WORKDIR} of gitws writes nothing into the index as long as something is to be resolved.
 *
 * @throws what isomorphic-git's throws; GitWsError UNREADABLE_INDEX.
 */
export async function walk(
  given: Parameters<typeof isomorphicGit.walk>[0],
): ReturnType<typeof isomorphicGit.walk> {
  const { trees } = given;
  if (!trees.some((tree) => quiet.has(tree))) return isomorphicGit.walk(given) as Promise<unknown>;
  const { isUnmerged } = await indexMarks(given);
  return isomorphicGit.walk({
    ...given,
    trees: isUnmerged() ? trees.map((tree) => quiet.get(tree) ?? tree) : trees,
  }) as Promise<unknown>;
}
