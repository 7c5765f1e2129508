/**
 * What is merged once renames are followed: each version of a file at the path where it is to be (merge-ort.c,
 * `process_renames`).
 */
import { compareBytes } from '../base/compare-bytes.js';
import type { Rename } from '../worktree/folder-counts.js';
import type { RenamedSides } from '../worktree/folder-renames.js';
import { modeOf } from '../worktree/merge-trees.js';
import { isFile, isSame, type TreeFile } from '../worktree/tree-files.js';
import type { Contents } from './contents.js';

type Side = 0 | 1;

interface SideRename extends Rename {
  readonly side: Side;
}

/** A file of one side or of both, and where each has it. */
interface Version extends Pick<TreeFile, 'mode' | 'oid'> {
  readonly isConflict: boolean;
}

/** Letters that the marks of a file have more which is to be at two paths, or is merged with another one. */
const longer = 1;

/**
 * Moves what each side has renamed.
 *
 * @param to is changed.
 * @param renames ours and theirs.
 * @throws as `mergeContents`.
 */
export async function moveRenamed(
  to: RenamedSides,
  renames: readonly [readonly Rename[], readonly Rename[]],
  contents: Contents,
): Promise<void> {
  const all = renames.flatMap((own, side) =>
    own.map((rename): SideRename => ({ ...rename, side: side === 0 ? 0 : 1 })),
  );
  // Ours first, where both have renamed it.
  all.sort((one, other) => compareBytes(one.source.name, other.source.name));
  const moves = new Moves(to, contents);
  for (let at = 0; at < all.length; at += 1) {
    const [own, next] = [all[at], all[at + 1]];
    if (own === undefined) continue;
    if (next?.source.path !== own.source.path) await moves.one(own);
    else {
      await moves.both(own, next);
      at += 1;
    }
  }
}

class Moves {
  readonly #to: RenamedSides;
  readonly #contents: Contents;

  constructor(to: RenamedSides, contents: Contents) {
    this.#to = to;
    this.#contents = contents;
  }

  /** What one side has renamed. */
  async one({ source, target, side }: SideRename): Promise<void> {
    const { base, sides, torn } = this.#to;
    const other = sides[side === 0 ? 1 : 0];
    const [from, to] = [source.path, target.path];
    // It came back with its folder.
    if (from === to) return;
    const changed = other.get(from);
    const isOther = changed !== undefined && isFile(changed) !== isFile(target);
    if (other.has(to) && !isOther) {
      // Something else is there, with which it is merged then.
      if (changed === undefined) torn.add(to);
      else await this.#mergeAside({ source, target, side }, changed);
    } else {
      base.set(to, movedTo(target, source));
      if (changed === undefined) torn.add(to);
      else if (!isOther) other.set(to, movedTo(target, changed));
      this.#name(to, from, changed === undefined || isOther ? undefined : side);
    }
    base.delete(from);
    if (!isOther) other.delete(from);
  }

  /** What both have renamed. */
  async both(ours: SideRename, theirs: SideRename): Promise<void> {
    const { base, sides, torn } = this.#to;
    const { source } = ours;
    if (ours.target.path === theirs.target.path) {
      base.set(ours.target.path, movedTo(ours.target, source));
      base.delete(source.path);
      return;
    }
    const names = [source.path, ours.target.path, theirs.target.path] as const;
    const versions = { base: source, ours: ours.target, theirs: theirs.target };
    const merged = await this.#merge(names, versions);
    // What cannot be merged is at each path as its side has it.
    const isKept =
      merged.isConflict && merged.oid === ours.target.oid && merged.mode === ours.target.mode;
    sides[0].set(ours.target.path, withContent(ours.target, merged));
    if (!isKept) sides[1].set(theirs.target.path, withContent(theirs.target, merged));
    for (const path of names) torn.add(path);
  }

  /** The other side has something else where this one has put it. */
  async #mergeAside({ source, target, side }: SideRename, changed: TreeFile): Promise<void> {
    const [from, to] = [source.path, target.path];
    const versions =
      side === 0
        ? { base: source, ours: target, theirs: changed }
        : { base: source, ours: changed, theirs: target };
    const names = side === 0 ? ([from, to, from] as const) : ([from, from, to] as const);
    const { sides } = this.#to;
    const isSameThere = isSame(target, sides[side === 0 ? 1 : 0].get(to));
    const merged = await this.#merge(names, versions);
    sides[side].set(to, withContent(target, merged));
    // Both have put the same there. Where theirs alone has renamed it, git would drop what ours has changed.
    if (isSameThere && side === 0 && !merged.isConflict)
      sides[1].set(to, sides[0].get(to) ?? target);
  }

  async #merge(
    names: readonly [string, string, string],
    versions: { readonly base: TreeFile; readonly ours: TreeFile; readonly theirs: TreeFile },
  ): Promise<Version> {
    const { base, ours, theirs } = versions;
    await this.#contents.ready([base, ours, theirs]);
    const { mode, isModeConflict } = modeOf(base, ours, theirs);
    const given = { path: base.path, ...versions };
    const { oid, isConflict } = await this.#contents.merge(given, { names, longer });
    return { mode, oid, isConflict: isConflict || isModeConflict };
  }

  /** @param side that has renamed it, where the other one has it too: undefined where it has not. */
  #name(to: string, from: string, side: Side | undefined): void {
    const [, ours, theirs] = this.#to.names.get(to) ?? [to, to, to];
    this.#to.names.set(to, [from, side === 1 ? from : ours, side === 0 ? from : theirs]);
  }
}

function movedTo({ name, path }: TreeFile, { mode, oid }: TreeFile): TreeFile {
  return { name, path, mode, oid };
}

function withContent({ name, path }: TreeFile, { mode, oid }: Version): TreeFile {
  return { name, path, mode, oid };
}
