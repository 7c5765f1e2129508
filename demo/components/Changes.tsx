/** What differs from the last commit, and what is not pushed yet. */
import { formatCount } from '../format.js';
import type { FileEntry } from '../worker/status.js';
import { discardFile, openChanges } from '../state/files.js';
import {
  activity,
  branches,
  changes,
  distance,
  excluded,
  selected,
  unsaved,
} from '../state/session.js';
import { pushNow } from '../state/work.js';
import { CommitForm } from './CommitForm.js';
import { Empty, IconButton } from './controls.js';
import { Icon } from './icons.js';
import { StatusLetter } from './StatusLetter.js';

export function Changes() {
  const changed = changes.value;
  return (
    <div class="changes">
      {changed.length === 0 ? (
        <Empty icon="check" title="Nothing has changed">
          <p>Edit a file and save it, and it is listed here, ready to be committed.</p>
        </Empty>
      ) : (
        <ul class="change-list" aria-label="Changed files">
          {changed.map((file) => (
            <Change file={file} key={file.path} />
          ))}
        </ul>
      )}
      <CommitForm />
      <Unpushed />
    </div>
  );
}

function Change({ file }: { readonly file: FileEntry }) {
  const { path, status } = file;
  const slash = path.lastIndexOf('/') + 1;
  const include = (isIn: boolean): void => {
    const next = new Set(excluded.value);
    if (isIn) next.delete(path);
    else next.add(path);
    excluded.value = next;
  };
  return (
    <li class="change" data-status={status} data-selected={path === selected.value}>
      <input
        type="checkbox"
        aria-label={`Commit ${path}`}
        checked={!excluded.value.has(path)}
        onChange={(event) => include(event.currentTarget.checked)}
      />
      <button type="button" class="change-name" title={path} onClick={() => void openChanges(path)}>
        <span class="change-file">{path.slice(slash)}</span>
        <span class="change-folder">{path.slice(0, Math.max(0, slash - 1))}</span>
      </button>
      {unsaved.value.has(path) && (
        <span class="unsaved-dot" role="img" aria-label="unsaved" title="unsaved" />
      )}
      <StatusLetter status={status} />
      <IconButton
        icon="undo"
        label={status === 'deleted' ? `Bring ${path} back` : `Discard changes in ${path}`}
        onClick={() => void discardFile(path)}
      />
    </li>
  );
}

function Unpushed() {
  const { current } = branches.value;
  if (current === undefined) return null;
  const ahead = distance.value?.ahead;
  if (ahead === 0) return null;
  return (
    <div class="unpushed">
      <p>
        {ahead === undefined
          ? `The server has no branch ${current}.`
          : `${formatCount(ahead, 'commit')} not pushed yet.`}
      </p>
      <button
        type="button"
        class="button"
        disabled={activity.value !== undefined}
        onClick={() => void pushNow()}
      >
        <Icon name="push" /> Push {current}
      </button>
    </div>
  );
}
