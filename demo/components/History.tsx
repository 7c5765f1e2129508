/** The commits of the current branch, newest first. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatAge, formatCount, formatTime } from '../format.js';
import type { HistoryEntry, RefLabel } from '../worker/history.js';
import { history, historyHasMore, historyOf, isReadingHistory, labels } from '../state/session.js';
import { readMoreHistory, showHistoryOf } from '../state/workspace.js';
import { changesOf, compareInCommit, inCommit } from '../state/compare.js';
import type { FileEntry } from '../worker/status.js';
import { Empty, IconButton } from './controls.js';
import { StatusLetter } from './StatusLetter.js';
import { Tags } from './Tags.js';
import { Icon, type IconName } from './icons.js';

export function History() {
  const entries = history.value;
  const path = historyOf.value;
  if (isReadingHistory.value) return <Empty icon="history" title="Looking through the commits…" />;
  if (entries.length === 0 && path === undefined) {
    return (
      <Empty icon="history" title="No commits yet">
        <p>The first one begins the history.</p>
      </Empty>
    );
  }
  return (
    <div class="history">
      {path !== undefined && (
        <p class="history-of">
          <span>
            Commits that changed <strong>{path}</strong>
          </span>
          <IconButton
            icon="close"
            label="Show all commits"
            onClick={() => void showHistoryOf(undefined)}
          />
        </p>
      )}
      <ol class="commit-list" aria-label="Commits">
        {entries.map((entry) => (
          <Commit entry={entry} labels={labels.value.get(entry.oid) ?? []} key={entry.oid} />
        ))}
      </ol>
      {historyHasMore.value ? (
        <button type="button" class="button more" onClick={() => void readMoreHistory()}>
          Load more
        </button>
      ) : (
        <p class="history-end">
          {formatCount(entries.length, 'commit')}
          {path === undefined ? ', down to the first one' : ''}
        </p>
      )}
    </div>
  );
}

interface CommitProps {
  readonly entry: HistoryEntry;
  readonly labels: readonly RefLabel[];
}

function Commit({ entry, labels: names }: CommitProps) {
  const isOpen = useSignal(false);
  const { oid, title, body, author, time, parents } = entry;
  return (
    <li class="commit" data-merge={parents.length > 1}>
      <button
        type="button"
        class="commit-head"
        aria-expanded={isOpen}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        {names.length > 0 && (
          <span class="labels">
            {names.map((label) => (
              <Label label={label} key={label.kind + label.name} />
            ))}
          </span>
        )}
        <span class="commit-title">{title || '(no message)'}</span>
        <span class="commit-meta">
          <span class="commit-author">{author.name}</span>
          <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
            {formatAge(time)}
          </time>
          <code>{oid.slice(0, 7)}</code>
        </span>
      </button>
      {isOpen.value && (
        <div class="commit-detail">
          {body !== '' && <p class="commit-body">{body}</p>}
          <dl>
            <dt>Commit</dt>
            <dd>
              <code>{oid}</code>
            </dd>
            <dt>Author</dt>
            <dd>
              {author.name} &lt;{author.email}&gt;
            </dd>
            <dt>Written</dt>
            <dd>{formatTime(time)}</dd>
            {parents.length > 1 && (
              <>
                <dt>Merges</dt>
                <dd>
                  <code>{parents.map((parent) => parent.slice(0, 7)).join(' + ')}</code>
                </dd>
              </>
            )}
          </dl>
          <Tags commit={entry} labels={names} />
          <Changed commit={entry} />
        </div>
      )}
    </li>
  );
}

/** The files that a commit changed. */
function Changed({ commit }: { readonly commit: HistoryEntry }) {
  const changed = useSignal<readonly FileEntry[] | undefined>(undefined);
  useEffect(() => {
    void changesOf(commit.oid).then((files) => (changed.value = files));
  }, [commit.oid]);
  const shown = inCommit.value;
  if (changed.value === undefined) return null;
  if (changed.value.length === 0) return <p class="commit-none">It changed no file.</p>;
  return (
    <ul class="commit-files" aria-label={`Files of ${commit.oid.slice(0, 7)}`}>
      {changed.value.map((file) => (
        <li key={file.path}>
          <button
            type="button"
            aria-current={shown?.commit.oid === commit.oid && shown.file.path === file.path}
            onClick={() => compareInCommit(commit, file)}
          >
            <span class="commit-file" title={file.path}>
              {file.path}
            </span>
            <StatusLetter status={file.status} />
          </button>
        </li>
      ))}
    </ul>
  );
}

const labelIcons: Readonly<Record<RefLabel['kind'], IconName>> = {
  head: 'branch',
  branch: 'branch',
  remote: 'branch',
  tag: 'tag',
};

const labelWords: Readonly<Record<RefLabel['kind'], string>> = {
  head: 'current branch',
  branch: 'branch',
  remote: 'branch on the server',
  tag: 'tag',
};

function Label({ label }: { readonly label: RefLabel }) {
  return (
    <span
      class="ref-label"
      data-kind={label.kind}
      title={`${labelWords[label.kind]} ${label.name}`}
    >
      <Icon name={labelIcons[label.kind]} />
      {label.name}
    </span>
  );
}
