/** What is compared: a changed file with what it was, or a file of a commit with the one before. */
import { batch, computed, effect, signal } from '@preact/signals';
import type { Between, Versions } from '../worker/changes.js';
import type { HistoryEntry } from '../worker/history.js';
import type { ChangedFile, FileEntry } from '../worker/status.js';
import { attempt } from './perform.js';
import { changes, content, files, focus, repository, selected } from './session.js';
import { recall, remember } from './storage.js';

/** A file of a commit that is looked at. */
interface InCommit {
  readonly commit: HistoryEntry;
  readonly file: ChangedFile;
}

/** The file of a commit that is shown in the place of the selected one. */
export const inCommit = signal<InCommit | undefined>();

/** Which of its changes are shown of the selected file; undefined where it is shown itself. */
export const shownChanges = signal<'staged' | 'unstaged' | undefined>();

/** What is compared now, once it is read. */
export const versions = signal<Versions | undefined>();

/** Two columns, or one. Where there is no room for two it is one. */
export const inColumns = signal(recall('columns', isBoolean, false));
inColumns.subscribe((value) => remember('columns', value));

/** The selected file, where its changes are to be shown, and which of them. */
export const compared = computed<
  { readonly file: FileEntry; readonly between: 'staged' | 'unstaged' } | undefined
>(() => {
  const between = shownChanges.value;
  if (inCommit.value !== undefined || between === undefined) return undefined;
  const file = changes.value.find(({ path }) => path === selected.value);
  return file === undefined || file[between] === 'same' ? undefined : { file, between };
});

/** Shows what a commit did to a file. */
export function compareInCommit(commit: HistoryEntry, file: ChangedFile): void {
  batch(() => {
    inCommit.value = { commit, file };
    focus.value = 'file';
  });
}

/** Back to the file that is selected. */
export function leaveCommit(): void {
  inCommit.value = undefined;
}

/** @returns the files that a commit changed; undefined if they cannot be read, which is said then. */
export async function changesOf(oid: string): Promise<readonly ChangedFile[] | undefined> {
  const open = repository.value;
  if (open === undefined) return undefined;
  return attempt(() => open.git.readChanges({ dir: open.dir, oid }));
}

// Another file or another repository is no longer the commit's.
effect(() => {
  void [selected.value, repository.value];
  inCommit.value = undefined;
});

let lastRead = 0;
let lastPair = '';

// Read anew whenever the file may be another one: after a save, a commit, a pull.
effect(() => {
  const open = repository.value;
  const comparing = whatToCompare();
  void [files.value, content.value];
  const read = (lastRead += 1);
  const pair = JSON.stringify([open?.dir, comparing?.file.path, comparing?.between]);
  // Of two others nothing is shown: their lines would be staged for these.
  if (pair !== lastPair) versions.value = undefined;
  lastPair = pair;
  if (open === undefined || comparing === undefined) return;
  const { git, dir } = open;
  void attempt(() => git.readVersions({ dir, ...comparing })).then((found) => {
    if (read === lastRead) versions.value = found;
  });
});

function whatToCompare(): { file: ChangedFile; between: Between } | undefined {
  const { commit, file } = inCommit.value ?? {};
  if (commit === undefined || file === undefined) return compared.value;
  return { file, between: { commit: commit.oid } };
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
