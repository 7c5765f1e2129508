/**
 * `status` and `statusMatrix` of isomorphic-git, which take a file that is not in the working tree for
 * deleted: what is outside of a sparse checkout is not, and is as the index says, as in git.
 */
import * as isomorphicGit from 'isomorphic-git';
import { skippedPaths } from './index-entries.js';

/**
 * isomorphic-git's. Of a file outside of a sparse checkout: `unmodified`, or how the index differs from HEAD.
 *
 * @throws what isomorphic-git's throws; GitWsError UNREADABLE_INDEX.
 */
export async function status(
  given: Parameters<typeof isomorphicGit.status>[0],
): ReturnType<typeof isomorphicGit.status> {
  const found = await isomorphicGit.status(given);
  // Nothing is there. The matrix says whether that is so in the index, too.
  if (found !== '*deleted' && found !== '*absent') return found;
  const skipped = await skippedPaths(given);
  if (!skipped.has(given.filepath)) return found;
  const { filepath, ...others } = given;
  const rows = await isomorphicGit.statusMatrix({ ...others, filepaths: [filepath] });
  const [, head, , stage] = rows.find(([path]) => path === filepath) ?? [];
  if (head === 0) return 'added';
  return stage === 1 ? 'unmodified' : 'modified';
}

/**
 * isomorphic-git's. A file outside of a sparse checkout has, in the place of the working tree's number, what
 * says that it is as in the index: `[1, 1, 1]` where that is as HEAD.
 *
 * @throws what isomorphic-git's throws; GitWsError UNREADABLE_INDEX.
 */
export async function statusMatrix(
  given: Parameters<typeof isomorphicGit.statusMatrix>[0],
): ReturnType<typeof isomorphicGit.statusMatrix> {
  const rows = await isomorphicGit.statusMatrix(given);
  if (rows.every(([, , workdir]) => workdir !== 0)) return rows;
  const skipped = await skippedPaths(given);
  return rows.map((row) => {
    const [path, head, workdir, stage] = row;
    if (workdir !== 0 || stage === 0 || !skipped.has(path)) return row;
    return stage === 1 ? [path, head, 1, 1] : [path, head, 2, 2];
  });
}
