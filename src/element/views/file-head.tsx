/** Above a file: its name, and what can be done with it. */
import { nameOf } from '../../base/folders.js';
import { formatFragment } from '../place.js';
import type { Session, State } from '../session.js';
import { CopyButton } from './copy-button.js';
import type { OpenFile } from './shown.js';
import { Icon } from './icon.js';
import { sizeOf } from './time.js';

/** Text that can be edited, in bytes: what a field for it can hold without a stall. */
const maxEdited = 1_000_000;

export function FileHead(props: {
  readonly session: Session;
  readonly state: State;
  readonly file: OpenFile;
}) {
  const { session, state, file } = props;
  const { path, bytes, content } = file;
  const { editable, plain, permalinks } = session.settings;
  const { place } = state;
  const isText = content.kind === 'text' && content.isUtf8;
  const canEdit = editable && isText && bytes.length <= maxEdited && !isCommit(place.ref);
  const isChanged = session.drafts.has(`${place.ref}:${path}`);
  if (plain && !canEdit) return null;
  return (
    <header class={plain ? 'file-head plain-head' : 'file-head'} part="file-head">
      {!plain && (
        <span class="file-name">
          <strong class="cut">{nameOf(path)}</strong> <small>{sizeOf(bytes.length)}</small>
        </span>
      )}
      <span class="spacer" />
      {!plain && (
        <>
          <button
            type="button"
            class="icon-button"
            aria-label="History of this file"
            title="History of this file"
            onClick={() => session.go({ path, view: 'history' })}
          >
            <Icon name="history" />
          </button>
          {permalinks !== undefined && (
            <CopyButton
              icon="link"
              label="Copy a link to this place"
              text={() => linkTo({ ...session.state.place, path }, permalinks)}
            />
          )}
          {content.kind === 'text' && (
            <CopyButton label="Copy the whole text" text={() => content.text} />
          )}
          <button
            type="button"
            class="icon-button"
            aria-label="Download this file"
            title="Download this file"
            onClick={(event) => download(event.currentTarget, nameOf(path), bytes)}
          >
            <Icon name="download" />
          </button>
        </>
      )}
      {canEdit && (
        <button
          type="button"
          class="button"
          part="edit-button"
          onClick={() => session.go({ path, view: 'edit' })}
        >
          <Icon name="edit" />
          {isChanged ? 'Go on editing' : 'Edit'}
        </button>
      )}
    </header>
  );
}

/** Nothing can be pushed to a commit. */
const isCommit = (ref: string): boolean => /^[0-9a-f]{40}$/.test(ref);

function linkTo(place: State['place'], permalinks: string): string {
  const { href } = globalThis.location;
  return `${href.replace(/#.*$/, '')}#${formatFragment(place, permalinks)}`;
}

function download(
  { ownerDocument }: HTMLElement,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const link = ownerDocument.createElement('a');
  // No type that a browser would show in the page's own origin.
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
