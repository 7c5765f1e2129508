/** The index while it is being changed: read, held by `index.lock` as git holds it, and written once. */
import { GitWsError } from '../base/errors.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import { isMissing } from '../storage/file-system.js';
import { holdFile } from '../storage/lock-file.js';
import { formatIndex, parseIndex, type IndexEntry } from './index-file.js';

/** An index that nobody else changes meanwhile. */
export interface HeldIndex {
  /** Undefined where there is none. */
  readonly entries: readonly IndexEntry[] | undefined;
  /** When it was written, in ms; 0 where there is none. */
  readonly time: number;
  /** Puts another one in its place. Called once at most. */
  write(entries: readonly IndexEntry[]): Promise<void>;
}

/**
 * @param gitdir the repository.
 * @param use does something while the index is held; it is as before where that fails.
 * @returns what `use` returns.
 * @throws GitWsError INDEX_LOCKED, UNREADABLE_INDEX; what `use` and the file system throw.
 */
export async function holdIndex<Result>(
  fs: PromiseFileSystem,
  gitdir: string,
  use: (held: HeldIndex) => Promise<Result>,
): Promise<Result> {
  const path = `${gitdir}/index`;
  return holdFile(fs, path, locked, async (held) => {
    const stat = (await fs.stat(path).catch(isMissing)) as { readonly mtimeMs: number } | false;
    const bytes = stat === false ? undefined : ((await fs.readFile(path)) as Uint8Array);
    return use({
      entries: bytes && parseIndex(bytes),
      time: stat === false ? 0 : stat.mtimeMs,
      write: (entries) => held.replace(formatIndex(entries)),
    });
  });
}

function locked(path: string): GitWsError {
  const message =
    'Another program is changing the index, or was interrupted while it did: in the latter case ' +
    `remove ${path}.`;
  return new GitWsError('INDEX_LOCKED', message, { data: { path } });
}
