/** Looks at the boundary of history that a server says there is: it counts in this repository from then on. */
import { missingObjects } from '../../pack/index/missing-objects.js';
import { linksOf } from '../../repository/object-links.js';
import { StoredObjects } from '../../repository/stored-objects.js';
import type { PromiseFileSystem } from '../../storage/file-system.js';

/** How the boundary is to move. */
export interface MovedBoundary {
  /** Commits at which history is cut off. */
  readonly cut: readonly string[];
  /** Commits at which it is cut off no longer. */
  readonly whole: readonly string[];
}

/**
 * All of these have to be commits that are here, and those that are whole need their parents: in git, a
 * repository whose `shallow` says something else cannot be read.
 *
 * @throws GitWsError MISSING_OBJECTS; what reading throws.
 */
export async function checkBoundary(
  { cut, whole }: MovedBoundary,
  { fs, gitdir }: { readonly fs: PromiseFileSystem; readonly gitdir: string },
): Promise<void> {
  const objects = new StoredObjects({ promises: fs }, gitdir);
  const wholeOnes = new Set(whole);
  const missing: string[] = [];
  try {
    for await (const [oid, object] of objects.readMany([...new Set([...cut, ...whole])])) {
      // What is here and cannot be read may be one.
      const isCommit = object === undefined ? await objects.has(oid) : object.type === 'commit';
      if (!isCommit) missing.push(oid);
      if (object?.bytes === undefined || !wholeOnes.has(oid)) continue;
      for (const { oid: named } of linksOf('commit', object.bytes)) {
        if (!(await objects.has(named))) missing.push(named);
      }
    }
  } finally {
    await objects.close();
  }
  if (missing.length > 0) throw missingObjects(missing);
}
