/** The tabs of one side of the editor. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { panes, showTab, type Pane, type Tab } from '../state/panes.js';
import { files, unsaved } from '../state/session.js';
import { chooseTab, closeTab, splitEditor } from '../state/tabs.js';
import { IconButton } from './controls.js';
import { Icon } from './icons.js';
import { foldersToTell } from './tab-names.js';

/** Of the tab of a commit's file, which is there as long as it is looked at. */
const commitKey = 'commit';

/** @returns the id of a tab's element: one word, whatever its path is. */
function idOf(pane: Pane, key: string): string {
  return `tab-${pane.id}-${encodeURIComponent(key)}`;
}

/** @returns the id of the tab that a side shows. */
export function shownTabId(pane: Pane): string | undefined {
  if (pane.inCommit.value !== undefined) return idOf(pane, commitKey);
  const path = pane.active.value;
  return path === undefined ? undefined : idOf(pane, `/${path}`);
}

/** @returns the id of what a side's tabs show. */
export function panelId(pane: Pane): string {
  return `panel-${pane.id}`;
}

export function TabStrip({ pane }: { readonly pane: Pane }) {
  const tabs = pane.tabs.value;
  const commit = pane.inCommit.value;
  const shown = shownTabId(pane);
  const folders = foldersToTell(tabs.map(({ path }) => path));
  const keys = [...tabs.map(({ path }) => `/${path}`), ...(commit ? [commitKey] : [])];
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (row.current === null || shown === undefined) return undefined;
    // At once, and whenever there is less room.
    const resized = new ResizeObserver(() => {
      const tab = document.getElementById(shown)?.parentElement;
      tab?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
    resized.observe(row.current);
    return () => resized.disconnect();
  }, [shown, tabs.length]);
  const isSplit = panes.value.length > 1;
  return (
    <div class="tab-strip">
      {/* Owns the tabs, and not the buttons beside them: those are in no tab for whoever hears the page. */}
      <div
        role="tablist"
        aria-label={isSplit ? `Open files, side ${panes.value.indexOf(pane) + 1}` : 'Open files'}
        aria-owns={keys.map((key) => idOf(pane, key)).join(' ')}
        hidden={keys.length === 0}
      />
      <div class="tabs" ref={row} onKeyDown={(event) => onKey(event, pane)}>
        {tabs.map((tab) => (
          <FileTab pane={pane} tab={tab} folder={folders.get(tab.path) ?? ''} key={tab.path} />
        ))}
        {commit !== undefined && (
          <OneTab
            pane={pane}
            of={commitKey}
            title={`${commit.file.path} in ${commit.commit.oid.slice(0, 7)}`}
            isShown
            isPreview
            choose={() => undefined}
            close={() => (pane.inCommit.value = undefined)}
          >
            <Icon name="history" />
            <span class="tab-name">{nameOf(commit.file.path)}</span>
            <span class="tab-folder">{commit.commit.oid.slice(0, 7)}</span>
          </OneTab>
        )}
      </div>
      <IconButton
        icon="columns"
        label={isSplit ? 'Open on the other side (Ctrl+\\)' : 'Split editor (Ctrl+\\)'}
        disabled={pane.active.value === undefined}
        onClick={() => void splitEditor()}
      />
    </div>
  );
}

interface FileTabProps {
  readonly pane: Pane;
  readonly tab: Tab;
  /** What tells it from another one of its name. */
  readonly folder: string;
}

function FileTab({ pane, tab, folder }: FileTabProps) {
  const { path, isPreview } = tab;
  const isUnsaved = unsaved.value.has(path);
  const status = files.value.get(path)?.status ?? 'deleted';
  return (
    <OneTab
      pane={pane}
      of={`/${path}`}
      title={path}
      isShown={pane.active.value === path && pane.inCommit.value === undefined}
      isPreview={isPreview}
      isUnsaved={isUnsaved}
      status={status}
      choose={() => void chooseTab(pane, path)}
      keep={() => showTab(pane, { ...tab, isPreview: false })}
      close={() => void closeTab(pane, path)}
    >
      <span class="tab-name">{nameOf(path)}</span>
      {folder !== '' && <span class="tab-folder">{folder}</span>}
      {status === 'deleted' && <span class="hidden">deleted</span>}
      {isUnsaved && <span class="hidden">unsaved</span>}
    </OneTab>
  );
}

interface OneTabProps {
  readonly pane: Pane;
  /** What tells it from the others of its side. */
  readonly of: string;
  readonly title: string;
  readonly isShown: boolean;
  readonly isPreview: boolean;
  readonly isUnsaved?: boolean;
  readonly status?: string;
  readonly choose: () => void;
  /** Keeps it open; undefined where it cannot be kept. */
  readonly keep?: () => void;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

function OneTab(props: OneTabProps) {
  const { pane, of, title, isShown, isPreview, isUnsaved = false, status, children } = props;
  return (
    <div
      class="tab"
      data-shown={isShown}
      data-preview={isPreview}
      data-unsaved={isUnsaved}
      data-status={status}
      onMouseDown={(event) => {
        // The browser would begin to scroll.
        if (event.button === 1) event.preventDefault();
      }}
      onAuxClick={(event) => {
        if (event.button === 1) props.close();
      }}
    >
      <button
        type="button"
        role="tab"
        id={idOf(pane, of)}
        aria-selected={isShown}
        aria-controls={isShown ? panelId(pane) : undefined}
        tabIndex={isShown ? 0 : -1}
        title={title}
        onClick={props.choose}
        onDblClick={props.keep}
      >
        {children}
      </button>
      <button
        type="button"
        class="tab-close"
        // The key Delete closes a tab that has the focus.
        tabIndex={-1}
        aria-label={`Close ${title}`}
        title={`Close ${title} (Alt+W)`}
        onClick={props.close}
      >
        {isUnsaved && <span class="unsaved-dot" />}
        <Icon name="close" />
      </button>
    </div>
  );
}

/** The keys of tabs, as the ARIA practices have them: what gets the focus is shown. */
function onKey(event: KeyboardEvent, pane: Pane): void {
  const { currentTarget: list, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (!(list instanceof HTMLElement) || !(target instanceof HTMLElement)) return;
  const all = [...list.querySelectorAll<HTMLElement>('[role=tab]')];
  const at = all.indexOf(target);
  if (at === -1) return;
  const go = (to: number): void => {
    const next = all[(to + all.length) % all.length];
    next?.focus();
    next?.click();
  };
  const actions: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => go(at - 1),
    ArrowRight: () => go(at + 1),
    Home: () => go(0),
    End: () => go(-1),
    Delete: () => void closeFocused(target, pane),
  };
  const action = actions[event.key];
  if (action === undefined) return;
  event.preventDefault();
  action();
}

/** Closes the tab that has the focus, which goes to the one that comes in its place. */
async function closeFocused(tab: HTMLElement, pane: Pane): Promise<void> {
  const path = pane.active.value;
  if (pane.inCommit.value !== undefined) pane.inCommit.value = undefined;
  else if (path === undefined || !(await closeTab(pane, path))) return;
  requestAnimationFrame(() => {
    if (tab.isConnected) return;
    const [left = pane] = panes.value.includes(pane) ? [pane] : panes.value;
    document.getElementById(shownTabId(left) ?? '')?.focus();
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
