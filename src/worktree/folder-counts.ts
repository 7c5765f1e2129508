/** Where the files of folders have gone that one side of a merge has not any more (diffcore-rename.c). Pure. */
import { folderOf, nameOf } from '../base/folders.js';
import type { FolderRelevance } from './rename-candidates.js';
import type { TreeFile } from './tree-files.js';

/** A file, and what it was renamed from. */
export interface Rename {
  readonly source: TreeFile;
  readonly target: TreeFile;
}

/** Stands for a place that is not known yet; no folder has such a name. */
const unknown = '/';

/** Counts renames, by the folders that they lead from and to. */
export class FolderCounts {
  readonly #gone: Map<string, FolderRelevance>;
  readonly #counts = new Map<string, Map<string, number>>();

  /** @param gone folders that this side has not any more; learns which are settled. */
  constructor(gone: Map<string, FolderRelevance>) {
    this.#gone = gone;
  }

  /** `a/b/c/f` that is `a/x/b/c/f` now has moved `a/b/c`, and `a/b` as well, but not `a`. */
  add({ source, target }: Rename): void {
    let [from, to] = [source.path, target.path];
    for (let isFirst = true; ; isFirst = false) {
      const names = [nameOf(from), nameOf(to)];
      // The file itself may have another name.
      if (!isFirst && names[0] !== names[1]) return;
      [from, to] = [folderOf(from), folderOf(to)];
      const relevance = this.#gone.get(from);
      if (relevance === undefined) return;
      if (relevance === 'self' || isFirst) this.#increment(from, to);
      if (relevance === 'none' || from === '' || to === '') return;
    }
  }

  /** @returns where a folder's files have gone, as far as it is known: most of them. */
  guesses(): Map<string, string> {
    const guesses = new Map<string, string>();
    for (const [from, counts] of this.#counts) {
      let most = 0;
      for (const [to, count] of counts) {
        if (count <= most) continue;
        most = count;
        guesses.set(from, to);
      }
    }
    return guesses;
  }

  /** Finds folders of which so many files are known that the `others` cannot change where most have gone. */
  settle(others: readonly TreeFile[]): void {
    for (const { path } of others) {
      let folder = folderOf(path);
      while (folder !== '' && (this.#gone.get(folder) ?? 'none') !== 'none') {
        this.#increment(folder, unknown);
        folder = folderOf(folder);
      }
    }
    for (const [folder, counts] of this.#counts) {
      const known = [...counts].filter(([to]) => to !== unknown).map(([, count]) => count);
      const [first = 0, second = 0] = known.sort((one, other) => other - one);
      const isSettled = first > second + (counts.get(unknown) ?? 0);
      if (isSettled && this.#gone.get(folder) === 'self') this.#gone.set(folder, 'above');
    }
  }

  /** @returns whether the place of a file is asked for by no folder any more. */
  isSettled({ path }: TreeFile): boolean {
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      const relevance = this.#gone.get(folder) ?? 'none';
      if (relevance !== 'above') return relevance === 'none';
    }
  }

  /** @returns of each folder to how many others its files have gone, and how many to each. */
  renamed(): Map<string, ReadonlyMap<string, number>> {
    const all = new Map<string, ReadonlyMap<string, number>>();
    for (const [folder, counts] of this.#counts) {
      counts.delete(unknown);
      if ((this.#gone.get(folder) ?? 'none') !== 'none') all.set(folder, counts);
    }
    return all;
  }

  #increment(from: string, to: string): void {
    const counts = this.#counts.get(from) ?? new Map<string, number>();
    counts.set(to, (counts.get(to) ?? 0) + 1);
    this.#counts.set(from, counts);
  }
}
