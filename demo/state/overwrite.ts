/** Pushing over what the server has: only once a person has seen what is lost, and only that. */
import { fetchRemote } from '../repository/sync.js';
import { formatCount } from '../format.js';
import { askLine, confirm } from './dialogs.js';
import { perform } from './perform.js';
import * as session from './session.js';
import { refreshRefs } from './workspace.js';

/** So many commits are named. */
const named = 6;

/** Pushes a branch; over commits of the server's where its ref is what the lease says. @returns whether it was pushed. */
type Push = (branch: string, lease?: string) => Promise<boolean>;

/** Fetches, says which commits of the server would be lost, and pushes over these alone. */
export async function overwrite(branch: string, push: Push): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  const url = repository.gateway ?? repository.url;
  const task = { kind: 'fetch', title: 'Looking what the server has', url } as const;
  const looked = await perform({ ...task, cancelled: 'It was cancelled' }, async (transfer) => {
    await fetchRemote(repository, transfer);
    await refreshRefs(repository);
    return repository.git.readOverwritten({ dir: repository.dir, branch });
  });
  if (looked === undefined) return;
  const { oid, commits } = looked.value ?? {};
  const { current } = session.branches.value;
  if (oid === undefined || commits === undefined || commits.length === 0) {
    // Nothing is in the way any more.
    await push(branch);
    return;
  }
  const more = commits.length - named;
  const choice = await confirm({
    title: `Overwrite ${branch} on the server?`,
    text: `The server has ${formatCount(commits.length, 'commit')} that ${branch === current ? 'your branch' : branch} has not. Whoever looks at ${branch} there will see yours in their place:`,
    items: [
      ...commits.slice(0, named).map((commit) => {
        return `${commit.oid.slice(0, 7)} ${commit.title} (${commit.author.name})`;
      }),
      ...(more > 0 ? [`and ${formatCount(more, 'more', 'more')}`] : []),
    ],
    choices: [
      { id: 'overwrite', label: 'Force with lease', danger: true },
      { id: 'keep', label: 'Cancel' },
    ],
  });
  if (choice !== 'overwrite') return;
  if (!(await push(branch, oid))) return;
  session.notice.value = {
    tone: 'info',
    title: `${branch} on the server is now yours`,
    text: `What it was, ${oid.slice(0, 7)}, is in this browser still: as a branch it stays.`,
    actions: [{ label: 'Keep it as a branch…', run: () => void keepAside(branch, oid) }],
  };
}

/** Gives what was overwritten a name. */
async function keepAside(branch: string, oid: string): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  await askLine({
    title: 'Keep what was overwritten',
    label: 'Branch',
    hint: `It names ${oid.slice(0, 7)}, in this browser alone until you push it.`,
    initial: `${branch}-before`,
    action: 'Keep',
    async submit(line) {
      const { git, dir } = repository;
      await git.branch({ dir, ref: line.trim(), object: oid });
      await refreshRefs(repository);
      session.notice.value = { tone: 'good', title: `Kept as ${line.trim()}` };
    },
  });
}
