/** What a person does with tabs: closing them, going from one to the next, and dividing the editor. */
import { effect, untracked } from '@preact/signals';
import { closeDocument, closeUnused } from '../editor/documents.js';
import { confirm } from './dialogs.js';
import { showSelected } from './files.js';
import { sidesOf } from './merging.js';
import {
  activateTab,
  activeTab,
  allPanes,
  dropTabs,
  focusedPane,
  keepTabs,
  openPaths,
  panes,
  showTab,
  splitPanes,
  type Pane,
} from './panes.js';
import { saveFile } from './save.js';
import { files, unsaved } from './session.js';

/** Begins to keep what was edited, to close what is gone, and to forget what was closed. Called once. */
export function watchTabs(): void {
  effect(() => {
    // Edits that are not saved keep their files: these have none.
    const isGone = (path: string): boolean => !files.value.has(path) && sidesOf(path) === undefined;
    const gone = new Set([...openPaths.value].filter(isGone));
    if (gone.size > 0) untracked(() => void closeGone(gone));
  });
  effect(() => {
    const edited = unsaved.value;
    untracked(() => keepTabs((path) => edited.has(path)));
  });
  effect(() => {
    void openPaths.value;
    untracked(() => {
      closeUnused(
        allPanes.map(({ id }) => id),
        (path, place) => allPanes.some((pane) => pane.id === place && hasTab(pane, path)),
      );
    });
  });
}

async function closeGone(gone: ReadonlySet<string>): Promise<void> {
  for (const pane of allPanes) dropTabs(pane, (path) => gone.has(path));
  await showSelected();
}

/** Shows a tab. */
export async function chooseTab(pane: Pane, path: string): Promise<void> {
  activateTab(pane, path);
  await showSelected();
}

/** Closes a tab. What is not saved is asked about where it is the last of its file. @returns whether it is closed. */
export async function closeTab(pane: Pane, path: string): Promise<boolean> {
  const isElsewhere = allPanes.some((other) => other !== pane && hasTab(other, path));
  if (unsaved.value.has(path) && !isElsewhere && !(await settle(path))) return false;
  dropTabs(pane, (other) => other === path);
  // Not waited for: who closes one after the other need not wait for what is between them.
  void showSelected();
  return true;
}

/** Asks what shall become of edits. @returns whether to go on: there are none then. */
async function settle(path: string): Promise<boolean> {
  const choice = await confirm({
    title: `Save the edits in ${path}?`,
    text: 'They are nowhere else. Saved, they are in this browser’s copy, and in no commit yet.',
    choices: [
      { id: 'save', label: 'Save' },
      { id: 'discard', label: 'Do not save', danger: true },
      { id: 'stay', label: 'Cancel' },
    ],
  });
  if (choice === 'discard') closeDocument(path);
  else if (choice !== 'save' || !(await saveFile(path))) return false;
  // A person may have gone on writing while it was saved.
  return !unsaved.value.has(path);
}

/** Closes the tab that is shown, or the file of a commit in its place. */
export async function closeShown(): Promise<void> {
  const pane = focusedPane.value;
  const path = pane.active.value;
  if (pane.inCommit.value !== undefined) pane.inCommit.value = undefined;
  else if (path === undefined || !(await closeTab(pane, path))) return;
  focusEditor(focusedPane.value);
}

/** Closes all tabs of the focused side but the one that is shown, one after the other. */
export async function closeOthers(): Promise<void> {
  const pane = focusedPane.value;
  for (const { path } of pane.tabs.value) {
    if (path !== pane.active.value && !(await closeTab(pane, path))) return;
  }
}

/** Goes to the next tab of the focused side, or to the one before. */
export async function stepTab(by: 1 | -1): Promise<void> {
  const pane = focusedPane.value;
  const { tabs, active } = pane;
  const at = tabs.value.findIndex(({ path }) => path === active.value);
  const next = tabs.value[(at + by + tabs.value.length) % tabs.value.length];
  if (next === undefined) return;
  await chooseTab(pane, next.path);
  focusEditor(pane);
}

/** Shows the file that is shown on the other side, too; divides the editor for it, where it is not yet. */
export async function splitEditor(): Promise<void> {
  const tab = activeTab(focusedPane.value);
  if (tab === undefined) return;
  const beside = splitPanes();
  showTab(beside, { ...tab, isPreview: false });
  await showSelected();
  focusEditor(beside);
}

/** Goes to the other side, where there is one. */
export function goAcross(): void {
  const beside = panes.value.find((pane) => pane !== focusedPane.value);
  if (beside === undefined) return;
  focusedPane.value = beside;
  focusEditor(beside);
}

/** Gives the focus to the editor of a side, once it is there; where there is none, to its tab. */
export function focusEditor(pane: Pane): void {
  pane.wantsFocus.value = true;
}

function hasTab({ tabs }: Pane, path: string): boolean {
  return tabs.value.some((tab) => tab.path === path);
}
