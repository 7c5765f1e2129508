/** What to say where git cannot join both sides by itself, and the ways on: none loses a commit. */
import { formatCount } from '../format.js';
import type { TwoSides } from '../worker/merge.js';
import { askLine } from './dialogs.js';
import { openFile } from './files.js';
import { inTurn } from './perform.js';
import { settleUnsaved } from './save.js';
import * as session from './session.js';
import { refresh } from './workspace.js';

/** Two sides that clash. */
export interface Clash {
  readonly sides: TwoSides;
  /** Whose the other side is: a branch's, or the server's. */
  readonly them: string;
  /** What the server said. */
  readonly remote: readonly string[];
  /** Pushes a branch; undefined where one's own commits are not to be set aside. */
  readonly push: ((branch: string) => void) | undefined;
}

/** Says that files are to be resolved, and shows the first. */
export function sayConflict(clash: Clash, paths: readonly string[]): void {
  const { them, remote } = clash;
  const [first] = paths;
  if (first !== undefined) void openFile(first);
  session.notice.value = {
    tone: 'info',
    title: 'Both sides changed the same lines',
    text: `All else of ${them} is joined with yours. ${formatCount(paths.length, 'file')} to be resolved, and nothing is committed yet.`,
    ...{ paths, remote, actions: aside(clash) },
  };
}

/** Says that nothing can be done here. Pulling or merging again says it again. */
export function sayUnsupported(clash: Clash): void {
  session.notice.value = {
    tone: 'bad',
    title: 'These histories cannot be joined here',
    text: 'They have no commit in common, or names of files that this page cannot tell apart. Nothing was touched here.',
    code: 'MergeNotSupportedError',
    ...{ remote: clash.remote, actions: aside(clash) },
  };
}

function aside({ sides, push }: Clash): { label: string; run: () => void }[] {
  if (push === undefined) return [];
  return [{ label: 'Set my commits aside…', run: () => void setAsideNow(sides, push) }];
}

/** Asks for a name, keeps one's own commits under it, and takes what the server has. */
async function setAsideNow(sides: TwoSides, push: (branch: string) => void): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || !(await settleUnsaved('go on'))) return;
  const { branch } = sides;
  await askLine({
    title: 'Set your commits aside',
    label: 'Branch',
    hint: `What you committed stays as it is on this branch, and ${branch} becomes what the server has. What you resolved of the merge is given up.`,
    initial: `${branch}-mine`,
    action: 'Set aside',
    async submit(line) {
      const name = line.trim();
      await inTurn(async () => {
        await repository.git.setAside({ dir: repository.dir, sides, name });
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
