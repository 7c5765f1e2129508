/** The keys of tabs, wherever the focus is: those that browsers leave to a page. */
import { dialog } from '../state/dialogs.js';
import { finding } from '../state/find.js';
import { screen } from '../state/session.js';
import { closeShown, goAcross, splitEditor, stepTab } from '../state/tabs.js';

/** By the key on the keyboard: with Alt, a Mac writes other letters. */
const withAlt: Readonly<Record<string, () => unknown>> = {
  KeyW: closeShown,
  KeyO: goAcross,
  PageDown: () => stepTab(1),
  PageUp: () => stepTab(-1),
};

export function tabsOnKey(event: KeyboardEvent): void {
  const { altKey, ctrlKey, metaKey, shiftKey, code, key } = event;
  const isAsking = dialog.value !== undefined || finding.value !== undefined;
  if (screen.value !== 'open' || isAsking || shiftKey) return;
  const isSplit = (ctrlKey || metaKey) && !altKey && (key === '\\' || code === 'Backslash');
  const isAlt = altKey && !ctrlKey && !metaKey;
  const action = isSplit ? splitEditor : isAlt ? withAlt[code] : undefined;
  if (action === undefined) return;
  event.preventDefault();
  void action();
}
