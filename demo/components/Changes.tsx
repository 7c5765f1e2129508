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
  included,
  merging,
  selected,
  unsaved,
} from '../state/session.js';
import { isMerged } from '../state/merging.js';
import { pushNow } from '../state/work.js';
import { CommitForm } from './CommitForm.js';
import { Empty, IconButton } from './controls.js';
import { Icon } from './icons.js';
import { ConflictList, MergeForm } from './MergeForm.js';
import { StatusLetter } from './StatusLetter.js';

export function Changes() {
  return merging.value === undefined ? <ToCommit /> : <ToMerge />;
}

/** What a merge that waits brings, and what else has changed: that is no part of it, unless it is chosen. */
function ToMerge() {
  const conflicts = merging.value?.conflicts ?? [];
  const paths = new Set(conflicts.map(({ path }) => path));
  const others = changes.value.filter(({ path }) => !paths.has(path));
  return (
    <div class="changes">
      <ConflictList conflicts={conflicts} />
      {others.length > 0 && (
        <ul class="change-list" aria-label="Changed files">
          {others.map((file) => (
            <Change file={file} key={file.path} />
          ))}
        </ul>
      )}
      <MergeForm />
    </div>
  );
}

function ToCommit() {
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
  const isFixed = isMerged(path);
  const isChosen =
    merging.value === undefined ? !excluded.value.has(path) : isFixed || included.value.has(path);
  return (
    <li class="change" data-status={status} data-selected={path === selected.value}>
      <input
        type="checkbox"
        aria-label={`Commit ${path}`}
        title={isFixed ? 'The merge brings it' : undefined}
        disabled={isFixed}
        checked={isChosen}
        onChange={(event) => choose(path, event.currentTarget.checked)}
      />
      <button type="button" class="change-name" title={path} onClick={() => void openChanges(path)}>
        <span class="change-file">{path.slice(slash)}</span>
        <span class="change-folder">{path.slice(0, Math.max(0, slash - 1))}</span>
      </button>
      {unsaved.value.has(path) && (
        <span class="unsaved-dot" role="img" aria-label="unsaved" title="unsaved" />
      )}
      <StatusLetter status={status} />
      {!isFixed && (
        <IconButton
          icon="undo"
          label={status === 'deleted' ? `Bring ${path} back` : `Discard changes in ${path}`}
          onClick={() => void discardFile(path)}
        />
      )}
    </li>
  );
}

/** All changes are in a commit, but for those that are put out; none are in a merge, but for those that are put in. */
function choose(path: string, isIn: boolean): void {
  const isMerge = merging.value !== undefined;
  const paths = isMerge ? included : excluded;
  const next = new Set(paths.value);
  if (isIn === isMerge) next.add(path);
  else next.delete(path);
  paths.value = next;
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
