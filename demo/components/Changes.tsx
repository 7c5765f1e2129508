/** What differs from the last commit, and what is not pushed yet. */
import { formatCount } from '../format.js';
import {
  activity,
  branches,
  changes,
  distance,
  included,
  merging,
  unmerged,
} from '../state/session.js';
import { isMerged } from '../state/merging.js';
import { pushNow } from '../state/work.js';
import type { FileEntry } from '../worker/status.js';
import { ChangeRow, DiscardButton } from './ChangeRow.js';
import { CommitForm } from './CommitForm.js';
import { Empty } from './controls.js';
import { Icon } from './icons.js';
import { ConflictList, MergeForm } from './MergeForm.js';
import { SetAside, StashedList } from './Stashed.js';
import { Staging } from './Staging.js';

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
            <MergeChange file={file} key={file.path} />
          ))}
        </ul>
      )}
      <MergeForm />
      <StashedList />
    </div>
  );
}

function ToCommit() {
  const conflicts = unmerged.value?.conflicts ?? [];
  const changed = changes.value;
  return (
    <div class="changes">
      {conflicts.length > 0 ? (
        <>
          <ConflictList conflicts={conflicts} />
          <Staging />
        </>
      ) : changed.length === 0 ? (
        <Empty icon="check" title="Nothing has changed">
          <p>Edit a file and save it, and it is listed here, ready to be committed.</p>
        </Empty>
      ) : (
        <>
          <Staging />
          <SetAside />
        </>
      )}
      <CommitForm />
      <Unpushed />
      <StashedList />
    </div>
  );
}

/** None of these are in the merge's commit, but for those that are put in. */
function MergeChange({ file }: { readonly file: FileEntry }) {
  const { path, unstaged } = file;
  const isFixed = isMerged(path);
  const box = (
    <input
      type="checkbox"
      aria-label={`Commit ${path}`}
      title={isFixed ? 'The merge brings it' : undefined}
      disabled={isFixed}
      checked={isFixed || included.value.has(path)}
      onChange={(event) => include(path, event.currentTarget.checked)}
    />
  );
  return (
    <ChangeRow file={file} of="status" before={box}>
      {!isFixed && unstaged !== 'same' && <DiscardButton file={file} />}
    </ChangeRow>
  );
}

function include(path: string, isIn: boolean): void {
  const next = new Set(included.value);
  if (isIn) next.add(path);
  else next.delete(path);
  included.value = next;
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
