/** `git stash apply`: a merge of what was stashed into what the index has (builtin/stash.c, `do_apply_stash`). */
import { GitWsError } from '../../base/errors.js';
import { useFileSystem } from '../../base/failure.js';
import { callersSlice, Pace } from '../../pack/index/pace.js';
import { pathOf, type IndexEntry } from '../../repository/index-file.js';
import { StoredObjects } from '../../repository/stored-objects.js';
import { checkoutTree, type Decision } from '../../worktree/checkout.js';
import type { Files } from '../../worktree/merge-trees.js';
import { isSame, type TreeFile } from '../../worktree/tree-files.js';
import { indexStatOf, type FileStat } from '../../worktree/work-tree.js';
import { entryOf, noStat } from '../../worktree/write-out.js';
import { fileTrust } from '../config.js';
import { writeContents } from '../merge-commits.js';
import { followingOf } from '../follow-renames.js';
import type { MergedFiles } from '../merge-contents.js';
import { MergeDrivers } from '../merge-drivers.js';
import { mergeFiles, type FilesOptions } from '../merge-files.js';
import { readCone } from '../sparse-state.js';
import type { StashHow } from './arguments.js';
import { readStash } from './stash-commit.js';
import { areSame, clashes, entriesByPath, fileOf, filesIn, filesOf } from './stash-entries.js';

/**
 * @param oid of the stash's commit.
 * @throws isomorphic-git's MergeConflictError once the conflicts are there, and the others of `stash`, of which nothing
 *   has changed.
 */
export async function applyStash(given: StashHow, oid: string): Promise<void> {
  const { at, dir, signal, promisor } = given;
  const pace = new Pace(callersSlice, signal);
  const objects = new StoredObjects(at.fs, at.gitdir, { pace, blobs: true, promisor, signal });
  let conflict: Error | undefined;
  try {
    await checkoutTree({
      ...{ ...at, dir, promisor, signal },
      trust: await fileTrust(at),
      cone: await useFileSystem(() => readCone(at)),
      decide: async (index) => {
        const application = await Application.of({ ...given, pace }, oid, objects, index);
        conflict = application.conflict;
        return application.decision();
      },
    });
  } finally {
    pace.close();
    await objects.close();
  }
  if (conflict !== undefined) throw conflict;
}

/** A stash and an index, merged. */
class Application {
  readonly #index: ReadonlyMap<string, IndexEntry>;
  readonly #merged: MergedFiles;
  /** What is to be staged; undefined where what was staged is not asked for. */
  readonly #staged: Files | undefined;
  /** Files that git did not know. */
  readonly #untracked: Files;

  static async of(
    { at, dir, pace, restoreIndex = false }: StashHow & { readonly pace: Pace },
    oid: string,
    objects: StoredObjects,
    index: readonly IndexEntry[],
  ): Promise<Application> {
    const entries = entriesByPath(index);
    const trees = await readStash(objects, oid);
    const read = async (tree: string | undefined): Promise<Files> =>
      tree === undefined ? new Map<never, never>() : filesIn(objects, tree);
    const [base, ours] = [await read(trees.base), filesOf(entries)];
    const labels = {
      ours: areSame(base, ours) ? 'Version stash was based on' : 'Updated upstream',
      theirs: 'Stashed changes',
    };
    const merge = async (tree: string, how: Omit<FilesOptions, 'labels'>): Promise<MergedFiles> => {
      const theirs = await read(tree);
      return mergeFiles({ base, ours, theirs }, objects, { ...how, labels });
    };
    const drivers = new MergeDrivers({ ...at, dir });
    const merged = await merge(trees.worktree, { following: followingOf(at, pace), drivers });
    // A patch, as git has it, knows paths and lines alone, and `git diff` compares by Myers' algorithm.
    const staged = restoreIndex ? await merge(trees.index, { algorithm: 'myers' }) : undefined;
    if (staged?.isClean === false) throw inTheWay([...staged.stages.keys()]);
    await writeContents(at, merged);
    if (staged !== undefined) await writeContents(at, staged);
    return new Application(entries, merged, staged?.files, await read(trees.untracked));
  }

  private constructor(
    index: ReadonlyMap<string, IndexEntry>,
    merged: MergedFiles,
    staged: Files | undefined,
    untracked: Files,
  ) {
    this.#index = index;
    this.#merged = merged;
    this.#staged = staged;
    this.#untracked = untracked;
  }

  get conflict(): Error | undefined {
    return this.#merged.isClean ? undefined : this.#merged.error;
  }

  /** @throws GitWsError CheckoutConflictError where something is in the place of what git did not know. */
  decision(): Decision {
    const files = new Map(this.#merged.files);
    for (const [path, entry] of this.#index) {
      if (entry.intentToAdd && !files.has(path)) files.set(path, fileOf(path, entry));
    }
    const added = [...this.#untracked].filter(([path, file]) => !isSame(files.get(path), file));
    const paths = added.map(([path]) => path);
    const barred = [...paths.filter((path) => files.has(path)), ...clashes(paths, files.keys())];
    if (barred.length > 0) throw inTheWay(barred);
    for (const [path, file] of added) files.set(path, file);
    const aside = new Set(paths);
    return {
      ...{ known: [...this.#index.values()], files, stages: this.#merged.stages, isSeen: true },
      stage: (entries) => this.#stage(entries.filter((entry) => !aside.has(pathOf(entry)))),
    };
  }

  /** As git does: what is new is staged, and nothing else, unless there are conflicts, or it was asked for. */
  #stage(entries: readonly IndexEntry[]): readonly IndexEntry[] {
    if (this.conflict !== undefined) return entries;
    const merged = new Map(entries.map((entry) => [pathOf(entry), entry]));
    if (this.#staged !== undefined) return [...this.#staged.values()].map(entryFrom(merged));
    const before = new Map<string, IndexEntry>();
    for (const [path, entry] of this.#index) {
      const now = merged.get(path);
      const changed = { ...entry, skipWorktree: false, stat: indexStatOf(noStat as FileStat) };
      before.set(path, now !== undefined && isSame(now, entry) ? now : changed);
    }
    const fresh = [...merged].filter(([path]) => !before.has(path));
    // Of a file in the place of a folder, what is new counts.
    for (const path of clashes(
      before.keys(),
      fresh.map(([each]) => each),
    ))
      before.delete(path);
    return [...before.values(), ...fresh.map(([, entry]) => entry)];
  }
}

/** @returns what makes an entry of a file, with what is known of it. */
function entryFrom(known: ReadonlyMap<string, IndexEntry>): (file: TreeFile) => IndexEntry {
  return (file) => {
    const entry = known.get(file.path);
    return entry !== undefined && isSame(entry, file) ? entry : entryOf(file, noStat);
  };
}

function inTheWay(filepaths: readonly string[]): GitWsError {
  const all = [...new Set(filepaths)].sort();
  const message = `What was stashed cannot be there beside what is: ${all.join(', ')}.`;
  return new GitWsError('CheckoutConflictError', message, { data: { filepaths: all } });
}
