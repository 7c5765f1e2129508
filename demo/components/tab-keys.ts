/** The keys of what can be done with tabs, wherever the focus is. */
import { commandOf } from '../state/commands.js';
import { dialog } from '../state/dialogs.js';
import { finding } from '../state/find.js';
import { screen } from '../state/session.js';

export function tabsOnKey(event: KeyboardEvent): void {
  const isAsking = dialog.value !== undefined || finding.value !== undefined;
  if (screen.value !== 'open' || isAsking) return;
  const command = commandOf(event);
  if (command === undefined) return;
  event.preventDefault();
  command.run();
}
