/**
 * Files whose executable bit, or that they are links, a file system cannot keep (`core.filemode`,
 * `core.symlinks`): those are what the index says (read-cache.c, `ce_mode_from_stat`). isomorphic-git
 * believes the file system, and its `add` has them lose the bit, or makes files of links.
 */
import type { IndexEntry } from '../repository/index-file.js';
import { callsOf, fileSystemCommands } from '../storage/file-system.js';
import { modeSeen, type FileStat } from '../worktree/work-tree.js';
import { fileTrust, type ConfigAt } from './config.js';
import { pathIn } from './fetch.js';
import { readIndex, repositoryAt, type Where } from './index-entries.js';

/** @returns the file system, with the modes of the index where it has none. @throws what `fs` throws. */
export async function withKnownModes(given: Where): Promise<ConfigAt['fs']> {
  const { fs, dir = '' } = given;
  const at = await repositoryAt(given);
  const trust = at && (await fileTrust(at));
  if (at === undefined || trust === undefined || (trust.bits && trust.links)) return fs;
  const known = new Map<string, IndexEntry>();
  for (const entry of await readIndex(at)) {
    if (entry.stage === 0) known.set(pathIn(dir, entry.path), entry);
  }
  const calls = callsOf(fs, fileSystemCommands);
  const lstat = async (path: unknown, ...rest: unknown[]): Promise<unknown> => {
    const stat = (await calls['lstat']?.(path, ...rest)) as FileStat;
    if (!stat.isFile()) return stat;
    const mode = modeSeen(stat, known.get(String(path))?.mode, trust);
    // A link is a file here, of which the contents are read; only its mode is another.
    const facts = {
      mode,
      isFile: () => true,
      isSymbolicLink: () => false,
      isDirectory: () => false,
    };
    return Object.assign(Object.create(stat), facts);
  };
  return { promises: { ...calls, lstat } as never };
}
