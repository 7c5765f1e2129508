/**
 * What is to be resolved, of a merge that waits or of a stash: reading it, and knowing what is left of it. It is in the
 * repository, and survives a reload.
 */
import { batch, computed } from '@preact/signals';
import type { Repository } from '../repository/repository.js';
import type { ConflictedFile, Sides } from '../worker/conflicts.js';
import * as session from './session.js';

/** Names of both sides, as git has them; of a stash, what they are. */
export interface SideNames {
  readonly ours: string;
  readonly theirs: string;
}

export const sideNames = computed<SideNames>(() => {
  const { branches, merging, unmerged } = session;
  if (unmerged.value === undefined) {
    return { ours: branches.value.current ?? 'HEAD', theirs: merging.value?.them ?? '' };
  }
  const isStash = unmerged.value.stash !== undefined;
  return { ours: 'what is here', theirs: isStash ? 'what was set aside' : 'what came' };
});

/** What is or was to be resolved. */
export const conflicted = computed<readonly ConflictedFile[]>(
  () => (session.merging.value ?? session.unmerged.value)?.conflicts ?? [],
);

/** Files that are to be resolved still. */
export const unresolved = computed<readonly ConflictedFile[]>(() =>
  conflicted.value.filter(({ sides }) => sides !== undefined),
);

/** The stash that was brought back, and clashes. */
export const clashing = computed(() =>
  session.stashed.value.find(({ oid }) => oid === session.unmerged.value?.stash),
);

/** @returns what both sides have of a file that is to be resolved; undefined of all others. */
export function sidesOf(path: string): Sides | undefined {
  return unresolved.value.find((file) => file.path === path)?.sides;
}

/** Whether the commit of the merge has a file in any case. */
export function isMerged(path: string): boolean {
  const { merging } = session;
  if (merging.value === undefined) return false;
  const { conflicts, staged } = merging.value;
  return staged.includes(path) || conflicts.some((file) => file.path === path);
}

/** How many files are listed as changed: those that clash are, whatever became of them. */
export const listedCount = computed(() => {
  const conflicts = conflicted.value.map(({ path }) => path);
  return new Set([...conflicts, ...session.changes.value.map(({ path }) => path)]).size;
});

/** Looks again whether something is to be resolved. */
export async function readMerging({ git, dir }: Repository): Promise<void> {
  const merging = await git.readMerge({ dir });
  const unmerged = merging === undefined ? await git.readUnmerged({ dir }) : undefined;
  batch(() => {
    session.merging.value = merging;
    session.unmerged.value = unmerged;
    if (merging !== undefined) return;
    session.included.value = new Set();
    session.mergeMessage.value = undefined;
  });
}
