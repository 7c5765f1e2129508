/** The files: a tree as ARIA has it, of which only the lines in sight are made. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TreeEntry } from '../model/objects.js';
import { folderOf } from '../../base/folders.js';
import type { Session, State } from '../session.js';
import { Icon } from './icon.js';
import { rowsOf, type Row } from './rows.js';

/** Of a line, in px: as styles/frame.css has it. */
const height = 30;
/** Lines that are made above and below those in sight. */
const margin = 15;

export function Tree(props: {
  readonly session: Session;
  readonly state: State;
  readonly onChosen: () => void;
}) {
  const { session, state, onChosen } = props;
  const { path: selected } = state.place;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const folders = useFolders(session, state, open);
  const rows = rowsOf(folders, open);
  const [active, setActive] = useState('');
  const [top, setTop] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  const sight = (list.current?.clientHeight ?? 600) / height;
  const first = Math.max(0, Math.floor(top / height) - margin);
  const last = Math.min(rows.length, Math.ceil(top / height + sight) + margin);
  const at = Math.max(
    0,
    rows.findIndex(({ path }) => path === (active || selected)),
  );

  // What is shown can be seen in the tree.
  useEffect(() => {
    setActive(selected);
    const above = [...ancestorsOf(selected), ...(selected === '' ? [] : [selected])];
    setOpen((before) =>
      above.every((one) => before.has(one)) ? before : new Set([...before, ...above]),
    );
  }, [selected]);
  useEffect(() => reveal(list.current, at), [selected, rows.length > 0]);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  });

  const moveTo = (index: number): void => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, index))];
    if (row === undefined) return;
    reveal(list.current, rows.indexOf(row));
    setTop(list.current?.scrollTop ?? 0);
    wantsFocus.current = true;
    setActive(row.path);
  };
  const toggle = (path: string, isOpen: boolean): void => {
    const next = new Set(open);
    if (isOpen) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  const choose = (row: Row): void => {
    setActive(row.path);
    if (row.entry.kind === 'folder') toggle(row.path, row.path !== selected || !row.isOpen);
    session.go({ path: row.path });
    if (row.entry.kind !== 'folder') onChosen();
  };
  const onKey = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const isFolder = row.entry.kind === 'folder';
    const steps: Readonly<Record<string, () => void>> = {
      ArrowDown: () => moveTo(at + 1),
      ArrowUp: () => moveTo(at - 1),
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      PageDown: () => moveTo(at + Math.floor(sight)),
      PageUp: () => moveTo(at - Math.floor(sight)),
      ArrowRight: () => {
        if (isFolder && !row.isOpen) toggle(row.path, true);
        else if (isFolder && !row.isLoading) moveTo(at + 1);
      },
      ArrowLeft: () => {
        if (row.isOpen) toggle(row.path, false);
        else moveTo(rows.findIndex(({ path }) => path === folderOf(row.path)));
      },
      Enter: () => choose(row),
      ' ': () => choose(row),
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      step();
      return;
    }
    if (event.key.length !== 1) return;
    // As lists everywhere: a letter goes to the next name that begins with it.
    const letter = event.key.toLowerCase();
    const begins = ({ entry }: Row): boolean => entry.name.toLowerCase().startsWith(letter);
    const next = rows.findIndex((one, index) => index > at && begins(one));
    moveTo(next === -1 ? Math.max(at, rows.findIndex(begins)) : next);
  };

  return (
    <div
      class="tree"
      ref={list}
      role="tree"
      aria-label="Files"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKey}
    >
      <div role="none" style={{ height: `${first * height}px` }} />
      {rows.slice(first, last).map((row, index) => (
        <TreeRow
          key={row.path}
          row={row}
          isSelected={row.path === selected}
          isActive={first + index === at}
          onChoose={() => choose(row)}
        />
      ))}
      <div role="none" style={{ height: `${(rows.length - last) * height}px` }} />
    </div>
  );
}

/** What is in the folders that are open, of the commit that is shown. */
function useFolders(
  session: Session,
  { commit, objects }: State,
  open: ReadonlySet<string>,
): ReadonlyMap<string, readonly TreeEntry[]> {
  const [folders, setFolders] = useState(new Map<string, readonly TreeEntry[]>());
  useEffect(() => {
    if (commit === undefined || objects === undefined) return;
    let isOver = false;
    const load = async (): Promise<void> => {
      const paths = ['', ...open];
      const found = paths.map(async (path) => {
        const entry = await objects.find(commit.tree, path);
        if (entry?.kind !== 'folder') return undefined;
        return [path, await objects.tree(entry.oid)] as const;
      });
      const loaded = (await Promise.all(found)).filter((one) => one !== undefined);
      if (!isOver) setFolders(new Map(loaded));
    };
    load().catch((error: unknown) => {
      if (!isOver) session.say('bad', session.failureOf(error).text);
    });
    return () => {
      isOver = true;
    };
  }, [commit?.tree, open]);
  return folders;
}

function TreeRow(props: {
  readonly row: Row;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  readonly onChoose: () => void;
}) {
  const { row, isSelected, isActive, onChoose } = props;
  const { entry, level, position, siblings, isOpen, isLoading } = row;
  const isFolder = entry.kind === 'folder';
  return (
    <div
      class="row"
      role="treeitem"
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={isSelected}
      aria-busy={isLoading}
      {...(isFolder ? { 'aria-expanded': isOpen } : {})}
      tabIndex={isActive ? 0 : -1}
      title={entry.name}
      style={{ paddingInlineStart: `${level * 0.9 - 0.4}rem` }}
      onClick={onChoose}
    >
      <span class={isOpen ? 'twist open' : 'twist'}>{isFolder && <Icon name="chevron" />}</span>
      <Icon name={entry.kind} />
      <span class="cut">{entry.name}</span>
    </div>
  );
}

function ancestorsOf(path: string): string[] {
  const above: string[] = [];
  for (let at = folderOf(path); at !== ''; at = folderOf(at)) above.push(at);
  return above;
}

/** Scrolls the tree, and nothing around it, to a line. */
function reveal(list: HTMLElement | null, index: number): void {
  if (list === null) return;
  const from = index * height;
  if (from < list.scrollTop) list.scrollTop = from;
  else if (from + height > list.scrollTop + list.clientHeight) {
    list.scrollTop = from + height - list.clientHeight;
  }
}
