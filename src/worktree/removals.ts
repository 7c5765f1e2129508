/** Removes files of a working tree, and the folders that are empty then. */
import { GitWsError } from '../base/errors.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import type { Removal } from './losses.js';
import { notThere, type WorkTree } from './work-tree.js';

/**
 * @param onRemoved called after each.
 * @throws GitWsError FILE_SYSTEM_FAILED; what the file system throws.
 */
export async function removeFiles(
  fs: PromiseFileSystem,
  tree: WorkTree,
  removals: readonly Removal[],
  onRemoved: () => void | Promise<void>,
): Promise<void> {
  const folders = new Set<string>();
  for (const { path, isFolder } of removals) {
    if (isFolder) await removeFolder(fs, tree, path);
    else await removeFile(fs, tree, path);
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
async function removeFile(fs: PromiseFileSystem, tree: WorkTree, path: string): Promise<void> {
  await fs.unlink(tree.at(path)).catch(notThere);
  if ((await tree.stat(path)) === undefined) return;
  const message = `The file system says that it removed ${path}, and did not.`;
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}

async function removeFolder(fs: PromiseFileSystem, tree: WorkTree, folder: string): Promise<void> {
  for (const name of await fs.readdir(tree.at(folder))) {
    const path = `${folder}/${name}`;
    const stat = await tree.stat(path);
    if (stat?.isDirectory() === true) await removeFolder(fs, tree, path);
    else await fs.unlink(tree.at(path)).catch(notThere);
  }
  await fs.rmdir(tree.at(folder));
}

/** Something is in it, or somebody has removed it. */
function notEmpty(error: unknown): void {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST') notThere(error);
}
