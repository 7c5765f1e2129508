/** What can be done with the editor by its name, and by keys that browsers leave to a page. */
import { newFile } from './files.js';
import { activeTab, focusedPane, panes, showTab } from './panes.js';
import { saveFile } from './save.js';
import { selected, unsaved } from './session.js';
import { closeOthers, closeShown, goAcross, splitEditor, stepTab } from './tabs.js';

/** Something to do. */
export interface Command {
  readonly label: string;
  /** Whether there is something to do it with. */
  readonly isPossible: () => boolean;
  readonly run: () => void;
  /** What it is done by: the name of a key on the keyboard, whatever it writes, and the one that is held. */
  readonly key?: { readonly held: 'Alt' | 'Ctrl'; readonly code: string; readonly says: string };
}

const hasTab = (): boolean => activeTab(focusedPane.value) !== undefined;
const hasOthers = (): boolean => focusedPane.value.tabs.value.length > 1;
const isSplit = (): boolean => panes.value.length > 1;

const split: Omit<Command, 'label' | 'isPossible'> = {
  run: () => void splitEditor(),
  key: { held: 'Ctrl', code: 'Backslash', says: 'Ctrl+\\' },
};

/** In the order in which they are listed. */
export const commands: readonly Command[] = [
  { label: 'Split editor', isPossible: () => hasTab() && !isSplit(), ...split },
  { label: 'Open on the other side', isPossible: () => hasTab() && isSplit(), ...split },
  {
    ...{ label: 'Go to the other side', isPossible: isSplit, run: goAcross },
    key: { held: 'Alt', code: 'KeyO', says: 'Alt+O' },
  },
  {
    ...{ label: 'Next tab', isPossible: hasOthers, run: () => void stepTab(1) },
    key: { held: 'Alt', code: 'PageDown', says: 'Alt+Page Down' },
  },
  {
    ...{ label: 'Previous tab', isPossible: hasOthers, run: () => void stepTab(-1) },
    key: { held: 'Alt', code: 'PageUp', says: 'Alt+Page Up' },
  },
  {
    ...{ label: 'Close tab', isPossible: hasTab, run: () => void closeShown() },
    key: { held: 'Alt', code: 'KeyW', says: 'Alt+W' },
  },
  { label: 'Close other tabs', isPossible: hasOthers, run: () => void closeOthers() },
  {
    label: 'Keep tab open',
    isPossible: () => activeTab(focusedPane.value)?.isPreview === true,
    run: keepShown,
  },
  {
    label: 'Save file',
    isPossible: () => unsaved.value.has(selected.value ?? ''),
    run: () => void saveFile(selected.value ?? ''),
  },
  { label: 'New file', isPossible: () => true, run: () => void newFile('') },
];

/** @returns the one that a key stands for and that is possible now. */
export function commandOf(event: KeyboardEvent): Command | undefined {
  const { altKey, ctrlKey, metaKey, shiftKey } = event;
  const isCtrl = ctrlKey || metaKey;
  if (shiftKey || altKey === isCtrl) return undefined;
  // Where a keyboard has the letter elsewhere, the letter counts as well.
  const code = event.key === '\\' ? 'Backslash' : event.code;
  return commands.find(({ key, isPossible }) => {
    return key?.code === code && (key.held === 'Alt') === altKey && isPossible();
  });
}

function keepShown(): void {
  const pane = focusedPane.value;
  const tab = activeTab(pane);
  if (tab !== undefined) showTab(pane, { ...tab, isPreview: false });
}
