/** Two versions of a text in an editor: what they have in common is folded away. */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { basicSetup } from 'codemirror';
import { EditorState, Text, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { chunkButton, chunkKeys, columnButton, makeButton, type ChunkAction } from './chunks.js';
import { languageOf } from './languages.js';
import { theme } from './theme.js';

const shared = {
  gutter: true,
  highlightChanges: true,
  collapseUnchanged: { margin: 3, minSize: 6 },
  // Texts that have nothing in common are not compared to the last letter.
  diffConfig: { scanLimit: 2_000, timeout: 200 },
};

/** What is compared. */
export interface Texts {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Changes inside of a text that is edited.
 *
 * @param original what it is compared with.
 * @param lineSeparator what the edited one has at the ends of lines: the CR of no other is a letter.
 * @param action what can be done with a change beside taking it back.
 * @returns an extension of its editor. Each change has a button that takes it back.
 */
export function changesWithin(
  original: string,
  lineSeparator: string,
  action: ChunkAction | undefined,
): Extension {
  const within = unifiedMergeView({
    ...shared,
    original: Text.of(original.split(lineSeparator === '\n' ? '\n' : /\r?\n/)),
    mergeControls: (type, takeBack) =>
      type === 'reject' ? discardButton(takeBack) : buttonOf(action),
  });
  return [within, chunkKeys];
}

function buttonOf(action: ChunkAction | undefined): HTMLElement {
  return action === undefined ? document.createElement('span') : chunkButton(action);
}

/**
 * Shows both, to be read: one below the other, or in two columns.
 *
 * @param action what can be done with a change.
 */
export function showDiff(
  parent: HTMLElement,
  { path, before, after }: Texts,
  inColumns: boolean,
  action?: ChunkAction,
): { destroy: () => void } {
  // Divided as the lines of git are, whatever a CR stands before.
  const lines = (text: string): Text => Text.of(text.split(/\r?\n/));
  const [was, is] = [lines(before), lines(after)];

  const look = (says: string): Extension => [
    ...[basicSetup, theme, languageOf(path), chunkKeys],
    ...[EditorState.readOnly.of(true), EditorView.editable.of(false)],
    EditorView.contentAttributes.of({ 'aria-label': `${says} ${path}`, tabindex: '0' }),
  ];
  if (inColumns) {
    const columns: MergeView = new MergeView({
      ...shared,
      parent,
      a: { doc: was, extensions: look('Before:') },
      b: { doc: is, extensions: look('After:') },
      ...(action && {
        revertControls: 'a-to-b',
        renderRevertControl: () => columnButton(action, () => columns),
      }),
    });
    return columns;
  }
  const mergeControls =
    action && ((type: string) => buttonOf(type === 'accept' ? action : undefined));
  const unified = unifiedMergeView({
    ...shared,
    original: was,
    mergeControls: mergeControls ?? false,
  });
  return new EditorView({ parent, doc: is, extensions: [look('Changes in'), unified] });
}

function discardButton(action: (event: MouseEvent) => void): HTMLElement {
  const button = makeButton('chunk-discard', 'Discard', 'Make these lines what they were');
  button.onmousedown = action;
  button.onkeydown = (event) => {
    if (event.key === 'Enter' || event.key === ' ') action(event as unknown as MouseEvent);
  };
  return button;
}
