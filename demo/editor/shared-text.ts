/**
 * One text in as many editors as show it. Each editor has its own selection, folds and scroll position; the text and
 * the history of its changes are one, so that what was typed on one side is undone on either.
 */
import { history, redo, redoSelection, undo, undoSelection } from '@codemirror/commands';
import {
  Annotation,
  EditorState,
  Prec,
  Transaction,
  type ChangeSet,
  type Extension,
  type StateCommand,
  type StateEffect,
  type Text,
  type TransactionSpec,
} from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';

/** A place in which the text is shown, or was: its tab is behind another one then. */
interface Place {
  state: EditorState;
  view: EditorView | undefined;
  /** Scrolls to where it was left. */
  scroll: StateEffect<unknown> | undefined;
}

/** Of changes that come from another place, or out of the history. */
const follows = Annotation.define<true>();

export class SharedText {
  readonly #separator: Extension;
  readonly #changed: () => void;
  readonly #places = new Map<string, Place>();
  /** In no editor: the text, and the history, which those of the editors are never asked for. */
  #state: EditorState;

  /**
   * @param lineSeparator is kept, once it is named; else CodeMirror takes any of them and gives back \n.
   * @param changed called after each change.
   */
  constructor(text: string, lineSeparator: string, changed: () => void) {
    this.#separator = EditorState.lineSeparator.of(lineSeparator);
    this.#changed = changed;
    const extensions = [
      ...[this.#separator, history()],
      EditorState.allowMultipleSelections.of(true),
    ];
    this.#state = EditorState.create({ doc: text, extensions });
  }

  get doc(): Text {
    return this.#state.doc;
  }

  /** @returns a text of this one's past or present as a file has it. */
  textOf(doc: Text): string {
    return doc.sliceString(0, doc.length, this.#state.lineBreak);
  }

  /** Changes it, as an editor does. */
  change(spec: TransactionSpec): void {
    this.#take(this.#state.update(spec), undefined);
  }

  /**
   * Shows it in an editor, as it was left in that place.
   *
   * @param place a name of it.
   * @param look makes the editor what it is, where the text comes to a place for the first time.
   */
  show(view: EditorView, place: string, look: Extension): void {
    let there = this.#places.get(place);
    if (there === undefined) {
      const made: Place = { state: this.#state, view: undefined, scroll: undefined };
      const extensions = [this.#separator, this.#following(made), look];
      made.state = EditorState.create({ doc: this.doc, extensions });
      this.#places.set(place, made);
      there = made;
    }
    there.view = view;
    // Set again, the same state would scroll back to its beginning.
    if (view.state === there.state) return;
    view.setState(there.state);
    if (there.scroll !== undefined) view.dispatch({ effects: there.scroll });
  }

  /** The editor of a place shows something else from now on, or goes. */
  hide(place: string): void {
    const there = this.#places.get(place);
    if (there !== undefined) there.view = undefined;
  }

  /** Forgets a place. */
  leave(place: string): void {
    this.#places.delete(place);
  }

  #following(place: Place): Extension {
    const run = (command: StateCommand) => (): boolean => this.#goBack(command, place);
    const keys = keymap.of([
      { key: 'Mod-z', run: run(undo), preventDefault: true },
      { key: 'Mod-y', mac: 'Mod-Shift-z', run: run(redo), preventDefault: true },
      { linux: 'Ctrl-Shift-z', run: run(redo), preventDefault: true },
      { key: 'Mod-u', run: run(undoSelection), preventDefault: true },
      { key: 'Alt-u', mac: 'Mod-Shift-u', run: run(redoSelection), preventDefault: true },
    ]);
    // What the browser's own menu says.
    const beforeinput = ({ inputType }: InputEvent): boolean => {
      if (inputType === 'historyUndo') return this.#goBack(undo, place);
      return inputType === 'historyRedo' && this.#goBack(redo, place);
    };
    // Not when it goes: its elements may have left the page by then.
    const scroll = (_: Event, view: EditorView): void => {
      if (place.view === view) place.scroll = view.scrollSnapshot();
    };
    const listener = EditorView.updateListener.of(({ state, transactions }) => {
      place.state = state;
      for (const transaction of transactions) {
        const isOwn = transaction.annotation(follows) === undefined;
        if (transaction.docChanged && isOwn) this.#take(transaction, place);
      }
    });
    return [Prec.highest([keys, EditorView.domEventHandlers({ beforeinput, scroll })]), listener];
  }

  /** Takes over what was changed in one place, and tells the others. */
  #take(made: Transaction, from: Place | undefined): void {
    const { changes, newSelection, startState } = made;
    // The history gives back the selection that a change was made with.
    if (!this.#state.selection.eq(startState.selection)) {
      this.#state = this.#state.update({ selection: startState.selection }).state;
    }
    const userEvent = made.annotation(Transaction.userEvent);
    this.#state = this.#state.update({
      ...{ changes, selection: newSelection },
      ...(userEvent !== undefined && { userEvent }),
    }).state;
    this.#tell(changes, from);
  }

  /** Undoes or redoes, whichever place it was typed in. */
  #goBack(command: StateCommand, place: Place): boolean {
    command({
      state: this.#state,
      dispatch: (step) => {
        this.#state = step.state;
        place.view?.dispatch({
          ...{ changes: step.changes, selection: step.newSelection, scrollIntoView: true },
          ...{ annotations: follows.of(true), filter: false },
        });
        if (step.docChanged) this.#tell(step.changes, place);
      },
    });
    return true;
  }

  #tell(changes: ChangeSet, from: Place | undefined): void {
    for (const place of this.#places.values()) {
      place.scroll = place.scroll?.map(changes);
      if (place === from) continue;
      const spec = { changes, annotations: follows.of(true), filter: false };
      if (place.view === undefined) place.state = place.state.update(spec).state;
      else place.view.dispatch(spec);
    }
    this.#changed();
  }
}
