/** The ends of conflicts of which no merge waits: all is resolved, or taken back. */
import { batch } from '@preact/signals';
import { closeDocument } from '../editor/documents.js';
import type { Unmerged } from '../worker/unmerged.js';
import { confirm } from './dialogs.js';
import { clashing, unresolved } from './merging.js';
import { perform } from './perform.js';
import * as session from './session.js';
import { discardStashed, nameOf } from './stash.js';
import { refresh } from './workspace.js';

/** Says what is left to be done, where the last file was resolved. @param before what was to be resolved. */
export function sayResolved(before: Unmerged | undefined): void {
  const { merging, notice, stashed, unmerged } = session;
  if (before === undefined || unmerged.value !== undefined || merging.value !== undefined) return;
  const stash = stashed.value.find(({ oid }) => oid === before.stash);
  const text = 'What you chose is staged: look at it, and commit it.';
  if (stash === undefined) {
    notice.value = { tone: 'good', title: 'All conflicts are resolved', text };
    return;
  }
  notice.value = {
    tone: 'info',
    title: 'All conflicts are resolved',
    text: `${text} “${nameOf(stash)}” is kept in the list of what is set aside, in case you need it again.`,
    actions: [{ label: 'Discard what is set aside…', run: () => void discardStashed(stash) }],
  };
}

/** Takes back what was brought, once a person has said so. */
export async function giveUpUnmerged(): Promise<void> {
  const repository = session.repository.value;
  const { unmerged } = session;
  if (repository === undefined || unmerged.value === undefined) return;
  const stash = clashing.value;
  const paths = unresolved.value.map(({ path }) => path);
  const choice = await confirm({
    title: 'Give the conflicts up?',
    text:
      stash === undefined
        ? 'These files, and all that is staged, become what they are in the last commit, and what you resolved is lost. Files that are changed, and not staged, stay.'
        : `All files of “${nameOf(stash)}” become what they were here before: what you resolved is lost, and what you have changed in them since. It stays set aside, and changes in other files stay.`,
    choices: [
      { id: 'give-up', label: 'Give up', danger: true },
      { id: 'stay', label: 'Go on resolving' },
    ],
  });
  if (choice !== 'give-up') return;
  const done = await perform({ kind: 'stash', title: 'Giving the conflicts up' }, async () => {
    try {
      await repository.git.giveUpUnmerged({ dir: repository.dir });
      batch(() => {
        for (const path of paths) closeDocument(path);
      });
    } finally {
      await refresh();
    }
    return true;
  });
  if (done === undefined) return;
  session.notice.value = {
    tone: 'info',
    title: 'The conflicts were given up',
    text:
      stash === undefined
        ? 'The files are as in the last commit.'
        : `“${nameOf(stash)}” is set aside as before.`,
  };
}
