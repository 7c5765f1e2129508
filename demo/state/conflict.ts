/** What to do where git cannot join both sides by itself: two ways on, and neither loses a commit. */
import type { Conflict } from '../worker/merge.js';
import { askLine, askSides } from './dialogs.js';
import { settleUnsaved } from './save.js';
import { inTurn, perform } from './perform.js';
import * as session from './session.js';
import { refresh } from './workspace.js';

/** Two sides that clash. */
export interface Clash {
  readonly conflict: Conflict;
  /** Whose the other side is: a branch's, or the server's. */
  readonly them: string;
  /** What the server said. */
  readonly remote: readonly string[];
  /** Pushes a branch; undefined where one's own commits are not to be set aside. */
  readonly push: ((branch: string) => void) | undefined;
}

/** Says that both sides clash, and offers the ways on. Pulling or merging again offers them again. */
export function sayConflict(clash: Clash): void {
  const { conflict, them, remote, push } = clash;
  const { paths } = conflict;
  const canSettle = paths.length > 0;
  const aside =
    push === undefined ? '' : ' You can set your commits aside as a branch of their own.';
  session.notice.value = {
    tone: 'bad',
    title: canSettle
      ? 'Both sides changed the same lines'
      : 'These histories cannot be joined here',
    text: canSettle
      ? `The commits of ${them} could not be joined with yours. Nothing was touched here. Choose file by file whose version is taken.${aside}`
      : `They meet in more than one place, or nowhere. Nothing was touched here.${aside}`,
    code: canSettle ? 'MergeConflictError' : 'MergeNotSupportedError',
    ...{ paths, remote },
    actions: [
      ...(canSettle ? [{ label: 'Choose file by file…', run: () => void settleNow(clash) }] : []),
      ...(push !== undefined
        ? [{ label: 'Set my commits aside…', run: () => void setAsideNow(conflict, push) }]
        : []),
    ],
  };
}

/** Asks whose version is taken of each file, and joins both sides with it. */
async function settleNow(clash: Clash): Promise<void> {
  const { conflict, them } = clash;
  const repository = session.repository.value;
  if (repository === undefined || !(await settleUnsaved('go on'))) return;
  const files = await perform({ kind: 'open', title: 'Comparing both sides' }, () =>
    repository.git.describeConflict({ dir: repository.dir, conflict }),
  );
  if (files === undefined) return;
  const sides = await askSides(them, files.value);
  if (sides === undefined) {
    // The ways on are offered again.
    sayConflict(clash);
    return;
  }
  const { branch } = conflict;
  const done = await perform({ kind: 'pull', title: `Joining ${branch}` }, async (transfer) => {
    const { git, dir } = repository;
    const { onProgress } = transfer;
    const author = session.signature();
    await git.settleConflict({ dir, conflict, sides, author, onProgress });
    await refresh();
  });
  if (done === undefined) return;
  session.notice.value = {
    tone: 'good',
    title: `Joined ${them}’s commits with yours`,
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
