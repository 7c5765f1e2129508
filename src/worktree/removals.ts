/** Removes files of a working tree, and the folders that are empty then. */
import { GitWsError } from '../base/errors.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import type { Removal } from './losses.js';
import { notThere, type WorkTree } from './work-tree.js';

/**
 * @param onRemoved called after each.
 * @throws GitWsError FILE_SYSTEM_FAILED, CheckoutConflictError for a file that has come into an empty folder since that
 *   was looked at; what the file system throws.
 */
export async function removeFiles(
  fs: PromiseFileSystem,
  tree: WorkTree,
  removals: readonly Removal[],
  onRemoved: () => void | Promise<void>,
): Promise<void> {
  const folders = new Set<string>();
  for (const { path, kind } of removals) {
    if (kind === 'file') await removeFile(fs, tree, path);
    else if (kind !== 'nothing') await removeFolder(fs, tree, path, kind === 'folder');
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      folders.add(path.slice(0, at));
    }
    await onRemoved();
  }
  // The deepest ones first.
  const order = [...folders].sort((one, other) => other.length - one.length);
  for (const folder of order) await fs.rmdir(tree.at(folder)).catch(notEmpty);
}

/** @throws GitWsError FILE_SYSTEM_FAILED where it is there all the same. */
export async function removeFile(
  fs: PromiseFileSystem,
  tree: WorkTree,
  path: string,
): Promise<void> {
  await fs.unlink(tree.at(path)).catch(notThere);
  if ((await tree.stat(path)) === undefined) return;
  const message = `The file system says that it removed ${path}, and did not.`;
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}

/** @param isWhole whether files in it go too. */
async function removeFolder(
  fs: PromiseFileSystem,
  tree: WorkTree,
  folder: string,
  isWhole: boolean,
): Promise<void> {
  for (const name of await fs.readdir(tree.at(folder))) {
    const path = `${folder}/${name}`;
    const stat = await tree.stat(path);
    if (stat === undefined) continue;
    if (stat.isDirectory()) await removeFolder(fs, tree, path, isWhole);
    else if (isWhole) await fs.unlink(tree.at(path)).catch(notThere);
    else throw savedMeanwhile(path);
  }
  await fs.rmdir(tree.at(folder));
}

function savedMeanwhile(path: string): GitWsError {
  const message = `${path} was saved while it was checked out what is to be in the place of its folder.`;
  return new GitWsError('CheckoutConflictError', message, { data: { filepaths: [path] } });
}

/** Something is in it, or somebody has removed it. */
function notEmpty(error: unknown): void {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') notThere(error);
}
