/** What is compared in the demo, while it is read. */
import { expect, it } from 'vitest';
import type { Repository } from '../../demo/repository/repository.js';
import '../../demo/state/compare.js';
import { clearPanes, focusedPane, showTab } from '../../demo/state/panes.js';
import { files, repository } from '../../demo/state/session.js';
import type { Versions } from '../../demo/worker/changes.js';
import type { FileEntry } from '../../demo/worker/status.js';

/** What is being read, in order. */
const reading: ((found: Versions) => void)[] = [];

const git = {
  readVersions: () => new Promise<Versions>((resolve) => void reading.push(resolve)),
};

const changed = (path: string): [string, FileEntry] => {
  const entry = { path, kind: 'file', status: 'modified' } as const;
  return [path, { ...entry, staged: 'modified', unstaged: 'modified' }];
};

const text = (of: string): Versions => ({
  before: undefined,
  after: { kind: 'text', text: of, lineSeparator: '\n', size: of.length },
});

const { versions } = focusedPane.value;

function show(path: string, between: 'staged' | 'unstaged'): void {
  showTab(focusedPane.value, { path, isPreview: true, between });
}

/** Ends the last read. */
async function found(of: string): Promise<void> {
  reading.at(-1)?.(text(of));
  await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

it('shows nothing of what was compared before, whose lines would be staged', async () => {
  repository.value = { git, dir: '/repository' } as unknown as Repository;
  files.value = new Map([changed('a.md'), changed('b.md')]);
  show('a.md', 'staged');
  await found('staged of a');
  expect(versions.value).toEqual(text('staged of a'));
  show('a.md', 'unstaged');
  expect(versions.value).toBeUndefined();
  await found('unstaged of a');
  expect(versions.value).toEqual(text('unstaged of a'));
  show('b.md', 'unstaged');
  expect(versions.value).toBeUndefined();
  // Read again, the same stay until they are there: what is shown does not blink.
  await found('unstaged of b');
  files.value = new Map(files.value);
  expect(versions.value).toEqual(text('unstaged of b'));
  await found('unstaged of b, saved');
  expect(versions.value).toEqual(text('unstaged of b, saved'));
  clearPanes();
  repository.value = undefined;
  files.value = new Map();
});
