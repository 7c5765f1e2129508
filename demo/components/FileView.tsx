/** The file that is shown: its name, what can be done with it, and what is in it. */
import type { FileContent } from '../worker/files.js';
import type { FileEntry } from '../worker/status.js';
import { comparedIn, inColumns } from '../state/compare.js';
import { discardFile, downloadFile, removeFile } from '../state/files.js';
import { isMerged, sidesOf } from '../state/merging.js';
import { showChanges } from '../state/panes.js';
import { saveFile } from '../state/save.js';
import { showHistoryOf } from '../state/workspace.js';
import { contents, files, merging, unreadable, unsaved } from '../state/session.js';
import { Empty, IconButton } from './controls.js';
import { Conflict } from './Conflict.js';
import { Editor } from './Editor.js';
import { Icon } from './icons.js';
import type { ChunkAction } from '../editor/chunks.js';
import type { Versions } from '../worker/changes.js';
import { chunkAction } from '../state/stage-chunk.js';
import { Columns, CommitFile, Comparison } from './Compare.js';
import { usePane } from './pane-context.js';
import { StatusLetter } from './StatusLetter.js';
import { Binary, Link, Picture } from './Viewers.js';

export function FileView() {
  const pane = usePane();
  if (pane.inCommit.value !== undefined) return <CommitFile />;
  const path = pane.active.value;
  const entry = path === undefined ? undefined : files.value.get(path);
  const sides = path === undefined ? undefined : sidesOf(path);
  if (path !== undefined && sides !== undefined) {
    const here = entry === undefined ? undefined : contents.value.get(path);
    const isThere = entry !== undefined && entry.status !== 'deleted';
    return (
      <>
        <FileHead entry={entry ?? { path, ...goneFile }} content={here} />
        <div class="file-body">
          <Conflict
            path={path}
            sides={sides}
            content={isThere ? here : undefined}
            isRead={!isThere || here !== undefined || unreadable.value.has(path)}
            key={path}
          />
        </div>
      </>
    );
  }
  if (entry === undefined) {
    return (
      <Empty icon="file" title="No file is open">
        <p>Choose one from the tree.</p>
      </Empty>
    );
  }
  const shown = contents.value.get(entry.path);
  return (
    <>
      <FileHead entry={entry} content={shown} />
      <div class="file-body">
        {shown !== undefined && <Body entry={entry} content={shown} key={entry.path} />}
      </div>
    </>
  );
}

/** What a conflict has left nowhere. */
const goneFile = { kind: 'file', status: 'deleted', staged: 'same', unstaged: 'deleted' } as const;

interface FileProps {
  readonly entry: FileEntry;
  readonly content: FileContent;
}

function FileHead({
  entry,
  content: shown,
}: {
  entry: FileEntry;
  content: FileContent | undefined;
}) {
  const pane = usePane();
  const { path, status, kind, staged, unstaged } = entry;
  const isUnsaved = unsaved.value.has(path);
  const isConflict = sidesOf(path) !== undefined;
  const isChanged = !isConflict && (unstaged !== 'same' || isUnsaved);
  const isStaged = !isConflict && staged !== 'same';
  const slash = path.lastIndexOf('/') + 1;
  return (
    <header class="file-head">
      <div class="file-title">
        <h2 class="file-name" title={path}>
          <span class="file-folder">{path.slice(0, slash)}</span>
          {path.slice(slash)}
        </h2>
        <StatusLetter status={isUnsaved && status === 'same' ? 'modified' : status} />
        {isConflict && <span class="flag conflict-flag">conflict</span>}
        {kind !== 'file' && <span class="flag">{kind === 'symlink' ? 'link' : kind}</span>}
      </div>
      <div class="file-actions">
        {(isChanged || isStaged) && <Views isChanged={isChanged} isStaged={isStaged} />}
        {comparedIn(pane) !== undefined && <Columns />}
        {status !== 'added' && (
          <IconButton
            icon="history"
            label={`History of ${path}`}
            onClick={() => void showHistoryOf(path)}
          />
        )}
        {status !== 'deleted' && kind !== 'symlink' && (
          <IconButton
            icon="download"
            label={`Download ${path}`}
            onClick={() => void downloadFile(path)}
          />
        )}
        {isChanged && !isMerged(path) && (
          <IconButton
            icon="undo"
            label={unstaged === 'deleted' ? `Bring ${path} back` : `Discard changes in ${path}`}
            onClick={() => void discardFile(path)}
          />
        )}
        {status !== 'deleted' && !isConflict && (
          <IconButton icon="trash" label={`Delete ${path}`} onClick={() => void removeFile(path)} />
        )}
        {shown?.kind === 'text' && status !== 'deleted' && (
          <button
            type="button"
            class="button save"
            disabled={!isUnsaved}
            aria-label={isUnsaved ? 'Save' : 'Saved'}
            title="Ctrl+S, or ⌘S"
            onClick={() => void saveFile(path)}
          >
            <Icon name="save" /> <span class="wide-only">{isUnsaved ? 'Save' : 'Saved'}</span>
          </button>
        )}
      </div>
    </header>
  );
}

interface ViewsProps {
  readonly isChanged: boolean;
  readonly isStaged: boolean;
}

/** The file itself, what has changed in it, or what of that is staged. */
function Views({ isChanged, isStaged }: ViewsProps) {
  const pane = usePane();
  const shown = comparedIn(pane)?.between;
  const view = (which: typeof shown, label: string) => (
    <button type="button" aria-pressed={shown === which} onClick={() => showChanges(pane, which)}>
      {label}
    </button>
  );
  return (
    <div class="file-views" role="group" aria-label="What is shown">
      {view(undefined, 'File')}
      {isChanged && view('unstaged', 'Changes')}
      {isStaged && view('staged', 'Staged')}
    </div>
  );
}

function Body({ entry, content: shown }: FileProps) {
  const pane = usePane();
  const versions = pane.versions.value;
  const between = comparedIn(pane)?.between;
  const isCompared = between !== undefined;
  const original = originalText(versions);
  const isEditable = shown.kind === 'text' && entry.status !== 'deleted';
  // In one column a text stays what it is, a thing to be edited.
  const isWithin =
    between === 'unstaged' && isEditable && original !== undefined && !inColumns.value;
  if (isCompared && !isWithin) {
    return (
      <Comparison
        path={entry.path}
        kind={entry.kind}
        versions={versions}
        between={merging.value === undefined ? between : undefined}
      />
    );
  }
  switch (shown.kind) {
    case 'text':
      if (!isEditable) {
        const text = { before: shown, after: undefined };
        return <Comparison path={entry.path} kind={entry.kind} versions={text} />;
      }
      return (
        <Editor
          path={entry.path}
          content={shown}
          original={isWithin ? original : undefined}
          action={
            isWithin && merging.value === undefined ? stageHere(entry.path, versions) : undefined
          }
        />
      );
    case 'image':
      return <Picture path={entry.path} type={shown.type} bytes={shown.bytes} />;
    case 'symlink':
      return <Link path={entry.path} target={shown.target} />;
    case 'binary':
      return <Binary reason={shown.reason} bytes={shown.bytes} />;
  }
}

function stageHere(path: string, both: Versions | undefined): ChunkAction | undefined {
  return both && chunkAction(path, 'unstaged', both);
}

/** @returns what the index has of the file; undefined where that is no text, or not read yet. */
function originalText(both: Versions | undefined): string | undefined {
  if (both === undefined) return undefined;
  if (both.before === undefined) return '';
  return both.before.kind === 'text' ? both.before.text : undefined;
}
