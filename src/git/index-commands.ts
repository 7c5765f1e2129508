/**
 * `add`, `remove` and `updateIndex` of isomorphic-git, which know no sparse checkout: what is outside of one is not
 * removed, and stays outside.
 */
import * as isomorphicGit from 'isomorphic-git';
import { isUnder, outsideError } from './cone-files.js';
import {
  indexMarks,
  isInWorkTree,
  readIndex,
  repositoryAt,
  skippedPaths,
  type IndexMarks,
} from './index-entries.js';
import { withKnownModes } from './known-modes.js';
import { linksIn, plainPath, stageLink, withoutFiles } from './submodules/gitlinks.js';

/**
 * isomorphic-git's. A file that is outside of a sparse checkout is as the index says: there is nothing to add,
 * so that whoever adds all that `statusMatrix` names need not know of it. One that lies there all the same is
 * added, as with `git add --sparse`. Of a submodule the commit that is checked out there is added, and none of its
 * files.
 *
 * @throws what isomorphic-git's throws; GitWsError SUBMODULE_REFUSED for a file in a submodule, UNREADABLE_INDEX.
 */
export async function add(
  given: Parameters<typeof isomorphicGit.add>[0],
): ReturnType<typeof isomorphicGit.add> {
  const { skipped, links } = await indexMarks(given);
  const there: string[] = [];
  for (const path of [given.filepath].flat()) {
    if (!skipped.has(path) || (await isInWorkTree(given, path))) there.push(path);
  }
  return addHere(given, there, links);
}

/** Of submodules, the commits that are checked out in them. */
async function addHere(
  given: Parameters<typeof isomorphicGit.add>[0],
  asked: string[],
  all: IndexMarks['links'],
): ReturnType<typeof isomorphicGit.add> {
  const plain = asked.map(plainPath);
  const links = linksIn(all.keys(), plain);
  const { dir = '' } = given;
  const fs = await withKnownModes(given);
  const others = asked.filter((_, at) => !links.includes(plain[at] ?? ''));
  const hiding = { ...given, fs: withoutFiles(fs, dir, links), filepath: others };
  await isomorphicGit.add(hiding);
  for (const link of links) await stageLink(given, link);
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
 *   is outside of a sparse checkout, SUBMODULE_REFUSED for a path in a submodule, UNREADABLE_INDEX.
 */
export async function updateIndex(
  given: Parameters<typeof isomorphicGit.updateIndex>[0],
): ReturnType<typeof isomorphicGit.updateIndex> {
  const { filepath, remove: removes = false } = given;
  const { skipped, links } = await indexMarks(given);
  if (!removes) linksIn(links.keys(), [plainPath(filepath)]);
  if (removes && skipped.has(filepath)) {
    if (!(await isInWorkTree(given, filepath))) throw outsideError([filepath]);
  }
  return isomorphicGit.updateIndex({ ...given, fs: await withKnownModes(given) });
}
