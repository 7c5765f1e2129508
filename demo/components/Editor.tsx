/** CodeMirror in the page: one view for a side of the editor, given the text of whichever document is shown. */
import { basicSetup } from 'codemirror';
import { Compartment } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'preact/hooks';
import type { Chunk, ChunkAction } from '../editor/chunks.js';
import { conflictsWithin, type SideNames } from '../editor/conflicts.js';
import { changesWithin } from '../editor/diff.js';
import { openDocument } from '../editor/documents.js';
import { languageOf } from '../editor/languages.js';
import type { SharedText } from '../editor/shared-text.js';
import { theme } from '../editor/theme.js';
import { focusedPane } from '../state/panes.js';
import { revealed } from '../state/session.js';
import type { FileContent } from '../worker/files.js';
import { usePane } from './pane-context.js';

interface EditorProps {
  readonly path: string;
  readonly content: Extract<FileContent, { kind: 'text' }>;
  /** What its changes are shown against, where they are. */
  readonly original: string | undefined;
  /** What can be done with a change. */
  readonly action?: ChunkAction | undefined;
  /** Where it has conflicts. */
  readonly conflict?: EditorConflict | undefined;
}

/** What the editor of a text with conflicts needs to know, and to whom it tells of them. */
export interface EditorConflict {
  readonly names: SideNames;
  /** Gets the editor; undefined when there is none any more. */
  readonly onView: (view: EditorView | undefined) => void;
  readonly onCount: (count: number) => void;
}

/** The place of the changes in an editor's configuration: they come and go. */
const changesPlace = new Compartment();
/** The same, of conflicts. */
const conflictPlace = new Compartment();

export function Editor({ path, content, original, action, conflict }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const shared = useRef<SharedText>(null);
  const pane = usePane();
  const act = useRef(action);
  act.current = action;
  useEffect(() => {
    if (host.current === null) return;
    const created = new EditorView({ parent: host.current });
    view.current = created;
    // A message below makes it smaller: what is being written stays in sight.
    let isFirst = true;
    const resized = new ResizeObserver(() => {
      const isMade = isFirst;
      isFirst = false;
      if (isMade || !created.hasFocus) return;
      created.dispatch({ effects: EditorView.scrollIntoView(created.state.selection.main.head) });
    });
    resized.observe(host.current);
    return () => {
      resized.disconnect();
      shared.current?.hide(pane.id);
      created.destroy();
    };
  }, []);
  useEffect(() => {
    const { text, lineSeparator } = content;
    const look = [
      basicSetup,
      theme,
      languageOf(path),
      ...[changesPlace.of([]), conflictPlace.of([])],
      // What cannot be edited is still read, and scrolled, with the keyboard.
      EditorView.contentAttributes.of({ 'aria-label': `Contents of ${path}`, tabindex: '0' }),
    ];
    const shown = view.current;
    const document = openDocument(path, text, lineSeparator);
    if (shared.current !== document) shared.current?.hide(pane.id);
    shared.current = document;
    if (shown === null) return;
    document.show(shown, pane.id, look);
    if (!pane.wantsFocus.value) return;
    pane.wantsFocus.value = false;
    shown.focus();
  }, [path, content]);
  useEffect(() => {
    const { lineSeparator } = content;
    const latest = act.current;
    const button = latest && { ...latest, run: (chunk: Chunk) => act.current?.run(chunk) };
    const shown = original === undefined ? [] : changesWithin(original, lineSeparator, button);
    view.current?.dispatch({ effects: changesPlace.reconfigure(shown) });
  }, [path, content, original, action === undefined]);
  const { ours, theirs } = conflict?.names ?? {};
  useEffect(() => {
    const shown = view.current ?? undefined;
    const within = conflict && conflictsWithin(conflict.names, conflict.onCount);
    shown?.dispatch({ effects: conflictPlace.reconfigure(within ?? []) });
    conflict?.onView(shown);
    return () => conflict?.onView(undefined);
  }, [path, content, ours, theirs]);
  const isUsed = pane === focusedPane.value;
  const target = isUsed && revealed.value?.path === path ? revealed.value : undefined;
  useEffect(() => {
    const shown = view.current;
    if (shown === null || target === undefined) return;
    revealed.value = undefined;
    const { from } = shown.state.doc.line(Math.min(target.line, shown.state.doc.lines));
    shown.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    });
    shown.focus();
  }, [target, content]);
  return <div class="editor" ref={host} />;
}
