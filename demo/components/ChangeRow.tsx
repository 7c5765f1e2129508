/** A changed file in a list: its name opens what has changed in it. */
import type { ComponentChildren } from 'preact';
import { discardFile, openFile } from '../state/files.js';
import { comparedIn } from '../state/compare.js';
import { focusedPane } from '../state/panes.js';
import { selected, unsaved } from '../state/session.js';
import type { FileEntry } from '../worker/status.js';
import { IconButton } from './controls.js';
import { StatusLetter } from './StatusLetter.js';

interface ChangeRowProps {
  readonly file: FileEntry;
  /** Which of its changes it is listed for. */
  readonly of: 'staged' | 'unstaged' | 'status';
  /** What stands before its name. */
  readonly before?: ComponentChildren;
  /** What can be done with it. */
  readonly children: ComponentChildren;
}

export function ChangeRow({ file, of, before, children }: ChangeRowProps) {
  const { path } = file;
  const slash = path.lastIndexOf('/') + 1;
  const which = of === 'status' ? (file.unstaged === 'same' ? 'staged' : 'unstaged') : of;
  // Listed twice, it is looked at in one of them.
  const isOther =
    of !== 'status' && ![undefined, of].includes(comparedIn(focusedPane.value)?.between);
  const isSelected = path === selected.value && !isOther;
  return (
    <li class="change" data-status={file[of]} data-selected={isSelected}>
      {before}
      <button
        type="button"
        class="change-name"
        title={path}
        onClick={() => void openFile(path, { isPreview: true, between: which })}
        onDblClick={() => void openFile(path, { between: which })}
      >
        <span class="change-file">{path.slice(slash)}</span>
        <span class="change-folder">{path.slice(0, Math.max(0, slash - 1))}</span>
      </button>
      {of !== 'staged' && unsaved.value.has(path) && (
        <span class="unsaved-dot" role="img" aria-label="unsaved" title="unsaved" />
      )}
      <StatusLetter status={file[of]} />
      {children}
    </li>
  );
}

export function DiscardButton({ file: { path, unstaged } }: { readonly file: FileEntry }) {
  return (
    <IconButton
      icon="undo"
      label={unstaged === 'deleted' ? `Bring ${path} back` : `Discard changes in ${path}`}
      onClick={() => void discardFile(path)}
    />
  );
}
