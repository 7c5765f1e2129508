/**
 * `add`, `remove`, `updateIndex` and `resetIndex` of isomorphic-git, which know no sparse checkout: what is
 * outside of one is not removed, and stays outside.
 */
import * as isomorphicGit from 'isomorphic-git';
import { findGitDirectory } from '../repository/git-directory.js';
import { holdIndex } from '../repository/held-index.js';
import { promisesOf } from '../storage/file-system.js';
import { isUnder, outsideError } from './cone-files.js';
import { gitdirOf } from './fetch.js';
import { isInWorkTree, readIndex, repositoryAt, skippedPaths } from './index-entries.js';
import { failureOf } from './outcome.js';

/**
 * isomorphic-git's. A file that is outside of a sparse checkout is as the index says: there is nothing to add,
 * so that whoever adds all that `statusMatrix` names need not know of it. One that lies there all the same is
 * added, as with `git add --sparse`.
 *
 * @throws what isomorphic-git's throws; GitWsError UNREADABLE_INDEX.
 */
export async function add(
  given: Parameters<typeof isomorphicGit.add>[0],
): ReturnType<typeof isomorphicGit.add> {
  const skipped = await skippedPaths(given);
  const asked: string[] = [given.filepath].flat();
  if (!asked.some((path) => skipped.has(path))) return isomorphicGit.add(given);
  const there: string[] = [];
  for (const path of asked) {
    if (!skipped.has(path) || (await isInWorkTree(given, path))) there.push(path);
  }
  return isomorphicGit.add({ ...given, filepath: there });
}

/**
 * isomorphic-git's. Of a folder, what is outside of a sparse checkout stays in the index, as with `git rm`.
 *
 * @throws what isomorphic-git's throws; GitWsError OUTSIDE_SPARSE_CHECKOUT for a path of which nothing is
 *   inside, UNREADABLE_INDEX.
 */
export async function remove(given: Parameters<typeof isomorphicGit.remove>[0]): Promise<void> {
  const skipped = await skippedPaths(given);
  const asked = [given.filepath].flat();
  if (![...skipped].some((path) => asked.some((each) => isUnder(path, each)))) {
    await isomorphicGit.remove(given);
    return;
  }
  const at = await repositoryAt(given);
  const entries = at === undefined ? [] : await readIndex(at);
  const going: string[] = [];
  const outside: string[] = [];
  for (const each of asked) {
    const before = going.length;
    for (const { path } of entries) {
      if (!isUnder(path, each)) continue;
      if (!skipped.has(path) || (await isInWorkTree(given, path))) going.push(path);
    }
    if (going.length === before) outside.push(each);
  }
  if (outside.length > 0) throw outsideError(outside);
  for (const filepath of new Set(going)) await isomorphicGit.remove({ ...given, filepath });
}

/**
 * isomorphic-git's.
 *
 * @throws what isomorphic-git's throws; GitWsError OUTSIDE_SPARSE_CHECKOUT where a path is to be removed that
 *   is outside of a sparse checkout, UNREADABLE_INDEX.
 */
export async function updateIndex(
  given: Parameters<typeof isomorphicGit.updateIndex>[0],
): ReturnType<typeof isomorphicGit.updateIndex> {
  const { filepath, remove: removes = false } = given;
  if (removes && (await skippedPaths(given)).has(filepath)) {
    if (!(await isInWorkTree(given, filepath))) throw outsideError([filepath]);
  }
  return isomorphicGit.updateIndex(given);
}

/**
 * isomorphic-git's. What is outside of a sparse checkout stays outside.
 *
 * @throws what isomorphic-git's throws; GitWsError INDEX_LOCKED, UNREADABLE_INDEX.
 */
export async function resetIndex(
  given: Parameters<typeof isomorphicGit.resetIndex>[0],
): Promise<void> {
  const { fs, filepath } = given;
  const skipped = (await skippedPaths(given)).has(filepath);
  if (!skipped || (await isInWorkTree(given, filepath))) {
    await isomorphicGit.resetIndex(given);
    return;
  }
  try {
    const wanted = await committed(given);
    const plain = promisesOf(fs);
    const gitdir = await findGitDirectory(plain, gitdirOf(given));
    await holdIndex(plain, gitdir, (held) =>
      held.write(
        (held.entries ?? []).flatMap((entry) => {
          if (new TextDecoder().decode(entry.name) !== filepath) return [entry];
          // It never was in the working tree: nothing but this is known of it.
          return wanted === undefined ? [] : [{ ...entry, ...wanted }];
        }),
      ),
    );
  } catch (error) {
    throw failureOf(error);
  }
}

/** @returns what the commit has at the path; undefined for nothing. */
async function committed(
  given: Parameters<typeof isomorphicGit.resetIndex>[0],
): Promise<{ readonly mode: number; readonly oid: string } | undefined> {
  const { fs, filepath, ref = 'HEAD', cache = {} } = given;
  const common = { fs, gitdir: gitdirOf(given), cache };
  const oid = await isomorphicGit.resolveRef({ ...common, ref });
  const slash = filepath.lastIndexOf('/');
  const { tree } = await isomorphicGit
    .readTree({ ...common, oid, ...(slash < 0 ? {} : { filepath: filepath.slice(0, slash) }) })
    .catch((error: unknown) => {
      const { code } = (error ?? {}) as { code?: unknown };
      // There is no such folder, or a file in its place.
      if (code === 'NotFoundError' || code === 'ObjectTypeError') return { tree: [] };
      throw error;
    });
  const found = tree.find(
    ({ path, type }) => path === filepath.slice(slash + 1) && type !== 'tree',
  );
  return found && { mode: parseInt(found.mode, 8), oid: found.oid };
}
