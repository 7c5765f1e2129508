/** The index while it is being changed: read, held by `index.lock` as git holds it, and written once. */
import { GitWsError } from '../base/errors.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import { isMissing } from '../storage/file-system.js';
import { takeLock } from '../storage/lock-file.js';
import { expectWhole, moveFile } from '../storage/whole-file.js';
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
  const lock = `${path}.lock`;
  if (!(await takeLock(fs, lock))) {
    const message =
      'Another program is changing the index, or was interrupted while it did: in the latter case ' +
      `remove ${lock}.`;
    throw new GitWsError('INDEX_LOCKED', message, { data: { path: lock } });
  }
  let isDone = false;
  try {
    const stat = (await fs.stat(path).catch(isMissing)) as { readonly mtimeMs: number } | false;
    const bytes = stat === false ? undefined : ((await fs.readFile(path)) as Uint8Array);
    return await use({
      entries: bytes && parseIndex(bytes),
      time: stat === false ? 0 : stat.mtimeMs,
      write: async (entries) => {
        const made = formatIndex(entries);
        const target = fs.rename === undefined ? path : lock;
        await fs.writeFile(target, made);
        await expectWhole(fs, target, made.length);
        if (fs.rename === undefined) return;
        await moveFile(fs, lock, path);
        isDone = true;
      },
    });
  } finally {
    if (!isDone) await fs.unlink(lock).catch(() => undefined);
  }
}
