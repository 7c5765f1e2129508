/** Two versions of a file, to be looked at: what a commit did to it, or what is in no commit yet. */
import { useEffect, useRef } from 'preact/hooks';
import { showDiff } from '../editor/diff.js';
import { chunkAction } from '../state/stage-chunk.js';
import type { Versions } from '../worker/changes.js';
import type { FileContent } from '../worker/files.js';
import { inColumns } from '../state/compare.js';
import { openFile } from '../state/files.js';
import { files } from '../state/session.js';
import { Empty, IconButton } from './controls.js';
import { usePane } from './pane-context.js';
import { StatusLetter } from './StatusLetter.js';
import { Content } from './Viewers.js';

/** What a commit did to one of its files, in the place of the editor. */
export function CommitFile() {
  const pane = usePane();
  const shown = pane.inCommit.value;
  if (shown === undefined) return null;
  const { commit, file } = shown;
  const { path } = file;
  return (
    <>
      <header class="file-head">
        <h2 class="file-name" title={path}>
          {path}
        </h2>
        <StatusLetter status={file.status} />
        <span class="file-commit" title={commit.title}>
          in <code>{commit.oid.slice(0, 7)}</code> {commit.title}
        </span>
        <span class="spacer" />
        <Columns />
        {files.value.has(path) && (
          <IconButton
            icon="edit"
            label={`Open ${path} as it is now`}
            onClick={() => void openFile(path)}
          />
        )}
        <IconButton
          icon="close"
          label="Leave the commit"
          onClick={() => (pane.inCommit.value = undefined)}
        />
      </header>
      <div class="file-body">
        <Comparison path={path} kind={file.kind} versions={pane.versions.value} />
      </div>
    </>
  );
}

/** Whether both versions stand side by side. */
export function Columns() {
  return (
    <button
      type="button"
      class="button quiet columns-toggle"
      aria-pressed={inColumns.value}
      onClick={() => (inColumns.value = !inColumns.value)}
    >
      Side by side
    </button>
  );
}

interface ComparisonProps {
  readonly path: string;
  readonly kind: string;
  /** undefined while they are read. */
  readonly versions: Versions | undefined;
  /** Which two they are, where lines go from one to the other. */
  readonly between?: 'staged' | 'unstaged' | undefined;
}

/** Both versions, as far as a person can see the difference. */
export function Comparison({ path, kind, versions: both, between }: ComparisonProps) {
  if (kind === 'submodule') {
    return (
      <Empty icon="box" title="Another repository">
        <p>Which commit of it belongs here has changed. Its files are not part of this one.</p>
      </Empty>
    );
  }
  if (both === undefined) return null;
  const { before, after } = both;
  const [was, is] = [textOf(before), textOf(after)];
  if (was === undefined || is === undefined) return <Others path={path} versions={both} />;
  const same = whatIsTheSame(was, is);
  return (
    <>
      {same !== undefined && <p class="compare-note">{same}</p>}
      <Texts path={path} versions={both} between={between} />
    </>
  );
}

interface TextsProps extends Pick<ComparisonProps, 'path' | 'between'> {
  readonly versions: Versions;
}

function Texts({ path, versions: both, between }: TextsProps) {
  const host = useRef<HTMLDivElement>(null);
  const columns = inColumns.value;
  const before = textOf(both.before) ?? '';
  const after = textOf(both.after) ?? '';
  useEffect(() => {
    if (host.current === null) return undefined;
    const action = between && chunkAction(path, between, both);
    const view = showDiff(host.current, { path, before, after }, columns, action);
    return () => view.destroy();
  }, [path, before, after, columns, between]);
  return <div class="editor compare" data-columns={columns} ref={host} />;
}

/** Pictures, links and bytes: one beside the other. */
function Others({ path, versions: { before, after } }: { path: string; versions: Versions }) {
  return (
    <div class="compare-others">
      <section aria-label="Before">
        <h3>Before</h3>
        <Content path={path} content={before} />
      </section>
      <section aria-label="After">
        <h3>After</h3>
        <Content path={path} content={after} />
      </section>
    </div>
  );
}

/** @returns the text of a file; empty where there is no file; undefined where it is no text. */
function textOf(content: FileContent | undefined): string | undefined {
  if (content === undefined) return '';
  return content.kind === 'text' ? content.text : undefined;
}

/** @returns what to say where no line differs. */
function whatIsTheSame(before: string, after: string): string | undefined {
  if (before === after) return 'Not a byte differs: what has changed is what kind of file it is.';
  const plain = (text: string): string => text.replaceAll('\r\n', '\n');
  return plain(before) === plain(after)
    ? 'Only the ends of lines differ (CRLF and LF).'
    : undefined;
}
