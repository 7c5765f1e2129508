/** The conflicts of a text in its editor: whose lines are whose, and buttons that take them. */
import { StateField, Text } from '@codemirror/state';
import type { ChangeSpec, EditorState, Extension, Range } from '@codemirror/state';
import { Decoration, EditorView, WidgetType, type DecorationSet } from '@codemirror/view';
import { findConflicts, keptLines, type Choice, type MarkedConflict } from './conflict-marks.js';

/** Names of both sides: branches, as a rule. */
export interface SideNames {
  readonly ours: string;
  readonly theirs: string;
}

interface Marked {
  readonly conflicts: readonly MarkedConflict[];
  readonly decorations: DecorationSet;
}

/**
 * @param names of both sides.
 * @param told how many conflicts there are, at the beginning and whenever that changes.
 * @returns an extension of the editor of a text with conflicts.
 */
export function conflictsWithin(names: SideNames, told: (count: number) => void): Extension {
  const mark = (state: EditorState): Marked => {
    const conflicts = conflictsOf(state);
    return { conflicts, decorations: decorate(state, conflicts, names) };
  };
  const field = StateField.define<Marked>({
    create: mark,
    update: (before, { docChanged, state }) => (docChanged ? mark(state) : before),
    provide: (of) => EditorView.decorations.from(of, ({ decorations }) => decorations),
  });
  return [
    field,
    EditorView.updateListener.of(({ state }) => told(state.field(field).conflicts.length)),
  ];
}

function conflictsOf({ doc }: EditorState): MarkedConflict[] {
  return findConflicts(doc.iterLines());
}

const lineLooks = {
  mark: Decoration.line({ class: 'cm-conflict-mark' }),
  ours: Decoration.line({ class: 'cm-conflict-ours' }),
  base: Decoration.line({ class: 'cm-conflict-base' }),
  theirs: Decoration.line({ class: 'cm-conflict-theirs' }),
};

function decorate(
  { doc }: EditorState,
  conflicts: readonly MarkedConflict[],
  names: SideNames,
): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const [at, { start, base, middle, end }] of conflicts.entries()) {
    const widget = new Buttons(at, conflicts.length, names);
    ranges.push(Decoration.widget({ widget, block: true, side: -1 }).range(doc.line(start).from));
    for (let number = start; number <= end; number++) {
      const isMark = [start, base, middle, end].includes(number);
      const inBase = base !== undefined && number > base && number < middle;
      const side = inBase ? 'base' : number < middle ? 'ours' : 'theirs';
      ranges.push(lineLooks[isMark ? 'mark' : side].range(doc.line(number).from));
    }
  }
  return Decoration.set(ranges, true);
}

/** What stands above a conflict. */
class Buttons extends WidgetType {
  constructor(
    readonly at: number,
    readonly count: number,
    readonly names: SideNames,
  ) {
    super();
  }

  override eq({ at, count, names }: Buttons): boolean {
    const { ours, theirs } = this.names;
    const isSame = names.ours === ours && names.theirs === theirs;
    return at === this.at && count === this.count && isSame;
  }

  override toDOM(view: EditorView): HTMLElement {
    const { at, count, names } = this;
    const group = document.createElement('div');
    group.className = 'cm-conflict';
    group.setAttribute('role', 'group');
    group.dataset['at'] = String(at);
    const title = `Conflict ${at + 1} of ${count}`;
    group.setAttribute('aria-label', title);
    const head = document.createElement('span');
    head.className = 'cm-conflict-title';
    head.textContent = title;
    const row = document.createElement('div');
    row.className = 'cm-conflict-row';
    row.append(
      head,
      button('Use ours', names.ours, () => takeHere(view, at, 'ours')),
      button('Use theirs', names.theirs, () => takeHere(view, at, 'theirs')),
      button('Use both', '', () => takeHere(view, at, 'both')),
    );
    group.append(row);
    return group;
  }

  /** Clicks and keys are the buttons' own. */
  override ignoreEvent(): boolean {
    return true;
  }
}

function button(label: string, name: string, run: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.append(label);
  if (name !== '') {
    const whose = document.createElement('span');
    whose.textContent = ` ${name}`;
    made.append(whose);
  }
  // The editor keeps its selection.
  made.onmousedown = (event) => event.preventDefault();
  made.onclick = run;
  return made;
}

function takeHere(view: EditorView, at: number, choice: Choice): void {
  take(view, [at], choice);
  const left = conflictsOf(view.state).length;
  if (left > 0) showConflict(view, Math.min(at, left - 1));
  else view.focus();
}

/** Takes the same of all conflicts. */
export function takeAll(view: EditorView, choice: Choice): void {
  take(view, [...conflictsOf(view.state).keys()], choice);
  view.focus();
}

/** One change, which is undone as one. */
function take(view: EditorView, which: readonly number[], choice: Choice): void {
  const { doc } = view.state;
  const conflicts = conflictsOf(view.state);
  const changes = which.flatMap((at): ChangeSpec[] => {
    const conflict = conflicts[at];
    if (conflict === undefined) return [];
    const kept = keptLines(conflict, choice).flatMap(([first, last]) =>
      first > last ? [] : [doc.sliceString(doc.line(first).from, doc.line(last).to)],
    );
    const [from, { to }] = [doc.line(conflict.start).from, doc.line(conflict.end)];
    // Nothing is kept: the line goes with what ends it.
    if (kept.length === 0) return [{ from, to: Math.min(to + 1, doc.length), insert: '' }];
    return [{ from, to, insert: Text.of(kept.join('\n').split('\n')) }];
  });
  view.dispatch({ changes, userEvent: 'input.conflict' });
}

/** The conflict that is to have the focus once it is drawn: who steps on before steps on from there. */
const awaited = new WeakMap<EditorView, number>();

/** Goes to the next conflict after the one that has the focus, or the selection is in; or to the one before. */
export function stepConflict(view: EditorView, by: 1 | -1): void {
  const conflicts = conflictsOf(view.state);
  if (conflicts.length === 0) return;
  const at = awaited.get(view) ?? focusedConflict(view);
  if (at !== undefined) {
    showConflict(view, (at + by + conflicts.length) % conflicts.length);
    return;
  }
  const { doc, selection } = view.state;
  const line = doc.lineAt(selection.main.head).number;
  const after = conflicts.findIndex(({ start }) => start > line);
  const before = conflicts.findLastIndex(({ end }) => end < line);
  if (by === 1) showConflict(view, after === -1 ? 0 : after);
  else showConflict(view, before === -1 ? conflicts.length - 1 : before);
}

function focusedConflict(view: EditorView): number | undefined {
  const focused = document.activeElement?.closest<HTMLElement>('.cm-conflict');
  const at = focused?.dataset['at'];
  return at !== undefined && view.dom.contains(focused ?? null) ? Number(at) : undefined;
}

/** Brings a conflict into view, and gives its first button the focus. */
function showConflict(view: EditorView, at: number): void {
  const conflict = conflictsOf(view.state)[at];
  if (conflict === undefined) return;
  const { from } = view.state.doc.line(conflict.start);
  view.dispatch({
    selection: { anchor: from },
    effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 64 }),
  });
  // What is far away is drawn a moment later.
  let tries = 10;
  awaited.set(view, at);
  const focus = (): void => {
    if (awaited.get(view) !== at) return;
    const group = view.dom.querySelector(`.cm-conflict[data-at="${at}"]`);
    const first = group?.querySelector('button');
    first?.focus({ preventScroll: true });
    tries -= 1;
    if (!first && tries > 0) requestAnimationFrame(focus);
    else awaited.delete(view);
  };
  requestAnimationFrame(focus);
}
