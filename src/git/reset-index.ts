/** `git reset -- <paths>`: what is staged of files goes back to what a commit has. */
import * as isomorphicGit from 'isomorphic-git';
import { foldersOf, foldersOfAll } from '../base/folders.js';
import { useFileSystem } from '../base/failure.js';
import { holdIndex } from '../repository/held-index.js';
import { pathOf, type IndexEntry } from '../repository/index-file.js';
import { promisesOf } from '../storage/file-system.js';
import { withoutRacy } from '../worktree/racy-entries.js';
import { WorkTree } from '../worktree/work-tree.js';
import { entryOf, noStat } from '../worktree/write-out.js';
import { committedAt } from './committed.js';
import type { ConfigAt } from './config.js';
import { repositoryAt } from './index-entries.js';
import { failureOf } from './outcome.js';

type Given = Parameters<typeof isomorphicGit.resetIndex>[0];

/** Undefined where the commit has no such file. */
type Committed = Awaited<ReturnType<typeof committedAt>>;

/**
 * isomorphic-git's, which forgets that a file is executable, or a link. Takes several paths as well: the index is
 * written once for all of them. No file is touched. What is outside of a sparse checkout stays outside, and a submodule
 * stays one.
 *
 * @throws what isomorphic-git's throws; GitWsError INDEX_LOCKED, UNREADABLE_INDEX.
 */
export async function resetIndex(
  given: Omit<Given, 'filepath'> & { filepath: string | string[] },
): Promise<void> {
  const { filepath, ...common } = given;
  await reset(common, [filepath].flat()).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function reset(given: Omit<Given, 'filepath'>, paths: readonly string[]): Promise<void> {
  const at = await repositoryAt(given);
  if (at === undefined) {
    // A linked worktree.
    for (const filepath of paths) await isomorphicGit.resetIndex({ ...given, filepath });
    return;
  }
  const wanted = new Map<string, Committed>();
  for (const path of paths) wanted.set(path, await commitHas(given, path));
  await useFileSystem(() => writeEntries(at, given.dir ?? '', wanted));
}

/** @returns undefined where HEAD has no commit yet, too. */
async function commitHas(given: Omit<Given, 'filepath'>, filepath: string): Promise<Committed> {
  return committedAt({ ...given, filepath }).catch((error: unknown) => {
    const { code } = (error ?? {}) as { code?: unknown };
    if (code === 'NotFoundError' && given.ref === undefined) return undefined;
    throw error;
  });
}

async function writeEntries(
  { fs, gitdir }: ConfigAt,
  dir: string,
  wanted: ReadonlyMap<string, Committed>,
): Promise<void> {
  const plain = promisesOf(fs);
  await holdIndex(plain, gitdir, async (held) => {
    const before = held.entries ?? [];
    const fresh = new Map<string, IndexEntry>();
    for (const [path, committed] of wanted) {
      if (committed === undefined) continue;
      fresh.set(
        path,
        entryOf({ name: new TextEncoder().encode(path), path, ...committed }, noStat),
      );
    }
    const folders = foldersOfAll(fresh.keys());
    const isInTheWay = (path: string): boolean =>
      folders.has(path) || foldersOf(path).some((folder) => fresh.has(folder));
    const kept = before.filter((entry) => {
      const path = pathOf(entry);
      if (!wanted.has(path)) return !isInTheWay(path);
      keepWhatIsKnown(fresh, path, entry);
      return false;
    });
    const others = await withoutRacy(kept, held, new WorkTree(plain, dir, held.time));
    await held.write([...others, ...fresh.values()]);
  });
}

/** What the entry before says of the file is true of the same contents alone; whether it is outside, of any. */
function keepWhatIsKnown(fresh: Map<string, IndexEntry>, path: string, before: IndexEntry): void {
  const entry = fresh.get(path);
  if (entry === undefined || before.stage !== 0) return;
  const { skipWorktree, assumeValid, stat } = before;
  const isSame = entry.oid === before.oid && entry.mode === before.mode;
  fresh.set(path, { ...entry, skipWorktree, assumeValid, ...(isSame && { stat }) });
}
