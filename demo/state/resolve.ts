/** Resolving files, and ending a merge: by its commit, or by giving it up. */
import { batch, computed } from '@preact/signals';
import { closeDocument, documentToSave } from '../editor/documents.js';
import { countConflicts } from '../editor/conflict-marks.js';
import { formatCount } from '../format.js';
import type { Taken } from '../worker/conflicts.js';
import { confirm } from './dialogs.js';
import { showSelected } from './files.js';
import { readMerging } from './merging.js';
import { attempt, inTurn, perform } from './perform.js';
import { saveFile, settleUnsaved } from './save.js';
import { scanAgain } from './scan.js';
import * as session from './session.js';
import { sayResolved } from './unmerged.js';
import { refresh } from './workspace.js';

/** What the commit of the merge is to say. */
export const mergeText = computed(
  () => session.mergeMessage.value ?? session.merging.value?.message ?? '',
);

/** Takes a file as it stands, once a person has said so of marks that are left in it. @returns whether it is resolved. */
export async function markResolved(path: string): Promise<boolean> {
  if (session.unsaved.value.has(path) && !(await saveFile(path))) return false;
  const count = countConflicts(documentToSave(path)?.text ?? '');
  if (count > 0) {
    const choice = await confirm({
      title: `${formatCount(count, 'conflict')} left in ${path}`,
      text: 'The lines that git put between <<<<<<< and >>>>>>> would be committed as they stand.',
      choices: [
        { id: 'resolve', label: 'Mark as resolved', danger: true },
        { id: 'stay', label: 'Go on editing' },
      ],
    });
    if (choice !== 'resolve') return false;
  }
  return take(path, 'what-is-here');
}

/** Takes a side of a whole file, or nothing. Edits of it that are not saved go, once a person has said so. */
export async function takeWhole(path: string, taken: Taken): Promise<boolean> {
  if (session.unsaved.value.has(path)) {
    const choice = await confirm({
      title: `Discard the edits in ${path}?`,
      text: 'They are not saved, and cannot be brought back.',
      choices: [
        { id: 'discard', label: 'Discard', danger: true },
        { id: 'keep', label: 'Keep' },
      ],
    });
    if (choice !== 'discard') return false;
    closeDocument(path);
  }
  return take(path, taken);
}

async function take(path: string, taken: Taken): Promise<boolean> {
  const repository = session.repository.value;
  if (repository === undefined || session.isWritingFiles.value) return false;
  const done = await attempt(() =>
    inTurn(async () => {
      const { git, dir } = repository;
      const before = session.unmerged.value;
      try {
        await git.resolveFile({ dir, path, taken });
      } finally {
        await readMerging(repository);
        await scanAgain(repository, path);
      }
      await showSelected();
      sayResolved(before);
      return true;
    }),
  );
  return done ?? false;
}

/** Makes the commit of the merge. */
export async function finishMerge(): Promise<void> {
  const repository = session.repository.value;
  const merging = session.merging.value;
  if (repository === undefined || merging === undefined) return;
  if (!(await settleUnsaved('finish'))) return;
  const done = await perform({ kind: 'merge', title: 'Finishing the merge' }, async () => {
    const { git, dir } = repository;
    const also = [...session.included.value];
    const message = mergeText.value.trim();
    const oid = await git.finishMerge({ dir, also, message, author: session.signature() });
    await refresh();
    return oid;
  });
  if (done === undefined) return;
  session.notice.value = {
    tone: 'good',
    title: `Merged ${merging.them}`,
    text: `The merge is commit ${done.value.slice(0, 7)}. Push it to bring it to the server.`,
  };
}

/** Gives the merge up, once a person has said so. */
export async function abortMerge(): Promise<void> {
  const repository = session.repository.value;
  const merging = session.merging.value;
  if (repository === undefined || merging === undefined) return;
  const paths = [...merging.conflicts.map(({ path }) => path), ...merging.staged];
  const choice = await confirm({
    title: 'Abort the merge?',
    text: 'Its files become what they were before it, and what you resolved is lost. Changes in other files stay, and so do all commits.',
    choices: [
      { id: 'abort', label: 'Abort the merge', danger: true },
      { id: 'stay', label: 'Go on merging' },
    ],
  });
  if (choice !== 'abort') return;
  const done = await perform({ kind: 'merge', title: 'Aborting the merge' }, async () => {
    await repository.git.giveUpMerge({ dir: repository.dir });
    batch(() => {
      for (const path of paths) closeDocument(path);
    });
    await refresh();
    return true;
  });
  if (done === undefined) return;
  session.notice.value = {
    tone: 'info',
    title: 'The merge was aborted',
    text: 'All is as it was before it. What was fetched is here still.',
  };
}
