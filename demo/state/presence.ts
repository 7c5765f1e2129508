/**
 * What others do to the open repository: another tab changes or removes it, or the browser's data
 * is cleared. Edits that are not saved are in this page alone: they outlive all of it.
 */
import { effect, untracked } from '@preact/signals';
import { unsavedTexts } from '../editor/documents.js';
import { deleteRepository, isThere, onChanged } from '../repository/repository.js';
import { formatCount } from '../format.js';
import { isBeingRemoved, onCatalogueChange, removeFromCatalogue } from './catalogue.js';
import { download } from './download.js';
import { attempt, inTurn } from './perform.js';
import * as session from './session.js';
import { leaveRepository, refresh } from './workspace.js';

/** Begins to look. Called once. */
export function watchPresence(): void {
  const others = new BroadcastChannel('gitws-demo');
  onChanged((id) => others.postMessage(id));
  others.onmessage = ({ data }) => {
    if (data === session.repository.value?.id) void lookAgain();
  };
  onCatalogueChange(() => {
    const id = session.repository.value?.id;
    if (id !== undefined && isBeingRemoved(id)) void leaveGone('It was removed in another tab.');
  });
  addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void lookAgain();
  });
  // Whatever has failed may have failed because nothing is there any more.
  effect(() => {
    if (session.notice.value?.tone === 'bad') void untracked(leaveIfGone);
  });
}

let isQueued = false;

/** Reads everything again, unless something is going on that does so at its end. */
async function lookAgain(): Promise<void> {
  if (isQueued) return;
  isQueued = true;
  await attempt(() =>
    inTurn(async () => {
      isQueued = false;
      if (session.activity.value === undefined && !(await leaveIfGone())) await refresh();
    }),
  );
}

async function leaveIfGone(): Promise<boolean> {
  const repository = session.repository.value;
  if (repository === undefined || (await isThere(repository))) return false;
  if (session.repository.value === repository) {
    await leaveGone('The browser’s data for it was cleared. Clone it again to go on.');
  }
  return true;
}

/** Goes back to the list, and offers what was not saved. */
async function leaveGone(why: string): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  const name = session.repositoryName.value;
  const kept = unsavedTexts();
  leaveRepository();
  session.activity.value?.cancel?.();
  await untilIdle();
  const offer = {
    text: `${why} ${formatCount(kept.size, 'file')} had edits that were not saved: ${[...kept.keys()].join(', ')}.`,
    actions: [
      {
        label: 'Download these edits',
        run: () => kept.forEach((text, path) => download(path, text)),
      },
    ],
  };
  session.notice.value = {
    tone: 'info',
    title: `${name} is no longer in this browser`,
    ...(kept.size === 0 ? { text: why } : offer),
  };
  // What was under way here may have made its database anew, empty.
  if (isBeingRemoved(repository.id)) await deleteRepository(repository.id);
  else await removeFromCatalogue(repository.id);
}

function untilIdle(): Promise<void> {
  return new Promise((resolve) => {
    const stop = session.activity.subscribe((running) => {
      if (running !== undefined) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}
