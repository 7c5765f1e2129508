/** What the next commit takes, and what it does not: two lists of files, between which they go. */
import { useSignal } from '@preact/signals';
import { formatCount } from '../format.js';
import { stageAll, stageFile, unstage, unstageAll } from '../state/stage.js';
import { isWritingFiles, stagedChanges, unstagedChanges } from '../state/session.js';
import type { FileEntry } from '../worker/status.js';
import { ChangeRow, DiscardButton } from './ChangeRow.js';
import { IconButton } from './controls.js';
import { followedBy } from './follow.js';
import type { IconName } from './icons.js';

/** So many files are listed at first, and more of them at a time. */
const listed = 200;

export function Staging() {
  return (
    <>
      <Group
        of="staged"
        title="Staged"
        label="Staged files"
        files={stagedChanges.value}
        all={{ icon: 'minus', label: 'Unstage all', run: unstageAll }}
      />
      <Group
        of="unstaged"
        title="Changes"
        label="Changed files"
        files={unstagedChanges.value}
        all={{ icon: 'plus', label: 'Stage all', run: stageAll }}
      />
    </>
  );
}

interface GroupProps {
  readonly of: 'staged' | 'unstaged';
  readonly title: string;
  readonly label: string;
  readonly files: readonly FileEntry[];
  readonly all: {
    readonly icon: IconName;
    readonly label: string;
    readonly run: () => Promise<void>;
  };
}

function Group({ of, title, label, files, all }: GroupProps) {
  const limit = useSignal(listed);
  if (files.length === 0) return null;
  const more = files.length - limit.value;
  return (
    <div class="change-group">
      <div class="group-head">
        <h2>{title}</h2>
        <span class="pane-note">{formatCount(files.length, 'file')}</span>
        <IconButton
          icon={all.icon}
          label={all.label}
          disabled={isWritingFiles.value}
          onClick={() => void all.run()}
        />
      </div>
      <ul class="change-list" aria-label={label}>
        {files.slice(0, limit.value).map((file) => (
          <Row of={of} file={file} key={file.path} />
        ))}
      </ul>
      {more > 0 && (
        <button type="button" class="button more" onClick={() => (limit.value += listed)}>
          Show {Math.min(more, listed)} of {formatCount(more, 'more file')}
        </button>
      )}
    </div>
  );
}

function Row({ of, file }: Pick<GroupProps, 'of'> & { readonly file: FileEntry }) {
  const { path } = file;
  const isBusy = isWritingFiles.value;
  return (
    <ChangeRow file={file} of={of}>
      {of === 'unstaged' && <DiscardButton file={file} />}
      {of === 'unstaged' ? (
        <IconButton
          icon="plus"
          label={`Stage ${path}`}
          disabled={isBusy}
          onClick={(button) => void followedBy(button, stageFile(path))}
        />
      ) : (
        <IconButton
          icon="minus"
          label={`Unstage ${path}`}
          disabled={isBusy}
          onClick={(button) => void followedBy(button, unstage([path]))}
        />
      )}
    </ChangeRow>
  );
}
