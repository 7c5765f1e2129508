/**
 * The editor in the page's colours. All of them are custom properties, so that it turns dark with
 * the page and without a word from a script.
 */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const chrome = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    fontSize: 'var(--code-size)',
    lineHeight: '1.6',
    fontVariantLigatures: 'none',
  },
  '.cm-content': { padding: '0.75rem 0 40vh', caretColor: 'var(--accent)' },
  '.cm-line': { padding: '0 1rem 0 0.5rem' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    color: 'var(--ink-3)',
    backgroundColor: 'transparent',
    border: 'none',
    paddingLeft: '0.5rem',
  },
  '.cm-activeLine': { backgroundColor: 'var(--code-line)' },
  '.cm-activeLineGutter': { color: 'var(--ink-2)', backgroundColor: 'transparent' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
    { backgroundColor: 'var(--code-selection)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--code-selection)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--code-match)' },
  '.cm-searchMatch': { backgroundColor: 'var(--code-match)' },
  '.cm-foldPlaceholder': {
    color: 'var(--ink-2)',
    backgroundColor: 'var(--sunken)',
    border: '1px solid var(--line)',
  },
  '.cm-panels': {
    color: 'var(--ink)',
    backgroundColor: 'var(--raised)',
    borderColor: 'var(--line)',
  },
  '.cm-panels input, .cm-panels button': { fontSize: '0.8125rem' },
  '.cm-tooltip': {
    color: 'var(--ink)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    color: 'var(--on-accent)',
    backgroundColor: 'var(--accent)',
  },
});

/** What was added and what was taken away: by a ground each, which text of any colour is read on. */
const changes = EditorView.theme({
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': { backgroundColor: 'var(--added-soft)' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--deleted-soft)' },
  '&.cm-merge-b .cm-changedText': { background: 'var(--added-mark)' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': {
    background: 'var(--deleted-mark)',
  },
  '&.cm-merge-b .cm-changedLineGutter': { background: 'var(--added)' },
  '&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter': { background: 'var(--deleted)' },
  '.cm-deletedChunk': { paddingLeft: '0.5rem' },
  '.cm-deletedChunk .cm-chunkButtons': {
    display: 'flex',
    gap: '0.3rem',
    insetInlineEnd: '0.75rem',
    zIndex: '1',
  },
  '.cm-deletedChunk .cm-chunkButtons button': {
    padding: '0 0.5rem',
    border: '1px solid var(--line-strong)',
    borderRadius: '5px',
    color: 'var(--ink-2)',
    backgroundColor: 'var(--raised)',
    fontFamily: 'var(--sans)',
    fontSize: '0.75rem',
  },
  '.cm-deletedChunk button.chunk-discard:is(:hover, :focus-visible)': {
    borderColor: 'var(--bad)',
    color: 'var(--bad)',
  },
  '.cm-deletedChunk button.chunk-stage:is(:hover, :focus-visible)': {
    borderColor: 'var(--accent)',
    color: 'var(--accent)',
  },
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '.cm-collapsedLines': {
    color: 'var(--ink-2)',
    background: 'var(--sunken)',
    fontFamily: 'var(--sans)',
    fontSize: '0.75rem',
    padding: '0.2rem 0.5rem',
  },
});

/** Both sides of a conflict, each on a ground of its own, with a stripe where it begins. */
const conflicts = EditorView.theme({
  '.cm-conflict': {
    borderTop: '1px solid var(--line-strong)',
    backgroundColor: 'var(--sunken)',
    fontFamily: 'var(--sans)',
    fontSize: '0.8125rem',
  },
  // No wider than what is seen: lines may be longer.
  '.cm-conflict-row': {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '0.35rem',
    alignItems: 'center',
    boxSizing: 'border-box',
    maxWidth: 'calc(100cqw - 3.5rem)',
    padding: '0.3rem 0.5rem',
  },
  '.cm-conflict-title': { marginInlineEnd: '0.35rem', color: 'var(--ink-2)', fontWeight: '600' },
  '.cm-conflict button': {
    padding: '0.1rem 0.55rem',
    border: '1px solid var(--line-strong)',
    borderRadius: '5px',
    color: 'var(--ink)',
    backgroundColor: 'var(--raised)',
    fontFamily: 'inherit',
    fontSize: 'inherit',
    cursor: 'pointer',
  },
  '.cm-conflict button:hover': { borderColor: 'var(--ink-3)' },
  '.cm-conflict button:focus-visible': {
    outline: '2px solid var(--accent)',
    outlineOffset: '1px',
  },
  '.cm-conflict button span': { color: 'var(--ink-2)' },
  '.cm-conflict-mark': { color: 'var(--ink-3)', backgroundColor: 'var(--sunken)' },
  '.cm-conflict-mark span': { color: 'inherit !important' },
  '.cm-conflict-ours': {
    backgroundColor: 'var(--ours-soft)',
    boxShadow: 'inset 3px 0 var(--ours)',
  },
  '.cm-conflict-theirs': {
    backgroundColor: 'var(--theirs-soft)',
    boxShadow: 'inset 3px 0 var(--theirs)',
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.unit], color: 'var(--code-number)' },
  { tag: [tags.comment, tags.meta], color: 'var(--code-comment)', fontStyle: 'italic' },
  { tag: [tags.tagName, tags.className, tags.typeName], color: 'var(--code-type)' },
  {
    tag: [tags.attributeName, tags.propertyName, tags.labelName],
    color: 'var(--code-property)',
  },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: 'var(--code-function)',
  },
  { tag: [tags.heading], color: 'var(--code-type)', fontWeight: '700' },
  { tag: [tags.link, tags.url], color: 'var(--code-function)', textDecoration: 'underline' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: [tags.punctuation, tags.bracket, tags.angleBracket], color: 'var(--code-punctuation)' },
  { tag: [tags.monospace, tags.quote], color: 'var(--code-string)' },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

export const theme: Extension = [chrome, changes, conflicts, syntaxHighlighting(colours)];
