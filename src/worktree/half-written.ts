/**
 * Files that a checkout was writing when its page or process ended: each is a beginning of what was to be
 * there. Whoever replaces one by the whole file loses nothing that is not in the commit.
 */
import type { StoredObjects } from '../repository/stored-objects.js';
import { modes, type TreeFile } from './tree-files.js';
import type { WorkTree } from './work-tree.js';

/**
 * @param objects those of the repository, blobs included.
 * @returns whether what is at the path is a file, and a beginning of what is to be there.
 * @throws what the file system and `objects` throw.
 */
export async function isHalfWritten(
  tree: WorkTree,
  objects: StoredObjects,
  { path, mode, oid }: TreeFile,
): Promise<boolean> {
  if (mode === modes.gitlink || (await tree.obstacleTo(path)) !== undefined) return false;
  const stat = await tree.stat(path);
  if (stat?.isFile() !== true) return false;
  await objects.ready(new Set([oid]));
  for await (const [, object] of objects.readMany([oid])) {
    const whole = object?.bytes;
    if (whole === undefined || stat.size > whole.length) return false;
    const begun = await tree.contentOf(path, stat);
    return begun.length <= whole.length && begun.every((byte, at) => byte === whole[at]);
  }
  return false;
}
