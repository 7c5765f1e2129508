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
    const before = bytes && parseIndex(bytes);
    const time = stat === false ? 0 : stat.mtimeMs;
    return use({
      ...{ entries: before, time },
      write: (entries) => held.replace(formatIndex(smudged(entries, before, time))),
    });
  });
}

/**
 * An entry that is as old as the index before may be of a file that has changed since, unseen: the newer index would
 * say that it has not. Its size becomes 0, so that the file is read the next time (git's
 * `ce_smudge_racily_clean_entry`). Whole seconds count, since git as it is usually built compares no more. What was
 * kept is known by its `stat`, which is the very object then.
 */
function smudged(
  entries: readonly IndexEntry[],
  before: readonly IndexEntry[] | undefined,
  time: number,
): readonly IndexEntry[] {
  const old = new Set(before?.map(({ stat }) => stat));
  return entries.map((entry) => {
    const { stat } = entry;
    const isRacy = stat.size > 0 && old.has(stat) && stat.mtimeSeconds >= Math.floor(time / 1_000);
    return isRacy ? { ...entry, stat: { ...stat, size: 0 } } : entry;
  });
}

function locked(path: string): GitWsError {
  const message =
    'Another program is changing the index, or was interrupted while it did: in the latter case ' +
    `remove ${path}.`;
  return new GitWsError('INDEX_LOCKED', message, { data: { path } });
}
