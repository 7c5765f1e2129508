/** The files as a tree, with what is special and what has changed about each. */
import { signal, useComputed } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../format.js';
import type { FileEntry } from '../worker/status.js';
import { newFile, openFile } from '../state/files.js';
import { sidesOf } from '../state/merging.js';
import { files, selected, unsaved } from '../state/session.js';
import { Empty, IconButton } from './controls.js';
import { Icon, type IconName } from './icons.js';
import { StatusLetter } from './StatusLetter.js';
import { buildRows, type Row } from './tree.js';
import { useVirtualRows } from './virtual.js';

/** With no more files than this, all folders are open at first. */
const fewFiles = 25;

/** Folders that were opened or closed by hand. */
const toggled = signal<ReadonlyMap<string, boolean>>(new Map());
const query = signal('');
/** The row that the Tab key comes to. */
const current = signal<string | undefined>();

/** Of the style sheet's rows, in pixels: fingers need more of it. */
const rowHeight =
  (matchMedia('(pointer: coarse)').matches ? 2.5 : 1.75) *
  parseFloat(getComputedStyle(document.documentElement).fontSize);

function isOpen(folder: string): boolean {
  const chosen = toggled.value.get(folder);
  if (chosen !== undefined) return chosen;
  return files.value.size <= fewFiles || (selected.value?.startsWith(`${folder}/`) ?? false);
}

function toggle(folder: string, open: boolean): void {
  toggled.value = new Map(toggled.value).set(folder, open);
}

function isChanged(file: FileEntry): boolean {
  return file.status !== 'same' || unsaved.value.has(file.path);
}

export function FileTree() {
  const rows = useComputed(() => {
    const words = query.value.trim().toLowerCase();
    if (words === '') return buildRows(files.value.values(), isOpen, isChanged);
    return [...files.value.values()]
      .filter(({ path }) => path.toLowerCase().includes(words))
      .map((file, index, all) => foundRow(file, index, all.length));
  });
  const folder = selected.value?.includes('/')
    ? selected.value.slice(0, selected.value.lastIndexOf('/'))
    : '';
  return (
    <>
      <div class="pane-head">
        <h2>Files</h2>
        <span class="pane-note">{formatCount(files.value.size, 'file')}</span>
        <IconButton icon="plus" label="New file" onClick={() => void newFile(folder)} />
      </div>
      <label class="search">
        <Icon name="search" />
        <span class="hidden">Find a file</span>
        <input
          type="search"
          placeholder="Find a file"
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
        />
      </label>
      <Tree rows={rows.value} />
    </>
  );
}

function Tree({ rows }: { readonly rows: readonly Row[] }) {
  const root = useRef<HTMLDivElement>(null);
  const shown = selected.value;
  useEffect(() => {
    // The button that opened the repository is gone, and the focus with it.
    if (document.activeElement !== document.body) return;
    root.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }, []);
  const stopAt = Math.max(
    0,
    rows.findIndex(({ path }) => path === current.value),
  );
  const { items, total, reveal } = useVirtualRows({
    ...{ count: rows.length, height: rowHeight, root, kept: stopAt },
  });
  useEffect(() => {
    const at = rows.findIndex(({ path }) => path === shown);
    if (at !== -1) reveal(at);
  }, [shown]);
  if (files.value.size === 0) {
    return (
      <Empty icon="file" title="No files yet">
        <p>Make the first one, commit it and push: that is how this repository begins.</p>
      </Empty>
    );
  }
  if (rows.length === 0) return <Empty icon="search" title="No file has that in its name" />;
  const focusRow = ({ path }: Row): boolean => {
    const row = root.current?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`);
    row?.focus();
    return row !== null && row !== undefined;
  };
  const move = (to: Row | undefined): void => {
    if (to === undefined) return;
    current.value = to.path;
    reveal(rows.indexOf(to));
    // It is the Tab key's row now, and so in the page once that is drawn.
    if (!focusRow(to)) requestAnimationFrame(() => void focusRow(to));
  };
  return (
    <div
      class="tree"
      role="tree"
      aria-label="Files"
      ref={root}
      onKeyDown={(event) => onKey(event, rows, move)}
    >
      <div class="tree-space" role="presentation" style={{ height: `${total}px` }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return <TreeRow row={row} top={start} isStop={index === stopAt} key={row.path} />;
        })}
      </div>
    </div>
  );
}

interface TreeRowProps {
  readonly row: Row;
  /** Where it lies, in pixels. */
  readonly top: number;
  readonly isStop: boolean;
}

function TreeRow({ row, top, isStop }: TreeRowProps) {
  const { path, name, level, file } = row;
  const isUnsaved = unsaved.value.has(path);
  return (
    <div
      class="tree-row"
      role="treeitem"
      aria-level={level}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={path === selected.value}
      {...(file === undefined ? { 'aria-expanded': row.isOpen } : {})}
      tabIndex={isStop ? 0 : -1}
      data-path={path}
      data-status={file?.status ?? (row.isChanged && !row.isOpen ? 'inside' : 'same')}
      style={{ '--level': level - 1, top: `${top}px` }}
      title={path}
      onClick={() => {
        current.value = path;
        activate(row, true);
      }}
      onDblClick={() => {
        if (file !== undefined) activate(row, false);
      }}
    >
      <span class="tree-twist">{file === undefined && <Icon name="chevron" />}</span>
      <Icon name={iconOf(row)} />
      <span class="tree-name">{name}</span>
      {file?.kind === 'executable' && <Flag label="executable">x</Flag>}
      {file?.kind === 'symlink' && <Flag label="symbolic link">link</Flag>}
      {sidesOf(path) !== undefined && <Flag label="conflict">!</Flag>}
      {isUnsaved && <span class="unsaved-dot" role="img" aria-label="unsaved" title="unsaved" />}
      {file !== undefined && !isUnsaved && <StatusLetter status={file.status} />}
      {row.isChanged && file === undefined && !row.isOpen && (
        <span class="inside-dot" role="img" aria-label="changes inside" />
      )}
    </div>
  );
}

function Flag(props: { readonly label: string; readonly children: string }) {
  return (
    <span class="flag" title={props.label}>
      <span aria-hidden="true">{props.children}</span>
      <span class="hidden">{props.label}</span>
    </span>
  );
}

/** @param isPreview whether a file is only looked at. */
function activate({ file, path, isOpen: open }: Row, isPreview: boolean): void {
  if (file === undefined) toggle(path, !open);
  else if (file.kind !== 'submodule') void openFile(path, { isPreview });
}

/** The keys of a tree, as the ARIA practices have them. */
function onKey(event: KeyboardEvent, rows: readonly Row[], move: (to?: Row) => void): void {
  // Not the one that has the focus: that may follow a moment later.
  const { path: focused } = (event.target as HTMLElement).dataset;
  const path = rows.some((row) => row.path === current.value) ? current.value : focused;
  const at = rows.findIndex((row) => row.path === path);
  const row = rows[at];
  if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const isFolder = row.file === undefined;
  const actions: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(rows[at + 1]),
    ArrowUp: () => move(rows[at - 1]),
    Home: () => move(rows[0]),
    End: () => move(rows[rows.length - 1]),
    ArrowRight: () => {
      if (isFolder && !row.isOpen) toggle(row.path, true);
      else if (isFolder) move(rows[at + 1]);
    },
    ArrowLeft: () => {
      if (isFolder && row.isOpen) toggle(row.path, false);
      else move(rows.slice(0, at).findLast((other) => other.level < row.level));
    },
    Enter: () => activate(row, false),
    ' ': () => activate(row, true),
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}

function foundRow(file: FileEntry, index: number, count: number): Row {
  const place = { level: 1, position: index + 1, siblings: count };
  return {
    path: file.path,
    name: file.path,
    ...place,
    file,
    isOpen: false,
    isChanged: isChanged(file),
  };
}

function iconOf({ file, isOpen: open }: Row): IconName {
  if (file === undefined) return open ? 'folderOpen' : 'folder';
  if (file.kind === 'symlink') return 'link';
  if (file.kind === 'submodule') return 'box';
  if (file.kind === 'executable') return 'terminal';
  return /\.(png|jpe?g|gif|webp|avif|bmp|ico|svg)$/i.test(file.path) ? 'image' : 'file';
}
