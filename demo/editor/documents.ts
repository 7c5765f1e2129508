/**
 * The text files that were opened: their state in the editor, with selection and undo history, and
 * what of it is not saved. CodeMirror's states are values, so keeping them costs little.
 */
import { EditorState, type Extension, type Text } from '@codemirror/state';
import { unsaved } from '../state/session.js';

interface Document {
  state: EditorState;
  /** What the file has. */
  saved: Text;
}

const documents = new Map<string, Document>();

/**
 * @param text what the file has now. A document that is open keeps its edits and its history,
 *   unless it has no edits and the file has become another one: after a pull, say.
 * @param extensions make the editor what it is.
 * @returns the document's state.
 */
export function openDocument(
  path: string,
  text: string,
  lineSeparator: string,
  extensions: Extension,
): EditorState {
  const open = documents.get(path);
  if (open !== undefined && (unsaved.value.has(path) || open.state.sliceDoc() === text)) {
    return open.state;
  }
  // Named, the separator is kept; else CodeMirror takes any of them and gives back \n.
  const separator = EditorState.lineSeparator.of(lineSeparator);
  const state = EditorState.create({ doc: text, extensions: [separator, extensions] });
  documents.set(path, { state, saved: state.doc });
  return state;
}

/** Called with every change of the editor. */
export function updateDocument(path: string, state: EditorState): void {
  const document = documents.get(path);
  if (document === undefined) return;
  document.state = state;
  setUnsaved(path, !state.doc.eq(document.saved));
}

/** What is to be saved of a document. */
export interface Saving {
  readonly text: string;
  /** What the file had when these edits began. */
  readonly before: string;
  /** To be called when the text is saved. */
  readonly saved: () => void;
}

/** @returns undefined if it is not open. */
export function documentToSave(path: string): Saving | undefined {
  const document = documents.get(path);
  if (document === undefined) return undefined;
  const { state, saved } = document;
  return {
    text: state.sliceDoc(),
    before: saved.sliceString(0, saved.length, state.lineBreak),
    saved() {
      document.saved = state.doc;
      setUnsaved(path, !document.state.doc.eq(state.doc));
    },
  };
}

/** @returns the edits that are not saved, by their paths. */
export function unsavedTexts(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [path, { state }] of documents) {
    if (unsaved.value.has(path)) texts.set(path, state.sliceDoc());
  }
  return texts;
}

/** Forgets a document and its edits. */
export function closeDocument(path: string): void {
  documents.delete(path);
  setUnsaved(path, false);
}

/** Forgets all documents, with their edits. */
export function closeAllDocuments(): void {
  documents.clear();
  unsaved.value = new Set();
}

function setUnsaved(path: string, isUnsaved: boolean): void {
  if (unsaved.value.has(path) === isUnsaved) return;
  const paths = new Set(unsaved.value);
  if (isUnsaved) paths.add(path);
  else paths.delete(path);
  unsaved.value = paths;
}
