/** A merge that waits: reading it, and knowing what is left of it. It is in the repository, and survives a reload. */
import { computed } from '@preact/signals';
import type { Repository } from '../repository/repository.js';
import type { ConflictedFile, Sides } from '../worker/conflicts.js';
import * as session from './session.js';

/** Names of both sides, as git has them. */
export interface SideNames {
  readonly ours: string;
  readonly theirs: string;
}

export const sideNames = computed<SideNames>(() => ({
  ours: session.branches.value.current ?? 'HEAD',
  theirs: session.merging.value?.them ?? '',
}));

/** Files that are to be resolved still. */
export const unresolved = computed<readonly ConflictedFile[]>(() =>
  (session.merging.value?.conflicts ?? []).filter(({ sides }) => sides !== undefined),
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

/** How many files are listed as changed: those of a merge are, whatever became of them. */
export const listedCount = computed(() => {
  const conflicts = (session.merging.value?.conflicts ?? []).map(({ path }) => path);
  return new Set([...conflicts, ...session.changes.value.map(({ path }) => path)]).size;
});

/** Looks again whether a merge waits. */
export async function readMerging({ git, dir }: Repository): Promise<void> {
  const merging = await git.readMerge({ dir });
  session.merging.value = merging;
  if (merging !== undefined) return;
  session.included.value = new Set();
  session.mergeMessage.value = undefined;
}
