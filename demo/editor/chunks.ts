/** The changes of a text that is compared with another, and buttons at each. */
import { getChunks, getOriginalDoc, goToNextChunk, goToPreviousChunk } from '@codemirror/merge';
import type { Chunk as Compared, MergeView } from '@codemirror/merge';
import type { Text } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import type { LineRange } from '../worker/splice.js';

/** A change, in lines of both texts. */
export interface Chunk {
  readonly before: LineRange;
  readonly after: LineRange;
  /** The newer text as it is edited; undefined where that is not to be edited. */
  readonly text: string | undefined;
}

/** What can be done with a change, beside taking it back. */
export interface ChunkAction {
  readonly label: string;
  readonly title: string;
  readonly run: (chunk: Chunk) => void;
}

/** Keys that go from one change to the next. */
export const chunkKeys = keymap.of([
  { key: 'F7', run: goToNextChunk },
  { key: 'Shift-F7', run: goToPreviousChunk },
]);

/** A button above a change that is shown in one column. */
export function chunkButton({ label, title, run }: ChunkAction): HTMLElement {
  const button = makeButton('chunk-stage', label, title);
  onPressed(button, () => {
    const editor = button.closest<HTMLElement>('.cm-editor');
    const view = editor && EditorView.findFromDOM(editor);
    const above = button.closest<HTMLElement>('.cm-deletedChunk');
    const chunk = view && above && chunkAt(view, view.posAtDOM(above));
    if (!chunk) return;
    // The button goes with the change.
    view.focus();
    run(chunk);
  });
  return button;
}

/** A button between two columns. @param columns gives them, once they are there. */
export function columnButton(
  { label, title, run }: ChunkAction,
  columns: () => MergeView,
): HTMLElement {
  const button = makeButton('chunk-between', label === 'Stage' ? '+' : '−', title);
  button.setAttribute('aria-label', label);
  onPressed(button, () => {
    const { a, b, chunks } = columns();
    const chunk = chunks[Number(button.dataset['chunk'])];
    if (chunk === undefined) return;
    b.focus();
    run({ ...linesOf(chunk, a.state.doc, b.state.doc), text: undefined });
  });
  return button;
}

/** @param text what the button says. */
export function makeButton(look: string, text: string, title: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = look;
  button.textContent = text;
  button.title = title;
  return button;
}

/** Pressed by a pointer or by a key; the editor hears of neither. */
function onPressed(button: HTMLElement, press: () => void): void {
  button.onmousedown = (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.button === 0) press();
  };
  button.onkeydown = (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    press();
  };
}

function chunkAt({ state }: EditorView, at: number): Chunk | undefined {
  const chunk = getChunks(state)?.chunks.find(({ fromB, endB }) => fromB <= at && endB >= at);
  if (chunk === undefined) return undefined;
  const text = state.readOnly ? undefined : state.sliceDoc();
  return { ...linesOf(chunk, getOriginalDoc(state), state.doc), text };
}

/**
 * Of a chunk's own ends one may be missing, where empty lines go: what is changed in it says more. Lines at both ends
 * that are the same in both texts may be among them.
 *
 * @returns the lines of both documents that a change is about.
 */
export function linesOf(
  { changes, fromA, fromB }: Compared,
  a: Text,
  b: Text,
): Pick<Chunk, 'before' | 'after'> {
  const [first, last] = [changes[0], changes.at(-1)];
  const range = (doc: Text, from: number, end: number): LineRange => {
    const lineAt = (at: number): number => doc.lineAt(Math.min(at, doc.length)).number;
    return [lineAt(from) - 1, lineAt(end)];
  };
  return {
    before: range(a, fromA + (first?.fromA ?? 0), fromA + (last?.toA ?? 0)),
    after: range(b, fromB + (first?.fromB ?? 0), fromB + (last?.toB ?? 0)),
  };
}
