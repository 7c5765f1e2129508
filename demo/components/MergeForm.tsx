/** What a merge that waits consists of, and the form that makes its commit. */
import { openFile } from '../state/files.js';
import { unresolved } from '../state/merging.js';
import { finishMerge, mergeText } from '../state/resolve.js';
import { activity, author, mergeMessage, merging, selected } from '../state/session.js';
import type { ConflictedFile } from '../worker/conflicts.js';
import { AuthorFields } from './AuthorFields.js';
import { Icon } from './icons.js';
import { SubmitForm } from './SubmitForm.js';

/** The files that both sides changed. */
export function ConflictList({ conflicts }: { readonly conflicts: readonly ConflictedFile[] }) {
  return (
    <ul class="change-list conflict-list" aria-label="Files with conflicts">
      {conflicts.map(({ path, sides }) => {
        const isResolved = sides === undefined;
        const state = isResolved ? 'resolved' : 'to be resolved';
        return (
          <li class="change" data-selected={path === selected.value} key={path}>
            <span class="conflict-state" data-resolved={isResolved} title={state}>
              <Icon name={isResolved ? 'check' : 'alert'} />
            </span>
            <button
              type="button"
              class="change-name"
              title={path}
              onClick={() => void openFile(path)}
            >
              <span class="change-file">{path.slice(path.lastIndexOf('/') + 1)}</span>
              <span class="change-folder">{path.slice(0, Math.max(0, path.lastIndexOf('/')))}</span>
              <span class="hidden">{state}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

export function MergeForm() {
  if (merging.value === undefined || merging.value.isBroken) return null;
  const { name, email } = author.value;
  const isReady =
    unresolved.value.length === 0 &&
    activity.value === undefined &&
    [mergeText.value, name, email].every((text) => text.trim() !== '');
  const submit = (): void => {
    if (isReady) void finishMerge();
  };
  return (
    <SubmitForm onSubmit={submit}>
      <label class="label" for="message">
        Message of the merge
      </label>
      <textarea
        id="message"
        class="input"
        rows={3}
        value={mergeText.value}
        onInput={(event) => (mergeMessage.value = event.currentTarget.value)}
      />
      <AuthorFields />
      <button class="button primary" disabled={!isReady}>
        <Icon name="merge" /> Finish merge
      </button>
    </SubmitForm>
  );
}
