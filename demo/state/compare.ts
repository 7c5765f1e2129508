/** What is compared: a changed file with what it was, or a file of a commit with the one before. */
import { batch, effect, signal } from '@preact/signals';
import type { Between } from '../worker/changes.js';
import type { HistoryEntry } from '../worker/history.js';
import type { ChangedFile, FileEntry } from '../worker/status.js';
import { attempt } from './perform.js';
import { activeTab, allPanes, focusedPane, type Pane } from './panes.js';
import { changes, contents, files, focus, repository } from './session.js';
import { recall, remember } from './storage.js';

/** Two columns, or one. Where there is no room for two it is one. */
export const inColumns = signal(recall('columns', isBoolean, false));
inColumns.subscribe((value) => remember('columns', value));

/** @returns the file that a side shows, where its changes are to be shown, and which of them. */
export function comparedIn(
  pane: Pane,
): { readonly file: FileEntry; readonly between: 'staged' | 'unstaged' } | undefined {
  const { path: shown, between } = activeTab(pane) ?? {};
  if (pane.inCommit.value !== undefined || between === undefined) return undefined;
  const file = changes.value.find(({ path }) => path === shown);
  return file === undefined || file[between] === 'same' ? undefined : { file, between };
}

/** Shows what a commit did to a file. */
export function compareInCommit(commit: HistoryEntry, file: ChangedFile): void {
  batch(() => {
    focusedPane.value.inCommit.value = { commit, file };
    focus.value = 'file';
  });
}

/** @returns the files that a commit changed; undefined if they cannot be read, which is said then. */
export async function changesOf(oid: string): Promise<readonly ChangedFile[] | undefined> {
  const open = repository.value;
  if (open === undefined) return undefined;
  return attempt(() => open.git.readChanges({ dir: open.dir, oid }));
}

for (const pane of allPanes) {
  // Another repository is no longer the commit's.
  effect(() => {
    void repository.value;
    pane.inCommit.value = undefined;
  });
  keepReading(pane);
}

/** Reads anew whenever the file may be another one: after a save, a commit, a pull. */
function keepReading(pane: Pane): void {
  let lastRead = 0;
  let lastPair = '';
  effect(() => {
    const open = repository.value;
    const comparing = whatToCompare(pane);
    void [files.value, contents.value];
    const read = (lastRead += 1);
    const pair = JSON.stringify([open?.dir, comparing?.file.path, comparing?.between]);
    // Of two others nothing is shown: their lines would be staged for these.
    if (pair !== lastPair) pane.versions.value = undefined;
    lastPair = pair;
    if (open === undefined || comparing === undefined) return;
    const { git, dir } = open;
    void attempt(() => git.readVersions({ dir, ...comparing })).then((found) => {
      if (read === lastRead) pane.versions.value = found;
    });
  });
}

function whatToCompare(pane: Pane): { file: ChangedFile; between: Between } | undefined {
  const { commit, file } = pane.inCommit.value ?? {};
  if (commit === undefined || file === undefined) return comparedIn(pane);
  return { file, between: { commit: commit.oid } };
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
