/** What becomes of files that both sides of a merge have changed: their lines merged, or a conflict. */
import * as isomorphicGit from 'isomorphic-git';
import { compareBytes } from '../base/compare-bytes.js';
import type { IndexEntry } from '../repository/index-file.js';
import type { Changed, HalfRemoved, MergedTrees, Versions } from '../worktree/merge-trees.js';
import type { TreeFile } from '../worktree/tree-files.js';
import type { NewObject } from '../worktree/tree-objects.js';
import { entryOf, noStat } from '../worktree/write-out.js';
import type { Contents } from './contents.js';

/** All files of a merge. */
export interface MergedFiles {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Of the paths that are to be resolved, the sides that an index keeps of them; in the order of the index. */
  readonly stages: ReadonlyMap<string, readonly IndexEntry[]>;
  /** What is in the files or in the stages, and in no repository yet. */
  readonly blobs: readonly NewObject[];
  /** Whether nothing is to be resolved; else `error` says what, of which the index need have nothing. */
  readonly isClean: boolean;
  /** Names what is to be resolved. */
  readonly error: Error;
}

const noBytes = new Uint8Array(0);

/**
 * @param contents merges what is in them.
 * @param unclear paths of conflicts that leave nothing to be resolved.
 * @throws GitWsError OBJECT_UNAVAILABLE, INVALID_OPTION for a driver that gives no text; what it
 *   throws.
 */
export async function mergeContents(
  { files, changed, halfRemoved }: MergedTrees,
  contents: Contents,
  unclear: ReadonlySet<string>,
): Promise<MergedFiles> {
  await contents.ready(changed.flatMap(({ base, ours, theirs }) => [base, ours, theirs]));
  const all = new Map(files);
  const sides: (Changed | HalfRemoved)[] = [];
  for (const each of changed) {
    const { oid, isConflict } = await contents.merge(each, each);
    const { name, path } = each.ours;
    const merged = { name, path, mode: each.mode, oid };
    all.set(path, merged);
    const { asideOf: side } = each;
    if (isConflict || each.isModeConflict) sides.push(each);
    else if (side) sides.push({ ...alone(path), [side]: merged, left: merged });
  }
  for (const each of halfRemoved) {
    if (each.left !== undefined) all.set(each.path, each.left);
    sides.push(each);
  }
  const nameOf = ({ base, ours, theirs }: Changed | HalfRemoved) =>
    (ours ?? theirs ?? base)?.name ?? noBytes;
  sides.sort((one, other) => compareBytes(nameOf(one), nameOf(other)));
  const stages = new Map(sides.map((each) => [each.path, stagesOf(each)]));
  const isClean = sides.length === 0 && unclear.size === 0;
  const error = conflictOf(sides, unclear);
  return { files: all, stages, blobs: contents.needed(sides), isClean, error };
}

function alone(path: string): Versions {
  return { path, base: undefined, ours: undefined, theirs: undefined };
}

function conflictOf(sides: readonly (Changed | HalfRemoved)[], unclear: Iterable<string>): Error {
  const paths = (holds: (each: Changed | HalfRemoved) => unknown): string[] =>
    sides.filter(holds).map(({ path }) => path);
  return new isomorphicGit.Errors.MergeConflictError(
    [...new Set([...paths(() => true), ...unclear])],
    paths(({ ours, theirs }) => ours && theirs),
    paths(({ base, ours, theirs }) => base && !ours && theirs),
    paths(({ base, ours, theirs }) => base && ours && !theirs),
  );
}

function stagesOf({ base, ours, theirs }: Changed | HalfRemoved): IndexEntry[] {
  return [base, ours, theirs].flatMap((file, at) =>
    file === undefined ? [] : [{ ...entryOf(file, noStat), stage: at + 1 }],
  );
}
