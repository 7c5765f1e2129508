/** Two versions of a text in an editor: what they have in common is folded away. */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { basicSetup } from 'codemirror';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
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
 * @returns an extension of its editor. Each change has a button that takes it back.
 */
export function changesWithin(original: string): Extension {
  return unifiedMergeView({
    ...shared,
    original,
    mergeControls: (type, action) =>
      type === 'reject' ? discardButton(action) : document.createElement('span'),
  });
}

/** Shows both, to be read: one below the other, or in two columns. */
export function showDiff(
  parent: HTMLElement,
  { path, before, after }: Texts,
  inColumns: boolean,
): { destroy: () => void } {
  const look = (says: string): Extension => [
    ...[basicSetup, theme, languageOf(path)],
    ...[EditorState.readOnly.of(true), EditorView.editable.of(false)],
    EditorView.contentAttributes.of({ 'aria-label': `${says} ${path}`, tabindex: '0' }),
  ];
  if (inColumns) {
    return new MergeView({
      ...shared,
      parent,
      a: { doc: before, extensions: look('Before:') },
      b: { doc: after, extensions: look('After:') },
    });
  }
  const unified = unifiedMergeView({ ...shared, original: before, mergeControls: false });
  return new EditorView({ parent, doc: after, extensions: [look('Changes in'), unified] });
}

function discardButton(action: (event: MouseEvent) => void): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'chunk-discard';
  button.textContent = 'Discard';
  button.title = 'Make these lines what they were in the last commit';
  button.onmousedown = action;
  button.onkeydown = (event) => {
    if (event.key === 'Enter' || event.key === ' ') action(event as unknown as MouseEvent);
  };
  return button;
}
