/** Setting changes aside and bringing them back: on somebody's wish, or around what they are in the way of. */
import { formatCount } from '../format.js';
import type { Transfer } from '../repository/remote.js';
import type { Repository } from '../repository/repository.js';
import type { BroughtBack, Stashed } from '../worker/stash.js';
import { askLine, confirm } from './dialogs.js';
import { openFile } from './files.js';
import { perform, type Performed } from './perform.js';
import { settleUnsaved } from './save.js';
import * as session from './session.js';
import type { Notice } from './session.js';
import { refresh } from './workspace.js';

/** What came of something that changes files; `waits`: a merge waits for its end. */
export type Outcome = 'done' | 'waits' | 'failed';

/** What changes can be in the way of. */
interface Purpose {
  /** What a button calls it: pull. */
  readonly verb: string;
  /** What changes are called that are set aside for it. */
  readonly words: string;
}

/** @returns what a person calls changes that are set aside. */
export function nameOf({ words, branch }: Stashed): string {
  return words ?? (branch === undefined ? 'Changes' : `Changes on ${branch}`);
}

/** Asks for a few words, and sets aside all that is changed. */
export async function setAsideAll(): Promise<void> {
  if (!(await settleUnsaved('set aside'))) return;
  const count = formatCount(session.changes.value.length, 'file');
  let words: string | undefined;
  await askLine({
    title: 'Set changes aside',
    label: 'A few words, for the list (optional)',
    hint: `The changes in ${count}, new files too, wait in this browser until you bring them back. All files become what they are in the last commit.`,
    ...{ initial: '', isOptional: true, action: 'Set aside' },
    submit: (line) => {
      words = line.trim();
      return Promise.resolve();
    },
  });
  if (words === undefined) return;
  const oid = await stash(words);
  if (oid === undefined) return;
  session.notice.value = {
    tone: 'good',
    title: `Set the changes in ${count} aside`,
    text: 'All files are as in the last commit. The list of what is set aside is under the changes.',
    actions: [{ label: 'Bring back', run: () => void bringBack(oid) }],
  };
}

/**
 * Brings changes back, and says what came of it.
 *
 * @param leaves whether what clashes is left to be resolved.
 */
export async function bringBack(oid: string, leaves = false): Promise<void> {
  if (!(await settleUnsaved('bring back'))) return;
  const done = await pop(oid, leaves);
  if (done === undefined) return;
  const [first] = done.kind === 'conflict' ? done.paths : [];
  if (first !== undefined) void openFile(first);
  session.notice.value = describe(done, oid);
}

/** Throws changes away, once a person has said so. */
export async function discardStashed(stashed: Stashed): Promise<void> {
  const choice = await confirm({
    title: 'Discard what is set aside?',
    text: `“${nameOf(stashed)}” cannot be brought back then.`,
    choices: [
      { id: 'discard', label: 'Discard', danger: true },
      { id: 'keep', label: 'Keep' },
    ],
  });
  if (choice !== 'discard') return;
  const { oid } = stashed;
  const title = 'Discarding what is set aside';
  const done = await doing(title, ({ git, dir }) => git.dropStashed({ dir, oid }));
  if (done === undefined) return;
  session.notice.value = { tone: 'good', title: `Discarded “${nameOf(stashed)}”` };
}

/**
 * Does something that changed files may be in the way of: where they are, offers to set them aside, to do it, and to
 * bring them back.
 */
export async function offeringAside(purpose: Purpose, work: () => Promise<Outcome>): Promise<void> {
  await work();
  const said = session.notice.value;
  if (said?.code !== 'CheckoutConflictError') return;
  session.notice.value = {
    ...said,
    text: `These files are changed here, and would be overwritten. Nothing was touched. All changes can be set aside for the ${purpose.verb}, and are brought back after it.`,
    actions: [
      { label: `Set aside and ${purpose.verb}`, run: () => void aside(purpose, said, work) },
    ],
  };
}

async function aside({ words }: Purpose, refused: Notice, work: () => Promise<Outcome>) {
  if (!(await settleUnsaved('go on'))) return;
  const oid = await stash(words, {
    ...refused,
    text: 'git ignores these files, and so they cannot be set aside. Move or delete them first; nothing was touched.',
  });
  if (oid === undefined) return;
  const outcome = await work();
  const said = session.notice.value;
  if (outcome === 'waits') {
    say(said, 'Your changes are set aside: bring them back once the merge is finished.', said);
    return;
  }
  const done = await pop(oid);
  if (done?.kind === 'back') {
    say(said, outcome === 'done' ? 'Your changes are back.' : 'Your changes are back, as before.', {
      remote: said?.remote,
    });
    return;
  }
  const problem = done === undefined ? session.notice.value : describe(done, oid);
  const title = said === undefined ? '' : `${said.title}. `;
  const stays = isThere(oid) ? 'your changes are set aside still' : 'your changes are not here';
  const tone = outcome === 'done' ? 'info' : 'bad';
  session.notice.value = {
    ...{ ...problem, tone, remote: said?.remote },
    title: `${title}But ${stays}`,
    text: [problem?.title, problem?.text].filter(Boolean).join('. '),
  };
}

/** Says something again, with a sentence more. */
function say(said: Notice | undefined, more: string, also: Partial<Notice> | undefined): void {
  if (said === undefined) return;
  const { tone, title, text = '', code, paths } = said;
  const before = text === '' || text.endsWith('.') ? text : `${text}.`;
  const both = `${before} ${more}`.trim();
  session.notice.value = { ...{ tone, title, code, paths }, ...also, text: both };
}

/** Does something, and shows what came of it. @returns undefined where it failed, which has been said then. */
function doing<Result>(
  title: string,
  work: (repository: Repository, transfer: Transfer) => Promise<Result>,
): Promise<Performed<Result> | undefined> {
  const repository = session.repository.value;
  if (repository === undefined) return Promise.resolve(undefined);
  return perform({ kind: 'stash', title }, async (transfer) => {
    try {
      return await work(repository, transfer);
    } finally {
      await refresh();
    }
  });
}

/** @param absent what to say where there is nothing to be set aside. @returns the oid of what was set aside. */
async function stash(words: string, absent: Notice = nothing): Promise<string | undefined> {
  const done = await doing('Setting your changes aside', ({ git, dir }) =>
    git.stashChanges({ dir, words, author: session.signature() }),
  );
  if (done !== undefined && done.value === undefined) session.notice.value = absent;
  return done?.value;
}

const nothing: Notice = { tone: 'info', title: 'There is nothing to be set aside' };

/** @returns undefined where it failed, which has been said then. */
async function pop(oid: string, leaves = false): Promise<BroughtBack | undefined> {
  const title = 'Bringing your changes back';
  return (await doing(title, ({ git, dir }) => git.bringBack({ dir, oid, leaves })))?.value;
}

function isThere(oid: string): boolean {
  return session.stashed.value.some((each) => each.oid === oid);
}

function describe(done: BroughtBack, oid: string): Notice {
  switch (done.kind) {
    case 'back':
      return { tone: 'good', title: 'Your changes are back' };
    case 'gone':
      return {
        tone: 'info',
        title: 'They are set aside no more',
        text: 'Another tab may have brought them back, or discarded them.',
      };
    case 'in-the-way':
      return {
        tone: 'bad',
        title: 'Other changes are in the way',
        text: 'These files are changed here as well, staged or not. Commit that first, or discard it, and bring the others back then. Nothing was touched.',
        paths: done.paths,
      };
    case 'conflict':
      return {
        tone: 'info',
        title: 'They clash with what is here',
        text: `All else of them is back. ${formatCount(done.paths.length, 'file')} to be resolved: ours is what is here, theirs is what was set aside. They stay in the list until you discard them.`,
        paths: done.paths,
      };
    case 'clash':
      return {
        tone: 'bad',
        title: 'They do not fit here any more',
        text: 'The same places have been changed otherwise since. Nothing was touched. Bring them back and resolve that, file by file; or on a branch of their own, where they fit: commit them there, and merge it.',
        paths: done.paths,
        actions: [
          // Where a file would be a folder, there are no sides to choose from.
          ...(done.paths.length === 0
            ? []
            : [{ label: 'Bring back and resolve', run: () => void bringBack(oid, true) }]),
          { label: 'Bring back on a branch…', run: () => void bringBackOnBranch(oid) },
        ],
      };
  }
}

/** Asks for a name, and brings changes back on a branch that begins where they were made. */
async function bringBackOnBranch(oid: string): Promise<void> {
  if (!(await settleUnsaved('go on'))) return;
  const from = session.stashed.value.find((each) => each.oid === oid)?.branch;
  let name: string | undefined;
  await askLine({
    title: 'Bring back on a branch',
    label: 'Branch',
    hint: 'It begins at the commit that the changes were made on. Commit them there, and merge it into your branch.',
    initial: `${from ?? 'changes'}-aside`,
    action: 'Create and switch',
    submit(line) {
      name = line.trim();
      return Promise.resolve();
    },
  });
  if (name === undefined) return;
  const branch = name;
  const title = `Bringing your changes back on ${branch}`;
  const done = await doing(title, ({ git, dir }, { onProgress }) =>
    git.bringBackOnBranch({ dir, oid, name: branch, onProgress }),
  );
  if (done === undefined) return;
  session.notice.value = { tone: 'good', title: `Your changes are back, on new branch ${branch}` };
}
