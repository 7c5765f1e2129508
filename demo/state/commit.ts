/** Committing: the message, and whether the last commit is amended. */
import { batch, computed } from '@preact/signals';
import { formatCount } from '../format.js';
import { perform } from './perform.js';
import { settleUnsaved } from './save.js';
import * as session from './session.js';
import { refresh } from './workspace.js';

/** The message as it is typed. */
export const typed = computed(
  () => (session.amending.value ?? { message: session.message.value }).message,
);

/** Takes what is typed as the message. */
export function typeMessage(text: string): void {
  const { amending, message } = session;
  if (amending.value === undefined) message.value = text;
  else amending.value = { ...amending.value, message: text };
}

/** Begins to amend, with the message of the last commit; or goes back to a commit of its own. */
export function amend(isOn: boolean): void {
  session.amending.value = isOn ? session.amendable.value : undefined;
}

/**
 * Commits what is staged under the message that was typed.
 *
 * @param takesAll whether all changes are staged first, where nothing is.
 */
export async function commit(takesAll: boolean): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || !(await settleUnsaved('commit'))) return;
  const staged = session.stagedChanges.value;
  const all = session.unstagedChanges.value.map(({ path }) => path);
  const stage = takesAll && staged.length === 0 ? all : [];
  const count = staged.length + stage.length;
  const amending = session.amending.value;
  const branch = session.branches.value.current;
  const message = typed.value.trim();
  const title = amending === undefined ? 'Committing' : 'Amending';
  const done = await perform({ kind: 'commit', title }, async () => {
    const { git, dir } = repository;
    const what = { dir, stage, message, author: session.author.value };
    const oid =
      amending === undefined || branch === undefined
        ? await git.commitChanges(what)
        : await git.amendCommit({ ...what, branch, oid: amending.oid });
    await refresh();
    return oid;
  });
  if (done === undefined) return;
  batch(() => {
    if (amending === undefined) session.message.value = '';
    session.amending.value = undefined;
  });
  const what = count === 0 ? 'The message' : formatCount(count, 'file');
  session.notice.value = {
    tone: 'good',
    title: `${amending === undefined ? 'Committed' : 'Amended'} ${done.value.slice(0, 7)}`,
    text: `${what} on ${branch ?? 'no branch'}. Push it to bring it to the server.`,
  };
}
