/**
 * What becomes of a path that would be two things: a folder keeps its name, and the file goes aside, to
 * `path~branch`; so does a file in the place of a link or of a submodule (merge-ort.c, `process_entry`). Pure.
 */
import { foldersOfAll } from '../base/folders.js';
import type {
  Changed,
  Files,
  HalfRemoved,
  MergedPaths,
  MergedTrees,
  Versions,
} from './merge-trees.js';
import { isSafePath } from './path-rules.js';
import { isFile, isSameKind, modes, type TreeFile } from './tree-files.js';

/** What was merged, each file where its side has it. */
interface Merging {
  readonly base: Files;
  readonly ours: Files;
  readonly theirs: Files;
  /** What the sides are called. */
  readonly labels: { readonly ours: string; readonly theirs: string };
  /** As `mergeTrees` was told. */
  readonly isVirtual: boolean;
}

/** @param merged what was merged path by path. @returns the same, in which each path is one thing. */
export function withoutClashes(merged: MergedPaths, merging: Merging): MergedTrees {
  const { inTheWay, distinct } = merged;
  if (inTheWay.size === 0 && distinct.length === 0) return merged;
  const aside = new Aside(merged, merging);
  const moved = <Kind extends Versions>(all: readonly Kind[]): Kind[] =>
    all.map((each) => (inTheWay.has(each.path) ? aside.besideFolder(each) : each));
  const files = new Map(merged.files);
  const halfRemoved = moved(merged.halfRemoved);
  for (const path of inTheWay) {
    const left = merged.files.get(path);
    if (left === undefined) continue;
    files.delete(path);
    const one = aside.alone(path, left);
    if (merging.isVirtual) files.set(one.path, one.left);
    else halfRemoved.push(one);
  }
  halfRemoved.push(...moved(distinct).flatMap((each) => aside.apart(each)));
  return { files, changed: moved(merged.changed), halfRemoved };
}

/** Gives other names to what cannot stay where it is. */
class Aside {
  readonly #labels: Merging['labels'];
  /** All that is anywhere: nothing takes the name of another one. */
  readonly #taken = new Set<string>();
  readonly #ourFolders: ReadonlySet<string>;

  constructor(merged: MergedPaths, { base, ours, theirs, labels }: Merging) {
    this.#labels = labels;
    const others = [merged.changed, merged.distinct, merged.halfRemoved].flat();
    for (const path of [...merged.files.keys(), ...others.map((each) => each.path)]) {
      this.#taken.add(path);
    }
    this.#ourFolders = foldersOfAll(ours.keys());
    const before = [base, ours, theirs].flatMap((files) => [...files.keys()]);
    for (const path of [...before, ...foldersOfAll(before)]) this.#taken.add(path);
  }

  /** @returns a file in whose place there is a folder, which is called after the side that has the file. */
  besideFolder<Kind extends Versions>(versions: Kind): Kind & Pick<Changed, 'asideOf'> {
    const asideOf = this.#ourFolders.has(versions.path) ? 'theirs' : 'ours';
    return { ...this.#renamed(versions, asideOf), asideOf };
  }

  /** @returns a file that is merged, in whose place there is a folder: it counts as that of one side. */
  alone(path: string, left: TreeFile): HalfRemoved & { readonly left: TreeFile } {
    const none = { path, base: undefined, ours: undefined, theirs: undefined };
    const side = this.#ourFolders.has(path) ? 'theirs' : 'ours';
    return this.besideFolder({ ...none, [side]: left, left });
  }

  /** @returns either side of what is a file in one, and a link or a submodule in the other: a file goes aside. */
  apart({ path, base, ours, theirs }: Changed): HalfRemoved[] {
    const alone = (left: TreeFile) => ({
      ...{ path, left, ours: undefined, theirs: undefined },
      base: base && isSameKind(base, left) ? base : undefined,
    });
    const [here, there] = [
      { ...alone(ours), ours },
      { ...alone(theirs), theirs },
    ];
    const stays = isFile(ours) ? there : isFile(theirs) ? here : undefined;
    return [
      here === stays ? here : this.#renamed(here, 'ours'),
      there === stays ? there : this.#renamed(there, 'theirs'),
    ];
  }

  #renamed<Kind extends Versions & Partial<HalfRemoved>>(
    versions: Kind,
    side: 'ours' | 'theirs',
  ): Kind {
    const { path, base, ours, theirs, left } = versions;
    const isLink = [ours, theirs].some((file) => file?.mode === modes.symlink);
    const end = this.#endFor(path, side, isLink);
    const named = <File extends TreeFile | undefined>(file: File): File =>
      file && {
        ...file,
        name: Uint8Array.of(...file.name, ...new TextEncoder().encode(end)),
        path: `${file.path}${end}`,
      };
    return {
      ...versions,
      ...{ path: `${path}${end}`, base: named(base), ours: named(ours), theirs: named(theirs) },
      ...(left === undefined ? {} : { left: named(left) }),
    };
  }

  /** @returns what makes a path one that nothing has, and that may be written wherever a repository is copied to. */
  #endFor(path: string, side: 'ours' | 'theirs', isLink: boolean): string {
    // Letters that no branch has, but for the slash, would be looked at by file systems.
    const first = `~${this.#labels[side].replace(/[/\\:]/g, '_')}`;
    const isFree = (end: string): boolean =>
      !this.#taken.has(`${path}${end}`) && isSafePath(`${path}${end}`, isLink);
    let end = first;
    for (let count = 0; !isFree(end); count += 1) end = `${first}_${count}`;
    this.#taken.add(`${path}${end}`);
    return end;
  }
}
