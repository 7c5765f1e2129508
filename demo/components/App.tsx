/** The whole page: the first screen or the workbench, and the dialogs above either. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { beginToFind } from '../state/find.js';
import { listedCount } from '../state/merging.js';
import { saveFile } from '../state/save.js';
import { focus, panel, repositoryName, screen, selected, unsaved } from '../state/session.js';
import { tabsOnKey } from './tab-keys.js';
import { Changes } from './Changes.js';
import { Dialogs } from './Dialogs.js';
import { EditorArea } from './EditorArea.js';
import { FileTree } from './FileTree.js';
import { Finder } from './Finder.js';
import { History } from './History.js';
import { Icon, type IconName } from './icons.js';
import { MergeBar } from './MergeBar.js';
import { Notices } from './Notices.js';
import { Start } from './Start.js';
import { TopBar } from './TopBar.js';

type Layout = 'wide' | 'medium' | 'narrow';

const isWide = matchMedia('(min-width: 68rem)');
const isNarrow = matchMedia('(max-width: 44rem)');
/** How many panes there is room for: three, two, or one. The style sheet has the same widths. */
const layout = signal<Layout>(measure());
for (const query of [isWide, isNarrow]) {
  query.addEventListener('change', () => (layout.value = measure()));
}

function measure(): Layout {
  if (isWide.matches) return 'wide';
  return isNarrow.matches ? 'narrow' : 'medium';
}

export function App() {
  useEffect(() => {
    addEventListener('keydown', saveOnKey);
    addEventListener('keydown', findOnKey);
    addEventListener('keydown', tabsOnKey);
    addEventListener('beforeunload', warnOfUnsaved);
    return () => {
      removeEventListener('keydown', saveOnKey);
      removeEventListener('keydown', findOnKey);
      removeEventListener('keydown', tabsOnKey);
      removeEventListener('beforeunload', warnOfUnsaved);
    };
  }, []);
  const name = screen.value === 'open' ? repositoryName.value : '';
  useEffect(() => {
    document.title = name === '' ? 'gitws' : `${name} · gitws`;
  }, [name]);
  return (
    <>
      {screen.value === 'starting' && <Starting />}
      {screen.value === 'start' && <Start />}
      {screen.value === 'open' && <Workbench />}
      <Finder />
      <Dialogs />
    </>
  );
}

/** Comes to be seen only where opening takes its time: another tab may be at work on it. */
function Starting() {
  return (
    <main class="starting">
      <h1 class="hidden">gitws</h1>
      <Notices />
    </main>
  );
}

function Workbench() {
  const space = layout.value;
  const isFile = focus.value === 'file';
  // Files have a column of their own where there is room: then the other one is never empty.
  const shown = space === 'wide' && panel.value === 'files' ? 'changes' : panel.value;
  const isPanel = space !== 'narrow' || !isFile;
  // On a telephone the pane that is shown is all that there is.
  const Pane = space === 'narrow' ? 'main' : 'section';
  return (
    <div class="bench" data-layout={space}>
      <TopBar />
      <MergeBar />
      {(space === 'wide' || (isPanel && shown === 'files')) && (
        <Pane class="pane pane-files" aria-label="Files">
          <FileTree />
        </Pane>
      )}
      {(space !== 'narrow' || isFile) && (
        <main class="pane pane-file" aria-label="Editor">
          <EditorArea />
        </main>
      )}
      <Views layout={space} shown={space === 'narrow' && isFile ? 'file' : shown} />
      {isPanel && shown === 'changes' && (
        <Pane class="pane pane-side" aria-label="Changes">
          <Changes />
        </Pane>
      )}
      {isPanel && shown === 'history' && (
        <Pane class="pane pane-side" aria-label="History">
          <History />
        </Pane>
      )}
      <Notices />
    </div>
  );
}

type View = 'files' | 'file' | 'changes' | 'history';

const views: readonly { view: View; label: string; icon: IconName; layouts: readonly Layout[] }[] =
  [
    { view: 'files', label: 'Files', icon: 'folder', layouts: ['medium', 'narrow'] },
    { view: 'file', label: 'Editor', icon: 'edit', layouts: ['narrow'] },
    { view: 'changes', label: 'Changes', icon: 'check', layouts: ['wide', 'medium', 'narrow'] },
    { view: 'history', label: 'History', icon: 'history', layouts: ['wide', 'medium', 'narrow'] },
  ];

function Views({ layout: space, shown }: { readonly layout: Layout; readonly shown: View }) {
  const show = (view: View): void => {
    if (view !== 'file') panel.value = view;
    focus.value = view === 'file' ? 'file' : 'panel';
  };
  return (
    <nav class="views" aria-label="Views">
      {views
        .filter(({ layouts }) => layouts.includes(space))
        .map(({ view, label, icon }) => (
          <button
            type="button"
            key={view}
            aria-current={view === shown ? 'page' : undefined}
            onClick={() => show(view)}
          >
            <Icon name={icon} />
            {label}
            {view === 'changes' && listedCount.value > 0 && (
              <span class="count">{listedCount.value}</span>
            )}
          </button>
        ))}
    </nav>
  );
}

function saveOnKey(event: KeyboardEvent): void {
  if (event.key !== 's' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) {
    return;
  }
  // The browser would offer to save the page.
  event.preventDefault();
  const path = selected.value;
  if (path !== undefined && unsaved.value.has(path)) void saveFile(path);
}

function findOnKey(event: KeyboardEvent): void {
  const isHeld = event.ctrlKey || event.metaKey;
  const isCommand = event.key === 'F1' && !isHeld && !event.shiftKey;
  if (!(isHeld || isCommand) || event.altKey || screen.value !== 'open') return;
  const key = event.key.toLowerCase();
  if (isCommand) beginToFind('commands');
  else if (key === 'p') beginToFind(event.shiftKey ? 'commands' : 'files');
  else if (key === 'f' && event.shiftKey) beginToFind('text');
  else return;
  // The browser would offer to print the page.
  event.preventDefault();
}

function warnOfUnsaved(event: BeforeUnloadEvent): void {
  if (unsaved.value.size > 0) event.preventDefault();
}
