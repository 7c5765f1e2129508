/**
 * What may have been renamed on one side of a merge: what it has removed of the base, what it has added, and of which of
 * it a rename would matter (merge-ort.c, `collect_rename_info`). Pure.
 */
import { compareBytes } from '../base/compare-bytes.js';
import { folderOf, foldersOfAll } from '../base/folders.js';
import type { Files } from './merge-trees.js';
import { isSame, type TreeFile } from './tree-files.js';

/** Why it matters whether a file was renamed: the other side has changed it, or what lies beside it may follow it. */
export type Relevance = 'content' | 'location';

/** Whether it matters where a folder has gone: for what was added in it, for a folder above it, or not. */
export type FolderRelevance = 'self' | 'above' | 'none';

/** What is compared on one side. */
export interface Candidates {
  /** In the order of their names, as all lists here. */
  readonly removed: readonly TreeFile[];
  readonly added: readonly TreeFile[];
  /** By paths of what was removed; nothing for what does not matter. */
  readonly relevance: ReadonlyMap<string, Relevance>;
  /** The folders that this side has not any more. */
  readonly gone: Map<string, FolderRelevance>;
}

/** @param side of which it is told. */
export function renameCandidates(base: Files, side: Files, other: Files): Candidates {
  const [removed, added] = [without(base, side), without(side, base)];
  const relevance = new Map<string, Relevance>();
  const gone = new Map<string, FolderRelevance>();
  if (removed.length === 0) return { removed, added, relevance, gone };
  const folders = new GoneFolders(base, side, other);
  for (const { path } of removed) {
    const hasMoved = folders.visit(folderOf(path), gone);
    const isChanged = !isSame(base.get(path), other.get(path));
    if (isChanged) relevance.set(path, 'content');
    else if (hasMoved) relevance.set(path, 'location');
  }
  return { removed, added, relevance, gone };
}

function without(files: Files, others: Files): TreeFile[] {
  const left = [...files.values()].filter(({ path }) => !others.has(path));
  return left.sort((one, another) => compareBytes(one.name, another.name));
}

/** Says of folders of the base whether they are gone, and whether it matters. */
class GoneFolders {
  readonly #side: ReadonlySet<string>;
  /** Folders of the other side in which it has added files. */
  readonly #grown: ReadonlySet<string>;
  /** Whether it matters where what is in a folder has gone. */
  readonly #known = new Map<string, boolean>([['', false]]);

  constructor(base: Files, side: Files, other: Files) {
    this.#side = foldersOfAll(side.keys());
    this.#grown = new Set([...other.keys()].filter((path) => !base.has(path)).map(folderOf));
  }

  /** @param gone learns of it and of those above. @returns whether it matters where files of it have gone. */
  visit(folder: string, gone: Map<string, FolderRelevance>): boolean {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const above = this.visit(folderOf(folder), gone);
    const isGone = !this.#side.has(folder);
    const isGrown = isGone && this.#grown.has(folder);
    if (isGone) gone.set(folder, isGrown ? 'self' : above ? 'above' : 'none');
    const matters = isGone && (above || isGrown);
    this.#known.set(folder, matters);
    return matters;
  }
}
