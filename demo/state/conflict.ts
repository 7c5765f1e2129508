/** What to do where git cannot join both sides by itself: two ways on, and neither loses a commit. */
import type { Conflict } from '../worker/merge.js';
import { askLine, askSides } from './dialogs.js';
import { settleUnsaved } from './save.js';
import { inTurn, perform } from './perform.js';
import * as session from './session.js';
import { refresh } from './workspace.js';

/**
 * Says that both sides clash, and offers the ways on. Pulling again offers them again.
 *
 * @param remote what the server said.
 * @param push pushes a branch.
 */
export function sayConflict(
  conflict: Conflict,
  remote: readonly string[],
  push: (branch: string) => void,
): void {
  const { paths } = conflict;
  const canSettle = paths.length > 0;
  const again = (): void => sayConflict(conflict, remote, push);
  session.notice.value = {
    tone: 'bad',
    title: canSettle
      ? 'Both sides changed the same lines'
      : 'These histories cannot be joined here',
    text: canSettle
      ? 'The commits of the server could not be joined with yours. Nothing was touched here. Choose file by file, or set your commits aside as a branch of their own.'
      : 'They meet in more than one place, or nowhere. Nothing was touched here. You can set your commits aside as a branch of their own.',
    code: canSettle ? 'MergeConflictError' : 'MergeNotSupportedError',
    ...{ paths, remote },
    actions: [
      ...(canSettle
        ? [{ label: 'Choose file by file…', run: () => void settleNow(conflict, again) }]
        : []),
      { label: 'Set my commits aside…', run: () => void setAsideNow(conflict, push) },
    ],
  };
}

/**
 * Asks whose version is taken of each file, and joins both sides with it.
 *
 * @param again offers the ways on, to whoever puts the question away.
 */
async function settleNow(conflict: Conflict, again: () => void): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || !(await settleUnsaved('go on'))) return;
  const files = await perform({ kind: 'open', title: 'Comparing both sides' }, () =>
    repository.git.describeConflict({ dir: repository.dir, conflict }),
  );
  if (files === undefined) return;
  const sides = await askSides(files.value);
  if (sides === undefined) {
    again();
    return;
  }
  const { branch } = conflict;
  const done = await perform({ kind: 'pull', title: `Joining ${branch}` }, async (transfer) => {
    const { git, dir, url } = repository;
    const { onProgress } = transfer;
    await git.settleConflict({
      dir,
      url,
      conflict,
      sides,
      author: session.signature(),
      onProgress,
    });
    await refresh();
  });
  if (done === undefined) return;
  session.notice.value = {
    tone: 'good',
    title: 'Joined the server’s commits with yours',
    text: 'Look the files over: nothing of it is on the server before you push.',
  };
}

/** Asks for a name, keeps one's own commits under it, and takes what the server has. */
async function setAsideNow(conflict: Conflict, push: (branch: string) => void): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || !(await settleUnsaved('go on'))) return;
  const { branch } = conflict;
  await askLine({
    title: 'Set your commits aside',
    label: 'Branch',
    hint: `What you committed stays as it is on this branch, and ${branch} becomes what the server has.`,
    initial: `${branch}-mine`,
    action: 'Set aside',
    async submit(line) {
      const name = line.trim();
      await inTurn(async () => {
        await repository.git.setAside({ dir: repository.dir, conflict, name });
        await refresh();
      });
      session.notice.value = {
        tone: 'info',
        title: `${branch} is now what the server has`,
        text: `What you committed is on the branch ${name}, in this browser alone until you push it.`,
        actions: [{ label: `Push ${name}`, run: () => push(name) }],
      };
    },
  });
}
