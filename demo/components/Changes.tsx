/** What differs from the last commit, and the form that makes a commit of it. */
import { useState } from 'preact/hooks';
import { formatCount } from '../format.js';
import type { FileEntry } from '../worker/status.js';
import { discardFile, openChanges } from '../state/files.js';
import {
  activity,
  author,
  branches,
  changes,
  distance,
  excluded,
  message,
  selected,
  unsaved,
} from '../state/session.js';
import { commit, pushNow } from '../state/work.js';
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
        <>
          <ul class="change-list" aria-label="Changed files">
            {changed.map((file) => (
              <Change file={file} key={file.path} />
            ))}
          </ul>
          <CommitForm />
        </>
      )}
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

function CommitForm() {
  const count = changes.value.filter(({ path }) => !excluded.value.has(path)).length;
  const { name, email } = author.value;
  const isReady =
    count > 0 && message.value.trim() !== '' && name.trim() !== '' && email.trim() !== '';
  const submit = (): void => {
    if (isReady && activity.value === undefined) void commit();
  };
  return (
    <form
      class="commit-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
      }}
    >
      <label class="label" for="message">
        Commit message
      </label>
      <textarea
        id="message"
        class="input"
        rows={3}
        placeholder="What changed, and why"
        value={message.value}
        onInput={(event) => (message.value = event.currentTarget.value)}
      />
      <AuthorFields />
      <button class="button primary" disabled={!isReady || activity.value !== undefined}>
        <Icon name="check" />
        {count === 0 ? 'Choose a file' : `Commit ${formatCount(count, 'file')}`}
        {branches.value.current !== undefined && count > 0 && ` to ${branches.value.current}`}
      </button>
    </form>
  );
}

/** Asked for once: this browser remembers. */
function AuthorFields() {
  const { name, email } = author.value;
  const [isEditing, setEditing] = useState(name === '' || email === '');
  if (!isEditing) {
    return (
      <p class="author-line">
        <span>
          {name} <span class="author-email">{email}</span>
        </span>
        <button type="button" class="text-button" onClick={() => setEditing(true)}>
          Change
        </button>
      </p>
    );
  }
  return (
    <div class="author-fields">
      <div>
        <label class="label" for="author-name">
          Your name
        </label>
        <input
          id="author-name"
          class="input"
          autocomplete="name"
          value={name}
          onInput={(event) => (author.value = { ...author.value, name: event.currentTarget.value })}
        />
      </div>
      <div>
        <label class="label" for="author-email">
          Email
        </label>
        <input
          id="author-email"
          class="input"
          type="email"
          autocomplete="email"
          value={email}
          onInput={(event) =>
            (author.value = { ...author.value, email: event.currentTarget.value })
          }
        />
      </div>
    </div>
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
