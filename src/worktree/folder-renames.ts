/**
 * Folders that one side of a merge has renamed: what the other side has put into one of them goes along (merge-ort.c,
 * "directory rename detection"). Pure.
 */
import { folderOf, foldersOfAll } from '../base/folders.js';
import type { Rename } from './folder-counts.js';
import type { Renames } from './renames.js';
import type { TreeFile } from './tree-files.js';

/** What is merged, in the making. */
export interface RenamedSides {
  readonly base: Map<string, TreeFile>;
  /** Ours, and theirs. */
  readonly sides: readonly [Map<string, TreeFile>, Map<string, TreeFile>];
  /** Paths that are to be resolved, whatever becomes of the content. */
  readonly torn: Set<string>;
  /** Where each version of a path was, as base, ours, theirs; nothing where all were there. */
  readonly names: Map<string, readonly [string, string, string]>;
  /** Paths of conflicts that leave nothing to be resolved. */
  readonly unclear: Set<string>;
}

/** What one side has renamed, and what it has added beside. */
export interface SideRenames extends Renames {
  readonly added: readonly TreeFile[];
}

type Places = ReadonlyMap<string, string>;

/**
 * Moves what was added to where its folder is.
 *
 * @param to learns of it.
 * @param isConflict whether each is to be looked at: `merge.directoryRenames=conflict`.
 * @returns the renames of both sides.
 */
export function followFolders(
  to: RenamedSides,
  found: readonly [SideRenames, SideRenames],
  isConflict: boolean,
): [readonly Rename[], readonly Rename[]] {
  const places = found.map(({ folders }) => placesOf(folders, to.unclear));
  const [ours = new Map<never, never>(), theirs = new Map<never, never>()] = places;
  for (const folder of [...ours.keys()].filter((each) => theirs.has(each))) {
    ours.delete(folder);
    theirs.delete(folder);
  }
  if (ours.size === 0 && theirs.size === 0) return [found[0].files, found[1].files];
  const movers = [
    new Mover(to, { side: 0, of: found[0], places: theirs, own: ours, isConflict }),
    new Mover(to, { side: 1, of: found[1], places: ours, own: theirs, isConflict }),
  ] as const;
  const [mine, others] = movers;
  return [mine.move(others), others.move(mine)];
}

/** @returns where each folder has gone: where most of its files are. @param split gets those of which nobody can say. */
function placesOf(folders: Renames['folders'], split: Set<string>): Map<string, string> {
  const places = new Map<string, string>();
  for (const [from, counts] of folders) {
    const most = Math.max(0, ...counts.values());
    const [to, another] = [...counts].flatMap(([each, count]) => (count === most ? [each] : []));
    if (to === undefined) continue;
    if (another === undefined) places.set(from, to);
    else split.add(from);
  }
  return places;
}

interface Moves {
  readonly side: 0 | 1;
  readonly of: SideRenames;
  /** Where the other side has folders, and where this one has. */
  readonly places: Places;
  readonly own: Places;
  readonly isConflict: boolean;
}

/** Moves what one side has added. */
class Mover {
  readonly #to: RenamedSides;
  readonly #moves: Moves;
  readonly #files: Map<string, TreeFile>;
  /** Of each path that something would be moved to, whence. */
  readonly #wanted = new Map<string, string[]>();
  readonly #folders: ReadonlySet<string>;

  constructor(to: RenamedSides, moves: Moves) {
    this.#to = to;
    this.#moves = moves;
    this.#files = to.sides[moves.side];
    this.#folders = foldersOfAll(this.#files.keys());
    for (const { path } of [...moves.of.added, ...moves.of.files.map(({ target }) => target)]) {
      const place = this.#placeOf(path);
      if (place === undefined) continue;
      const wanted = this.#wanted.get(place.path);
      if (wanted === undefined) this.#wanted.set(place.path, [path]);
      else wanted.push(path);
    }
  }

  /** @returns the renames, to where they lead now. */
  move(other: Mover): Rename[] {
    for (const { path } of this.#moves.of.added) this.#moveOne(path, undefined, other);
    return this.#moves.of.files.map((rename) => {
      const target = this.#moveOne(rename.target.path, rename.source.path, other);
      return target === undefined ? rename : { ...rename, target };
    });
  }

  #moveOne(path: string, source: string | undefined, other: Mover): TreeFile | undefined {
    const place = this.#placeOf(path);
    const file = this.#files.get(path);
    if (place === undefined || file === undefined || other.#wanted.has(path)) return undefined;
    // This side has renamed the folder in its turn.
    if (this.#moves.own.has(place.folder)) return undefined;
    const { base, torn, unclear } = this.#to;
    const isThere = this.#files.has(place.path) || this.#folders.has(place.path);
    const isAnothers = base.has(place.path) && source !== place.path;
    const isOnly = this.#wanted.get(place.path)?.length === 1;
    if (isThere || isAnothers || !isOnly) {
      unclear.add(place.path);
      return undefined;
    }
    this.#name(path, place.path);
    const moved = { ...file, path: place.path, name: new TextEncoder().encode(place.path) };
    this.#files.delete(path);
    this.#files.set(place.path, moved);
    if (this.#moves.isConflict) torn.add(place.path);
    return moved;
  }

  /** Keeps in mind where it was. */
  #name(from: string, to: string): void {
    const { base, sides, names } = this.#to;
    const isNew = !base.has(to) && sides.every((files) => !files.has(to));
    const all = isNew ? [from, from, from] : [...(names.get(to) ?? [to, to, to])];
    all[this.#moves.side + 1] = from;
    const [first = to, second = to, third = to] = all;
    names.set(to, [first, second, third]);
  }

  /** @returns where a path would be; undefined where its folder has not gone. */
  #placeOf(path: string): { readonly path: string; readonly folder: string } | undefined {
    // What is no UTF-8 cannot be named anew.
    if (path.includes('\ufffd')) return undefined;
    for (let above = folderOf(path); above !== ''; above = folderOf(above)) {
      const folder = this.#moves.places.get(above);
      if (folder === undefined) continue;
      const rest = path.slice(above.length + 1);
      return { folder, path: folder === '' ? rest : `${folder}/${rest}` };
    }
    return undefined;
  }
}
