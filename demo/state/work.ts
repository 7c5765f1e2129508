/** Going between branches, and keeping in step with the server. */
import type { Repository } from '../repository/repository.js';
import { fetchRemote, pull, push, type PushedRef } from '../repository/sync.js';
import { isBehind, isStale } from '../words.js';
import { formatCount } from '../format.js';
import { askLine } from './dialogs.js';
import { overwrite } from './overwrite.js';
import { sayJoined } from './merge.js';
import { settleUnsaved } from './save.js';
import { offeringAside } from './stash.js';
import { perform } from './perform.js';
import * as session from './session.js';
import { refresh, refreshRefs } from './workspace.js';

/** Goes to another branch. */
export async function goToBranch(name: string): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || name === session.branches.value.current) return;
  if (!(await settleUnsaved('switch'))) return;
  await offeringAside({ verb: 'switch', words: `Before the switch to ${name}` }, async () => {
    const done = await perform(
      { kind: 'switch', title: `Switching to ${name}` },
      async (transfer) => {
        const { git, dir } = repository;
        await git.checkOut({ dir, to: { branch: name }, onProgress: transfer.onProgress });
        await refresh();
      },
    );
    if (done === undefined) return 'failed';
    session.notice.value = { tone: 'good', title: `On branch ${name}` };
    return 'done';
  });
}

/** Asks for a name, and makes a branch of it where the current one stands. */
export async function newBranch(): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  await askLine({
    title: 'New branch',
    label: 'Name',
    hint: `It starts at the last commit of ${session.branches.value.current ?? 'HEAD'}; changed files stay changed.`,
    initial: '',
    action: 'Create and switch',
    async submit(line) {
      const { git, dir } = repository;
      await git.createBranch({ dir, name: line.trim() });
      await refreshRefs(repository);
      session.notice.value = { tone: 'good', title: `On new branch ${line.trim()}` };
    },
  });
}

/** Asks the server what is new. */
export async function fetchNow(): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  const task = { url: reachedAt(repository), cancelled: 'The fetch was cancelled' };
  const done = await perform({ kind: 'fetch', title: 'Fetching', ...task }, async (transfer) => {
    await fetchRemote(repository, transfer);
    await refreshRefs(repository);
  });
  if (done === undefined) return;
  const behind = session.distance.value?.behind ?? 0;
  session.notice.value = {
    tone: 'good',
    title: behind === 0 ? 'Nothing new on this branch' : `${formatCount(behind, 'new commit')}`,
    text: behind === 0 ? undefined : 'Pull to bring them into your files.',
    remote: done.remote,
  };
}

/** Brings the server's commits into the current branch. */
export async function pullNow(): Promise<void> {
  const repository = session.repository.value;
  const branch = session.branches.value.current;
  if (repository === undefined || branch === undefined || !(await settleUnsaved('pull'))) return;
  const task = { url: reachedAt(repository), cancelled: 'The pull was cancelled' };
  await offeringAside({ verb: 'pull', words: `Before the pull of ${branch}` }, async () => {
    const done = await perform(
      { kind: 'pull', title: `Pulling ${branch}`, ...task },
      async (transfer) => {
        try {
          return await pull(repository, branch, session.signature(), transfer);
        } finally {
          // What was fetched is there, even if it could not be joined.
          await refresh();
        }
      },
    );
    if (done === undefined) return 'failed';
    return sayJoined(done.value, {
      ...{ branch, them: 'the server', remote: done.remote },
      absent: `The server has no branch ${branch}`,
      push: (name) => void pushBranch(name),
    });
  });
}

/** Pushes the current branch. */
export async function pushNow(): Promise<void> {
  const branch = session.branches.value.current;
  if (branch !== undefined) await pushBranch(branch);
}

/** Pushes a tag, and the commits that it needs. */
export async function pushTag(name: string): Promise<void> {
  await pushRef(`refs/tags/${name}`, `tag ${name}`);
}

async function pushBranch(branch: string, lease?: string): Promise<boolean> {
  return pushRef(`refs/heads/${branch}`, branch, lease);
}

/** @param lease what the server's ref is to be, where its commits are to be overwritten. @returns whether it was pushed. */
async function pushRef(ref: string, called: string, lease?: string): Promise<boolean> {
  const repository = session.repository.value;
  if (repository === undefined) return false;
  const task = {
    url: reachedAt(repository),
    cancelled: 'The push was cancelled. Fetch to see whether the server had it all by then.',
  };
  const done = await perform(
    { kind: 'push', title: `Pushing ${called}`, ...task },
    async (transfer) => {
      const refs = await push(repository, ref, transfer, lease);
      await refreshRefs(repository);
      return refs;
    },
  );
  if (done === undefined) return false;
  sayPushed(repository, called, done.value, done.remote);
  return done.value.every(({ ok }) => ok);
}

/** @returns the address of the server that is connected to. */
function reachedAt({ url, gateway }: Repository): string {
  return gateway ?? url;
}

function sayPushed(
  repository: Repository,
  called: string,
  refs: readonly PushedRef[],
  remote: readonly string[],
): void {
  const rejected = refs.filter(({ ok }) => !ok);
  if (rejected.length === 0) {
    const { host } = new URL(repository.url);
    session.notice.value = { tone: 'good', title: `Pushed ${called} to ${host}`, refs, remote };
    return;
  }
  const isLate = rejected.some(({ reason = '' }) => isBehind(reason));
  const isForced = rejected.some(({ reason = '' }) => isStale(reason));
  const [{ ref = '' } = {}] = rejected;
  const branch = /^refs\/heads\/(.*)/.exec(ref)?.[1];
  const forcing =
    branch === undefined
      ? []
      : [{ label: 'Force with lease…', run: () => void overwrite(branch, pushBranch) }];
  if (isForced) {
    session.notice.value = {
      ...{ tone: 'bad', title: 'Nothing was overwritten', refs, remote, actions: forcing },
      text: 'Somebody has pushed since you looked at what would be lost. Your commits are still here: look again, or pull.',
    };
    return;
  }
  session.notice.value = {
    tone: 'bad',
    title: 'The push was rejected',
    text: isLate
      ? 'The server has commits that are not here yet. Pull first: your commits are kept, and joined with them.'
      : 'Your commits are still here, and nothing has changed on the server.',
    refs,
    remote,
    ...(isLate ? { actions: [{ label: 'Pull', run: () => void pullNow() }, ...forcing] } : {}),
  };
}
