/** Bringing the commits of another branch into the current one, and saying what became of them. */
import type { Joined } from '../worker/merge.js';
import { sayConflict, sayUnsupported, type Clash } from './conflict.js';
import { perform } from './perform.js';
import { settleUnsaved } from './save.js';
import { offeringAside, type Outcome } from './stash.js';
import * as session from './session.js';
import { refresh } from './workspace.js';

/** @param isRemote whether it is one of the server's, as the last fetch brought it. */
export async function mergeBranch(name: string, isRemote: boolean): Promise<void> {
  const repository = session.repository.value;
  const branch = session.branches.value.current;
  if (repository === undefined || branch === undefined || !(await settleUnsaved('merge'))) return;
  const them = isRemote ? `origin/${name}` : name;
  const title = `Merging ${them} into ${branch}`;
  await offeringAside({ verb: 'merge', words: `Before the merge of ${them}` }, async () => {
    const done = await perform({ kind: 'merge', title }, async ({ onProgress }) => {
      const { git, dir } = repository;
      const joined = await git.join({
        ...{ dir, branch, onProgress, author: session.signature() },
        other: isRemote ? `refs/remotes/${them}` : `refs/heads/${them}`,
      });
      await refresh();
      return joined;
    });
    if (done === undefined) return 'failed';
    const absent = `There is no branch ${them}`;
    return sayJoined(done.value, { branch, absent, them, remote: [], push: undefined });
  });
}

/** What it takes to say what became of commits. */
interface Joining extends Omit<Clash, 'sides'> {
  readonly branch: string;
  /** What to say where there is no other branch. */
  readonly absent: string;
}

/** Says what became of the other side's commits. */
export function sayJoined(joined: Joined, { branch, absent, ...joining }: Joining): Outcome {
  if (joined.kind === 'conflict') {
    sayConflict({ sides: joined.sides, ...joining }, joined.paths);
    return 'waits';
  }
  if (joined.kind === 'unsupported') {
    sayUnsupported({ sides: joined.sides, ...joining });
    return 'failed';
  }
  const { them, remote } = joining;
  const titles = {
    'up-to-date': `${branch} has all that ${them} has`,
    'no-branch': absent,
    'fast-forward': `${branch} is now what ${them} has`,
    merge: `Joined ${them}’s commits with yours`,
  };
  session.notice.value = {
    tone: joined.kind === 'no-branch' ? 'info' : 'good',
    title: titles[joined.kind],
    text: 'to' in joined ? range(joined.from, joined.to) : undefined,
    remote,
  };
  return joined.kind === 'no-branch' ? 'failed' : 'done';
}

function range(from: string | undefined, to: string): string {
  return `${from?.slice(0, 7) ?? 'nothing'} → ${to.slice(0, 7)}`;
}
