/** What a checkout would lose: all that it would overwrite or remove is looked at before it begins. */
import { GitWsError } from '../base/errors.js';
import type { Pace } from '../pack/index/pace.js';
import type { IndexEntry } from '../repository/index-file.js';
import type { Plan } from './plan.js';
import { isSame, modes, type TreeFile } from './tree-files.js';
import type { Found, WorkTree } from './work-tree.js';

/** Something that is to be removed. */
export interface Removal {
  readonly path: string;
  /**
   * A folder goes with all that is in it; one in which no file is left, with the empty ones in it alone. Of nothing, it
   * is the folders it was in that go, where they are empty.
   */
  readonly kind: 'file' | 'folder' | 'empty folder' | 'nothing';
}

/** Something that is to be written. */
export interface Write {
  readonly file: TreeFile;
  /** What is there: nothing, what is to be there, or something that is to be replaced. */
  readonly found: 'absent' | 'done' | 'other';
}

/** A plan of which some files are to be in the index, and not in the working tree. */
export interface SparsePlan extends Plan {
  readonly skips: Plan['writes'];
}

/** What is to be done. */
export interface Work {
  readonly writes: readonly Write[];
  readonly removals: readonly Removal[];
  /** Files that are in the index alone; of some of them, something stays in the working tree. */
  readonly skipped: readonly { readonly file: TreeFile; readonly isLeft: boolean }[];
}

/**
 * @param force whether what is in the way is given up.
 * @param isLeft whether what is in the way of a file is what an interrupted checkout has left of it.
 * @returns what is to be done.
 * @throws GitWsError CheckoutConflictError, with all paths that are in the way; what the file system
 *   throws.
 */
export async function expectNothingLost(
  plan: SparsePlan,
  tree: WorkTree,
  pace: Pace,
  force: boolean,
  isLeft: (file: TreeFile) => Promise<boolean> = () => Promise.resolve(false),
): Promise<Work> {
  const conflicts = new Set(plan.conflicts);
  const going = new Set(plan.removals.map(({ path }) => path));
  const removals: Removal[] = [];
  const writes: Write[] = [];
  // A clone: nothing has to be looked for.
  const files = [...plan.writes, ...plan.skips].map(({ file }) => file.path);
  const isEmpty = await tree.isEmpty([...files, ...going]);
  const isGivenUp = (path: string): boolean => force || plan.givenUp?.has(path) === true;
  for (const { path, before } of isEmpty ? [] : plan.removals) {
    await pace.turn();
    // Something else is there now, which was not asked for: it is not removed.
    if ((await tree.obstacleTo(path)) !== undefined) continue;
    const found = await tree.look(path, before, undefined);
    if (found === 'clean' || (isGivenUp(path) && found === 'changed')) {
      removals.push({ path, kind: 'file' });
    } else if (found === 'changed') conflicts.add(path);
    else if (found === 'directory' && (await tree.filesIn(path)).length === 0) {
      // The place of a submodule that was never there.
      removals.push({ path, kind: 'empty folder' });
    }
  }
  for (const { file, before } of plan.writes) {
    if (isEmpty) {
      writes.push({ file, found: 'absent' });
      continue;
    }
    await pace.turn();
    const { path } = file;
    const obstacle = await tree.obstacleTo(path);
    if (obstacle !== undefined) {
      if (force) removals.push({ path: obstacle, kind: 'file' });
      else if (!going.has(obstacle)) conflicts.add(obstacle);
      writes.push({ file, found: 'absent' });
      continue;
    }
    const found = await tree.look(path, before, file);
    if (found === 'directory') {
      const left = force ? [] : (await tree.filesIn(path)).filter((each) => !going.has(each));
      for (const each of left) conflicts.add(each);
      removals.push({ path, kind: force ? 'folder' : 'empty folder' });
    } else if (found === 'changed' && !isGivenUp(path) && !(await isLeft(file))) {
      conflicts.add(path);
    }
    writes.push({ file, found: stateOf(found, before, file) });
  }
  const skipped: Work['skipped'][number][] = [];
  for (const skip of plan.skips) {
    const { file, before } = skip;
    if (!isEmpty) await pace.turn();
    const leaving = isEmpty ? 'absent' : await leavingOf(skip, tree, force, plan);
    if (leaving === 'conflict') conflicts.add(file.path);
    if (leaving === 'removal') {
      const kind = before?.mode === modes.gitlink ? 'empty folder' : 'file';
      removals.push({ path: file.path, kind });
    }
    skipped.push({ file, isLeft: leaving === 'left' });
  }
  if (conflicts.size > 0) {
    const filepaths = [...conflicts].sort();
    const message =
      'Your local changes to the following files would be overwritten by checkout: ' +
      filepaths.join(', ');
    throw new GitWsError('CheckoutConflictError', message, { data: { filepaths } });
  }
  return { writes, removals, skipped };
}

/** @returns what becomes of what is where a file is not to be any more. @throws what the file system throws. */
async function leavingOf(
  { file, before }: Plan['writes'][number],
  tree: WorkTree,
  force: boolean,
  { givenUp }: Plan,
): Promise<'absent' | 'removal' | 'conflict' | 'left'> {
  if ((await tree.obstacleTo(file.path)) !== undefined) return 'absent';
  const found = await tree.look(file.path, before, undefined);
  if (found === 'absent') return 'absent';
  // Somebody's own, which git does not know.
  const isGivenUp = givenUp?.has(file.path) === true;
  if (before === undefined && !isGivenUp) return 'left';
  if (found === 'directory') {
    const isPlace = before?.mode === modes.gitlink && (await tree.filesIn(file.path)).length === 0;
    return isPlace ? 'removal' : 'left';
  }
  return found === 'clean' || force || isGivenUp ? 'removal' : 'conflict';
}

function stateOf(found: Found, before: IndexEntry | undefined, file: TreeFile): Write['found'] {
  // A folder is gone when the file is written.
  if (found === 'absent' || found === 'directory') return 'absent';
  const isKept = found === 'clean' && isSame(before, file);
  return found === 'done' || isKept ? 'done' : 'other';
}
