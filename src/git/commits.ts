/** Commits by refs' oids, read out of the repository's packs in pieces. */
import * as isomorphicGit from 'isomorphic-git';
import { findGitDirectory } from '../repository/git-directory.js';
import { linksOf } from '../repository/object-links.js';
import { StoredObjects } from '../repository/stored-objects.js';
import { promisesOf } from '../storage/file-system.js';

/** A commit, and the tree that it names. */
export interface Commit {
  readonly commit: string;
  readonly tree: string;
}

/**
 * @param oid of a commit, or of a tag that leads to one.
 * @param ref what the user called it by.
 * @throws isomorphic-git's CommitNotFetchedError for what is not there, ObjectTypeError for what leads
 *   to no commit; GitWsError CORRUPT_PACK, OBJECT_UNAVAILABLE; what `fs` throws.
 */
export async function readCommit(
  { fs, gitdir }: { readonly fs: object; readonly gitdir: string },
  oid: string,
  ref: string,
): Promise<Commit> {
  const objects = new StoredObjects(fs, await findGitDirectory(promisesOf(fs), gitdir));
  try {
    for (let at = oid; ;) {
      const object = await objects.read(at);
      if (typeof object !== 'object') {
        throw new isomorphicGit.Errors.CommitNotFetchedError(ref, at);
      }
      const { type, bytes = new Uint8Array(0) } = object;
      const [first] = type === 'commit' || type === 'tag' ? linksOf(type, bytes) : [];
      if (type === 'commit' && first?.type === 'tree') return { commit: at, tree: first.oid };
      if (type !== 'tag' || first === undefined) {
        throw new isomorphicGit.Errors.ObjectTypeError(at, type, 'commit');
      }
      at = first.oid;
    }
  } finally {
    await objects.close();
  }
}
