/** What a commit has at a path. */
import * as isomorphicGit from 'isomorphic-git';
import type { ConfigAt } from './config.js';
import { gitdirOf, type Directories } from './fetch.js';

/** A path of a commit. */
export interface PathInCommit extends Directories {
  readonly fs: ConfigAt['fs'];
  readonly filepath: string;
  /** Default: HEAD. */
  readonly ref?: string | undefined;
  readonly cache?: object | undefined;
}

/** @returns undefined for nothing, and for a folder. @throws what isomorphic-git's `resolveRef` and `readTree` throw. */
export async function committedAt(
  given: PathInCommit,
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
