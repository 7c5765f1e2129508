/** Saving edits while the file has become another one. */
import { expect, it, vi } from 'vitest';
import { openDocument } from '../../demo/editor/documents.js';
import type { Repository } from '../../demo/repository/repository.js';
import { dialog } from '../../demo/state/dialogs.js';
import { inTurn } from '../../demo/state/perform.js';
import { saveFile } from '../../demo/state/save.js';
import { repository } from '../../demo/state/session.js';

const stored = new Map<string, string>();

vi.mock('../../demo/state/files.js', () => ({ showSelected: () => Promise.resolve() }));
vi.mock('../../demo/state/scan.js', () => ({
  scanAgain: (_: unknown, __: string, saved?: () => void) => Promise.resolve(saved?.()),
}));

const git = {
  readText: ({ path }: { path: string }) => Promise.resolve(stored.get(path)),
  writeText({ path, text }: { path: string; text: string }) {
    stored.set(path, text);
    return Promise.resolve();
  },
};

/** Edits a file that becomes another one meanwhile. */
function edit(path: string): void {
  repository.value = { git, dir: '/repository' } as unknown as Repository;
  openDocument(path, 'before', '\n').change({ changes: { from: 0, insert: 'mine, ' } });
  stored.set(path, 'theirs');
}

/** Answers the question when it is there. */
async function answer(id: string): Promise<void> {
  const question = await vi.waitUntil(() => dialog.value);
  if (question.kind === 'confirm') question.answer(id);
}

it('lets all else go on while it asks', async () => {
  edit('a.md');
  const saved = saveFile('a.md');
  await vi.waitUntil(() => dialog.value);
  await expect(inTurn(() => Promise.resolve('done'))).resolves.toBe('done');
  await answer('mine');
  await expect(saved).resolves.toBe(true);
  expect(stored.get('a.md')).toBe('mine, before');
});

it('asks again where the file has changed once more while it asked', async () => {
  edit('b.md');
  const saved = saveFile('b.md');
  await vi.waitUntil(() => dialog.value);
  stored.set('b.md', 'theirs again');
  await answer('mine');
  await answer('neither');
  await expect(saved).resolves.toBe(false);
  expect(stored.get('b.md')).toBe('theirs again');
});

it('keeps both', async () => {
  edit('c.md');
  const saved = saveFile('c.md');
  await answer('copy');
  await expect(saved).resolves.toBe(true);
  expect([stored.get('c.md'), stored.get('c (mine).md')]).toEqual(['theirs', 'mine, before']);
});
