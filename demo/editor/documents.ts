/**
 * The text files that are open: the text and the undo history of each, what each editor had of it, and what of it is
 * not saved.
 */
import type { Text } from '@codemirror/state';
import { unsaved } from '../state/session.js';
import { SharedText } from './shared-text.js';

interface Document {
  readonly shared: SharedText;
  /** What the file has. */
  saved: Text;
}

const documents = new Map<string, Document>();

/**
 * @param text what the file has now. A document that is open keeps its edits and its history,
 *   unless it has no edits and the file has become another one: after a pull, say.
 */
export function openDocument(path: string, text: string, lineSeparator: string): SharedText {
  const open = documents.get(path)?.shared;
  if (open !== undefined && (unsaved.value.has(path) || open.textOf(open.doc) === text)) {
    return open;
  }
  const shared = new SharedText(text, lineSeparator, () => {
    // An editor may show what was closed until the file is read again.
    const document = documents.get(path);
    if (document?.shared === shared) setUnsaved(path, !shared.doc.eq(document.saved));
  });
  documents.set(path, { shared, saved: shared.doc });
  return shared;
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
  const { shared, saved } = document;
  const { doc } = shared;
  return {
    text: shared.textOf(doc),
    before: shared.textOf(saved),
    saved() {
      document.saved = doc;
      setUnsaved(path, !shared.doc.eq(doc));
    },
  };
}

/** @returns the edits that are not saved, by their paths. */
export function unsavedTexts(): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [path, { shared }] of documents) {
    if (unsaved.value.has(path)) texts.set(path, shared.textOf(shared.doc));
  }
  return texts;
}

/** Forgets a document and its edits. */
export function closeDocument(path: string): void {
  documents.delete(path);
  setUnsaved(path, false);
}

/** Forgets what is open no more, of what has no edits. @param isOpen in a place of an editor. */
export function closeUnused(
  places: readonly string[],
  isOpen: (path: string, place: string) => boolean,
): void {
  for (const [path, { shared }] of documents) {
    const open = places.filter((place) => isOpen(path, place));
    if (open.length === 0 && !unsaved.value.has(path)) documents.delete(path);
    for (const place of places) if (!open.includes(place)) shared.leave(place);
  }
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
