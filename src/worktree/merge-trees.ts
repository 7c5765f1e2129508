/**
 * A three-way merge of the files of two commits, each at the path where it is to be (git-merge(1), merge-ort.c):
 * which paths one side alone has changed, and which both. Pure: what is in the files is the caller's affair.
 */
import { foldersOf } from '../base/folders.js';
import { isFile, isSame, isSameKind, type TreeFile } from './tree-files.js';

/** Files by their paths. */
export type Files = ReadonlyMap<string, TreeFile>;

/** What a path has on each side; undefined where there is none. */
export interface Versions {
  readonly path: string;
  readonly base: TreeFile | undefined;
  readonly ours: TreeFile | undefined;
  readonly theirs: TreeFile | undefined;
}

/** A path that both sides have changed, and not in the same way. */
export interface Changed extends Versions {
  readonly ours: TreeFile;
  readonly theirs: TreeFile;
  /** What it becomes, whatever becomes of the content. */
  readonly mode: number;
  /** Whether it is to be resolved whatever comes of the content: both have made another mode of it, for example. */
  readonly isModeConflict: boolean;
  /** Where base, ours and theirs have it, where not all have it at one path. */
  readonly names?: readonly [string, string, string] | undefined;
  /** Whose file it counts as, where it has another name since there is a folder: it is to be resolved then. */
  readonly asideOf?: 'ours' | 'theirs';
}

/**
 * A path that is to be resolved, with nothing to merge: one side has removed it, and the other one changed, or it has
 * this name since its own is another one's.
 */
export interface HalfRemoved extends Versions {
  /** What is there, as the side has it that still has it; undefined where each has it elsewhere. */
  readonly left: TreeFile | undefined;
}

/** What becomes of the paths of both. */
export interface MergedTrees {
  /** Paths on which both agree, or which one side alone has changed. */
  readonly files: Map<string, TreeFile>;
  readonly changed: readonly Changed[];
  readonly halfRemoved: readonly HalfRemoved[];
}

/** What becomes of each path by itself: some of them may not be there together. */
export interface MergedPaths extends MergedTrees {
  /** Of which one side has made a file, and the other one a link or a submodule. */
  readonly distinct: readonly Changed[];
  /** Paths of files that are those of folders, too. */
  readonly inTheWay: ReadonlySet<string>;
}

/**
 * @param base what both sides come from.
 * @param isVirtual whether what comes of it is but a base of others: what the sides do not agree on stays as it was,
 *   unless it is a text.
 */
export function mergeTrees(
  base: Files,
  ours: Files,
  theirs: Files,
  isVirtual: boolean,
): MergedPaths {
  const files = new Map<string, TreeFile>();
  const changed: Changed[] = [];
  const distinct: Changed[] = [];
  const halfRemoved: HalfRemoved[] = [];
  for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const of: Versions = {
      path,
      ...{ base: base.get(path), ours: ours.get(path), theirs: theirs.get(path) },
    };
    const { ours: here, theirs: there } = of;
    if (isSame(here, there) || isSame(there, of.base)) keep(files, here);
    else if (isSame(here, of.base)) keep(files, there);
    else if (isVirtual && !(here && there && isFile(here) && isFile(there))) keep(files, of.base);
    else if (here !== undefined && there !== undefined) {
      const both = { ...of, ours: here, theirs: there, ...modeOf(of.base, here, there) };
      (isSameKind(here, there) ? changed : distinct).push(both);
    } else {
      const left = here ?? there;
      if (left !== undefined) halfRemoved.push({ ...of, left });
    }
  }
  return withThoseInTheWay({ files, changed, halfRemoved, distinct });
}

/** @returns the same, with the paths that are those of folders. */
export function withThoseInTheWay(merged: Omit<MergedPaths, 'inTheWay'>): MergedPaths {
  const { files, changed, distinct, halfRemoved } = merged;
  const left = halfRemoved.filter((each) => each.left !== undefined);
  const others = [...changed, ...distinct, ...left].map(({ path }) => path);
  const paths = new Set([...files.keys(), ...others]);
  const inTheWay = new Set(
    [...paths].flatMap((path) => foldersOf(path).filter((folder) => paths.has(folder))),
  );
  return { ...merged, inTheWay };
}

function keep(files: Map<string, TreeFile>, file: TreeFile | undefined): void {
  if (file !== undefined) files.set(file.path, file);
}

/** The side that has changed it has its way; where both have, ours. */
export function modeOf(
  base: TreeFile | undefined,
  ours: TreeFile,
  theirs: TreeFile,
): Pick<Changed, 'mode' | 'isModeConflict'> {
  if (ours.mode === theirs.mode || ours.mode !== base?.mode) {
    const isConflict = ours.mode !== theirs.mode && theirs.mode !== base?.mode;
    return { mode: ours.mode, isModeConflict: isConflict };
  }
  return { mode: theirs.mode, isModeConflict: false };
}
