/** Looking at files again, all of them or one, without losing sight of edits that are not saved. */
import { batch } from '@preact/signals';
import type { Repository } from '../repository/repository.js';
import type { FileEntry } from '../worker/status.js';
import { files, unsaved } from './session.js';

/** Looks at all files. @returns them by their paths. */
export async function scanAll(repository: Repository): Promise<ReadonlyMap<string, FileEntry>> {
  const { git, dir } = repository;
  const entries = await git.scanFiles({ dir });
  return withUnsaved(new Map(entries.map((entry) => [entry.path, entry])));
}

/**
 * Looks at one path again: much faster than at all of them.
 *
 * @param also what changes together with it, so that no state in between is seen.
 */
export async function scanAgain(
  repository: Repository,
  path: string,
  also?: () => void,
): Promise<void> {
  const { git, dir } = repository;
  const found = await git.scanFiles({ dir, under: path });
  batch(() => {
    also?.();
    const next = new Map(files.value);
    next.delete(path);
    for (const entry of found) next.set(entry.path, entry);
    files.value = withUnsaved(next);
  });
}

/** A file that was deleted under its edits, in another tab or by a pull, stays to be seen. */
function withUnsaved(found: Map<string, FileEntry>): Map<string, FileEntry> {
  for (const path of unsaved.value) {
    const entry = found.get(path);
    if (entry === undefined) {
      const status = 'added';
      found.set(path, { path, kind: 'file', status, staged: 'same', unstaged: status });
    } else if (entry.status === 'deleted') {
      const unstaged = entry.unstaged === 'deleted' ? 'modified' : 'added';
      found.set(path, { ...entry, status: 'modified', unstaged });
    }
  }
  return found;
}
