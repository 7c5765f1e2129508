/** The file that is shown: its name, what can be done with it, and what is in it. */
import type { FileContent } from '../worker/files.js';
import type { FileEntry } from '../worker/status.js';
import { discardFile, downloadFile, removeFile } from '../state/files.js';
import { saveFile } from '../state/save.js';
import { content, files, selected, unsaved } from '../state/session.js';
import { Empty, IconButton } from './controls.js';
import { Editor } from './Editor.js';
import { Icon } from './icons.js';
import { StatusLetter } from './StatusLetter.js';
import { Binary, Link, Picture } from './Viewers.js';

export function FileView() {
  const path = selected.value;
  const entry = path === undefined ? undefined : files.value.get(path);
  if (entry === undefined) {
    return (
      <Empty icon="file" title="No file is open">
        <p>Choose one from the tree.</p>
      </Empty>
    );
  }
  const shown = content.value?.path === entry.path ? content.value.content : undefined;
  return (
    <>
      <FileHead entry={entry} content={shown} />
      <div class="file-body">{shown !== undefined && <Body entry={entry} content={shown} />}</div>
    </>
  );
}

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
  const { path, status, kind } = entry;
  const isUnsaved = unsaved.value.has(path);
  const slash = path.lastIndexOf('/') + 1;
  return (
    <header class="file-head">
      <h2 class="file-name" title={path}>
        <span class="file-folder">{path.slice(0, slash)}</span>
        {path.slice(slash)}
      </h2>
      <StatusLetter status={isUnsaved && status === 'same' ? 'modified' : status} />
      {kind !== 'file' && <span class="flag">{kind === 'symlink' ? 'link' : kind}</span>}
      <span class="spacer" />
      {status !== 'deleted' && kind !== 'symlink' && (
        <IconButton
          icon="download"
          label={`Download ${path}`}
          onClick={() => void downloadFile(path)}
        />
      )}
      {(status !== 'same' || isUnsaved) && (
        <IconButton
          icon="undo"
          label={status === 'deleted' ? `Bring ${path} back` : `Discard changes in ${path}`}
          onClick={() => void discardFile(path)}
        />
      )}
      {status !== 'deleted' && (
        <IconButton icon="trash" label={`Delete ${path}`} onClick={() => void removeFile(path)} />
      )}
      {shown?.kind === 'text' && status !== 'deleted' && (
        <button
          type="button"
          class="button save"
          disabled={!isUnsaved}
          title="Ctrl+S, or ⌘S"
          onClick={() => void saveFile(path)}
        >
          <Icon name="save" /> {isUnsaved ? 'Save' : 'Saved'}
        </button>
      )}
    </header>
  );
}

function Body({ entry, content: shown }: FileProps) {
  switch (shown.kind) {
    case 'text':
      return <Editor path={entry.path} content={shown} isReadOnly={entry.status === 'deleted'} />;
    case 'image':
      return <Picture path={entry.path} type={shown.type} bytes={shown.bytes} />;
    case 'symlink':
      return <Link path={entry.path} target={shown.target} />;
    case 'binary':
      return <Binary reason={shown.reason} bytes={shown.bytes} />;
  }
}
