/** The commits of the current branch, or of all, newest first. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatAge, formatCount, formatTime } from '../format.js';
import type { HistoryEntry, RefLabel } from '../worker/history.js';
import {
  history,
  historyHasMore,
  historyOf,
  historyOfAll,
  isReadingHistory,
  labels,
} from '../state/session.js';
import { readMoreHistory, showAllBranches, showHistoryOf } from '../state/workspace.js';
import { changesOf, compareInCommit } from '../state/compare.js';
import { focusedPane } from '../state/panes.js';
import type { ChangedFile } from '../worker/status.js';
import { Empty, IconButton } from './controls.js';
import { Graph, graphWidth } from './Graph.js';
import { StatusLetter } from './StatusLetter.js';
import { Tags } from './Tags.js';
import { Icon, type IconName } from './icons.js';
import { useVirtualRows } from './virtual.js';

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
      {path === undefined && <Scope />}
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
      <Commits entries={entries} end={<End count={entries.length} path={path} />} />
    </div>
  );
}

/** Whose commits are shown. */
function Scope() {
  const isAll = historyOfAll.value;
  const choose = (all: boolean) => () => void showAllBranches(all);
  return (
    <div class="file-views history-scope" role="group" aria-label="Whose commits">
      <button type="button" aria-pressed={!isAll} onClick={choose(false)}>
        This branch
      </button>
      <button type="button" aria-pressed={isAll} onClick={choose(true)}>
        All branches
      </button>
    </div>
  );
}

interface EndProps {
  readonly count: number;
  readonly path: string | undefined;
}

/** What stands below the last commit that was read. */
function End({ count, path }: EndProps) {
  if (historyHasMore.value) {
    return (
      <button type="button" class="button more" onClick={() => void readMoreHistory()}>
        Load more
      </button>
    );
  }
  return (
    <p class="history-end">
      {formatCount(count, 'commit')}
      {path === undefined && !historyOfAll.value ? ', down to the first one' : ''}
    </p>
  );
}

/** Of a commit with a title of one line, in pixels. */
const usualHeight = 50;

interface CommitsProps {
  readonly entries: readonly HistoryEntry[];
  /** What follows them. */
  readonly end: ComponentChildren;
}

/** The commits that are in sight. Arrows go from one to the next. */
function Commits({ entries, end }: CommitsProps) {
  const root = useRef<HTMLDivElement>(null);
  const opened = useSignal<ReadonlySet<string>>(new Set());
  /** The commit that has the focus, or had it last. */
  const current = useSignal(0);
  // Of fewer commits than before it may be none.
  const kept = Math.min(current.value, entries.length - 1);
  const { items, total, reveal, measure } = useVirtualRows({
    ...{ count: entries.length, height: usualHeight, root, kept },
    keyOf: (index) => entries[index]?.oid ?? '',
  });
  const width = useMemo(() => graphWidth(entries.map(({ graph }) => graph)), [entries]);
  const head = (index: number): HTMLElement | null =>
    root.current?.querySelector(`[data-index="${index}"] .commit-head`) ?? null;
  const stepOnKey = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    const from = items.find(({ index }) => head(index) === document.activeElement);
    if (by === undefined || from === undefined) return;
    event.preventDefault();
    const to = Math.max(0, Math.min(entries.length - 1, from.index + by));
    current.value = to;
    reveal(to);
    const there = head(to);
    // Far away it is in the page only once that is drawn.
    if (there === null) requestAnimationFrame(() => head(to)?.focus());
    else there.focus();
  };
  const toggle = (oid: string): void => {
    const next = new Set(opened.value);
    if (!next.delete(oid)) next.add(oid);
    opened.value = next;
  };
  return (
    <div class="commit-scroll" ref={root}>
      <ol
        class="commit-list"
        aria-label="Commits"
        style={{ height: `${total}px` }}
        onKeyDown={stepOnKey}
      >
        {items.map(({ index, start }) => {
          const entry = entries[index];
          return (
            entry && (
              <li
                class="commit-place"
                data-index={index}
                ref={measure}
                key={entry.oid}
                style={{ top: `${start}px` }}
                aria-setsize={historyHasMore.value ? -1 : entries.length}
                aria-posinset={index + 1}
                onFocusIn={() => (current.value = index)}
              >
                <Commit
                  entry={entry}
                  labels={labels.value.get(entry.oid) ?? []}
                  graph={width}
                  isOpen={opened.value.has(entry.oid)}
                  toggle={() => toggle(entry.oid)}
                />
              </li>
            )
          );
        })}
      </ol>
      {end}
    </div>
  );
}

interface CommitProps {
  readonly entry: HistoryEntry;
  /** The width of the drawing, in pixels. */
  readonly graph: number;
  readonly labels: readonly RefLabel[];
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function Commit({ entry, labels: names, graph: width, isOpen, toggle }: CommitProps) {
  const { oid, title, body, author, time, parents, graph } = entry;
  const isMerge = parents.length > 1;
  return (
    <div class="commit" data-merge={isMerge} data-plain={graph === undefined}>
      {graph !== undefined && <Graph row={graph} width={width} isMerge={isMerge} />}
      <div style={graph === undefined ? {} : { paddingLeft: `${width + 4}px` }}>
        <button type="button" class="commit-head" aria-expanded={isOpen} onClick={toggle}>
          {names.length > 0 && (
            <span class="labels">
              {names.map((label) => (
                <Label label={label} key={label.kind + label.name} />
              ))}
            </span>
          )}
          <span class="commit-title">
            {title || '(no message)'}
            {isMerge && <span class="hidden"> (a merge)</span>}
          </span>
          <span class="commit-meta">
            <span class="commit-author">{author.name}</span>
            <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>
              {formatAge(time)}
            </time>
            <code>{oid.slice(0, 7)}</code>
          </span>
        </button>
        {isOpen && (
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
              {isMerge && (
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
      </div>
    </div>
  );
}

/** The files that a commit changed. */
function Changed({ commit }: { readonly commit: HistoryEntry }) {
  const changed = useSignal<readonly ChangedFile[] | undefined>(undefined);
  useEffect(() => {
    void changesOf(commit.oid).then((files) => (changed.value = files));
  }, [commit.oid]);
  const shown = focusedPane.value.inCommit.value;
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
