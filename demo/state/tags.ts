/** Naming commits, and taking the names away. */
import type { HistoryEntry } from '../worker/history.js';
import { askLine, confirm } from './dialogs.js';
import { attempt } from './perform.js';
import * as session from './session.js';
import { pushTag } from './work.js';
import { refreshRefs } from './workspace.js';

/** Asks for a name, and tags a commit with it. */
export async function newTag({ oid, title }: HistoryEntry): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  await askLine({
    title: 'Tag this commit',
    label: 'Name',
    hint: `It names ${oid.slice(0, 7)}, “${title}”, in this browser alone until you push it.`,
    initial: '',
    action: 'Tag',
    async submit(line) {
      const { git, dir } = repository;
      const name = line.trim();
      await git.createTag({ dir, name, oid });
      await refreshRefs(repository);
      session.notice.value = {
        tone: 'good',
        title: `Tagged ${oid.slice(0, 7)} as ${name}`,
        actions: [{ label: 'Push it', run: () => void pushTag(name) }],
      };
    },
  });
}

/** Asks, and deletes a tag here. */
export async function forgetTag(name: string): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  const choice = await confirm({
    title: `Delete the tag ${name}?`,
    text: 'The commit stays. If the server has the tag, it stays there, and the next fetch brings it back.',
    choices: [
      { id: 'delete', label: 'Delete', danger: true },
      { id: 'keep', label: 'Keep' },
    ],
  });
  if (choice !== 'delete') return;
  await attempt(async () => {
    const { git, dir } = repository;
    await git.removeTag({ dir, name });
    await refreshRefs(repository);
    session.notice.value = { tone: 'good', title: `Deleted the tag ${name}` };
  });
}
