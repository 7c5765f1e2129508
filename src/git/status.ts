/**
 * `status` and `statusMatrix` of isomorphic-git, which take a file that is not in the working tree for
 * deleted: what is outside of a sparse checkout is not, and is as the index says, as in git. Neither writes the
 * index as long as something is to be resolved.
 */
import * as isomorphicGit from 'isomorphic-git';
import { foldersOf } from '../base/folders.js';
import { promisesOf } from '../storage/file-system.js';
import { modes } from '../worktree/tree-files.js';
import { notThere } from '../worktree/work-tree.js';
import { committedAt } from './committed.js';
import { pathIn } from './fetch.js';
import { indexMarks, type IndexMarks } from './index-entries.js';
import { headOf, plainPath } from './submodules/gitlinks.js';

/**
 * isomorphic-git's. Of a file outside of a sparse checkout: `unmodified`, or how the index differs from HEAD. Of a
 * submodule: how the commit that is checked out there differs from the index, or that from HEAD.
 *
 * @throws what isomorphic-git's throws; GitWsError UNREADABLE_INDEX.
 */
export async function status(
  given: Parameters<typeof isomorphicGit.status>[0],
): ReturnType<typeof isomorphicGit.status> {
  const marks = await indexMarks(given);
  const link = await linkStatus(given, marks);
  if (link !== undefined) return link;
  const refresh = given.refresh !== false && !marks.isUnmerged();
  const found = await isomorphicGit.status({ ...given, refresh });
  // Nothing is there. The matrix says whether that is so in the index, too.
  if (found !== '*deleted' && found !== '*absent') return found;
  if (!marks.skipped.has(given.filepath)) return found;
  const { filepath, ...others } = given;
  const rows = await isomorphicGit.statusMatrix({ ...others, filepaths: [filepath] });
  const [, head, , stage] = rows.find(([path]) => path === filepath) ?? [];
  if (head === 0) return 'added';
  return stage === 1 ? 'unmodified' : 'modified';
}

/** @returns undefined for what is no submodule. */
async function linkStatus(
  given: Parameters<typeof isomorphicGit.status>[0],
  { links }: IndexMarks,
): Promise<Awaited<ReturnType<typeof isomorphicGit.status>> | undefined> {
  const filepath = plainPath(given.filepath);
  const staged = links.get(filepath);
  // Of all others isomorphic-git knows as much.
  if (staged === undefined && links.size === 0) return undefined;
  const committed = await committedAt({ ...given, filepath }).catch(notFound);
  if (staged === undefined) return committed?.mode === modes.gitlink ? 'deleted' : undefined;
  const head = await headOf(given, filepath);
  if (head !== undefined && head !== staged) return '*modified';
  if (committed === undefined) return 'added';
  return committed.oid === staged ? 'unmodified' : 'modified';
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
  const { skipped, isUnmerged } = await indexMarks(given);
  const refresh = given.refresh !== false && !isUnmerged();
  const all = await isomorphicGit.statusMatrix({ ...given, refresh });
  const rows = await withoutRepositories(given, all);
  if (rows.every(([, , workdir]) => workdir !== 0)) return rows;
  return rows.map((row) => {
    const [path, head, workdir, stage] = row;
    if (workdir !== 0 || stage === 0 || !skipped.has(path)) return row;
    return stage === 1 ? [path, head, 1, 1] : [path, head, 2, 2];
  });
}

/** @returns undefined where HEAD has no commit yet. */
function notFound(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code === 'NotFoundError') return undefined;
  throw error;
}

/** What git does not know, and lies in another repository below this one, is not of this one. */
async function withoutRepositories(
  { fs, dir = '' }: Parameters<typeof isomorphicGit.statusMatrix>[0],
  rows: Awaited<ReturnType<typeof isomorphicGit.statusMatrix>>,
): Promise<typeof rows> {
  const plain = promisesOf(fs);
  const repositories = new Map<string, Promise<boolean>>();
  const isRepository = (folder: string): Promise<boolean> => {
    let found = repositories.get(folder);
    if (found === undefined) {
      found = plain.lstat(pathIn(dir, `${folder}/.git`)).then((stat) => stat !== undefined, notOne);
      repositories.set(folder, found);
    }
    return found;
  };
  const isInside = async (path: string): Promise<boolean> => {
    for (const folder of foldersOf(path)) if (await isRepository(folder)) return true;
    return false;
  };
  const kept: typeof rows = [];
  for (const row of rows) {
    const [path, head, , stage] = row;
    const isKnown = head !== 0 || stage !== 0;
    if (isKnown || !(await isInside(path))) kept.push(row);
  }
  return kept;
}

function notOne(error: unknown): false {
  notThere(error);
  return false;
}
