/**
 * A three-way merge of the files of two commits, as git has it without renames (git-merge(1), merge-ort.c):
 * which paths one side alone has changed, and which both. Pure: what is in the files is the caller's affair.
 */
import { foldersOf } from '../base/folders.js';
import { isSame, modes, type TreeFile } from './tree-files.js';

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
  /** Whether both have made another mode of it. */
  readonly isModeConflict: boolean;
}

/** A path that one side has removed, and the other one changed. */
export interface HalfRemoved extends Versions {
  /** What the side has that still has it. */
  readonly left: TreeFile;
}

/** What becomes of the paths of both. */
export interface MergedTrees {
  /** Paths on which both agree, or which one side alone has changed. */
  readonly files: Map<string, TreeFile>;
  readonly changed: readonly Changed[];
  readonly halfRemoved: readonly HalfRemoved[];
}

/**
 * @param base what both sides come from.
 * @returns what becomes of each path; undefined where a path is to be two things at a time: a file and a
 *   folder, or a file and a symbolic link.
 */
export function mergeTrees(base: Files, ours: Files, theirs: Files): MergedTrees | undefined {
  const files = new Map<string, TreeFile>();
  const changed: Changed[] = [];
  const halfRemoved: HalfRemoved[] = [];
  for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const of: Versions = {
      path,
      ...{ base: base.get(path), ours: ours.get(path), theirs: theirs.get(path) },
    };
    if (isSame(of.ours, of.theirs) || isSame(of.theirs, of.base)) keep(files, of.ours);
    else if (isSame(of.ours, of.base)) keep(files, of.theirs);
    else if (of.ours !== undefined && of.theirs !== undefined) {
      const { ours: here, theirs: there } = of;
      if (kindOf(here) !== kindOf(there)) return undefined;
      changed.push({ ...of, ours: here, theirs: there, ...modeOf(of.base, here, there) });
    } else {
      const left = of.ours ?? of.theirs;
      if (left !== undefined) halfRemoved.push({ ...of, left });
    }
  }
  const paths = new Set([...files.keys(), ...[...changed, ...halfRemoved].map(({ path }) => path)]);
  return [...paths].some((path) => foldersOf(path).some((folder) => paths.has(folder)))
    ? undefined
    : { files, changed, halfRemoved };
}

function keep(files: Map<string, TreeFile>, file: TreeFile | undefined): void {
  if (file !== undefined) files.set(file.path, file);
}

/** The side that has changed it has its way; where both have, ours. */
function modeOf(
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

/** A file, executable or not; a link; or a submodule. */
function kindOf({ mode }: TreeFile): number {
  return mode === modes.executable ? modes.file : mode;
}
