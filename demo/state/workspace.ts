/** The open repository: opening, reading again what may have changed, and leaving it. */
import { batch, effect } from '@preact/signals';
import { closeAllDocuments } from '../editor/documents.js';
import { hasDatabase, isThere, openRepository } from '../repository/repository.js';
import type { Repository } from '../repository/repository.js';
import type { FileEntry } from '../worker/status.js';
import { keepInCatalogue, lastOpened, removeFromCatalogue, setLastOpened } from './catalogue.js';
import type { CatalogueEntry } from './catalogue.js';
import { credentialSource } from './dialogs.js';
import { showSelected } from './files.js';
import { isLayout, readLayout, restoreLayout, type Layout } from './layout.js';
import { readMerging, unresolved } from './merging.js';
import { clearPanes, focusedPane, openPaths, showTab } from './panes.js';
import { attempt, perform } from './perform.js';
import { scanAll } from './scan.js';
import * as session from './session.js';
import { isText, recall, remember } from './storage.js';

const pageSize = 20;
/** Whoever wants more than the first page wants many. */
const morePageSize = 100;

/** For what a partial clone has left on the server: asked for whenever it is looked at. */
const whileOpen = credentialSource(new AbortController().signal);

/** The list of commits that is shown: the worker reads on in it. */
let reader = 0;

/** What was open when the page was left. */
effect(() => {
  const id = session.repository.value?.id;
  const layout = readLayout();
  if (id !== undefined) remember('shown', { id, ...layout });
});

/** Opens a repository that this browser has. */
export async function openFromCatalogue(entry: CatalogueEntry): Promise<void> {
  const { id, name, url, gateway } = entry;
  const opened = await perform({ kind: 'open', title: `Opening ${name}` }, async () => {
    // Opened, a database that is not there would be made.
    if (!(await hasDatabase(id))) return false;
    const repository = await openRepository({ id, url, gateway }, whileOpen);
    if (await isThere(repository)) return showRepository(repository, name);
    await repository.git.close();
    return false;
  });
  if (opened?.value === true) return;
  const failure = session.notice.value;
  leaveRepository();
  session.notice.value = failure;
  if (opened?.value !== false) return;
  await removeFromCatalogue(id);
  session.notice.value = {
    tone: 'info',
    title: `${name} is no longer in this browser`,
    text: 'Its data was cleared. Clone it again to go on.',
  };
}

/** Shows a repository that was just opened or cloned. */
export async function showRepository(repository: Repository, name: string): Promise<true> {
  closeAllDocuments();
  const { id, url, gateway, git } = repository;
  try {
    await readAll(repository);
  } catch (error) {
    await git.close();
    throw error;
  }
  const left = recall('shown', isShown, undefined);
  batch(() => {
    session.repository.value = repository;
    session.repositoryName.value = name;
    clearPanes();
    session.contents.value = new Map();
    session.message.value = '';
    session.amending.value = undefined;
    session.included.value = new Set();
    session.mergeMessage.value = undefined;
    session.panel.value =
      unresolved.value.length === 0 && session.merging.value === undefined ? 'files' : 'changes';
    session.focus.value = 'panel';
    session.screen.value = 'open';
  });
  keepInCatalogue({ id, name, url, gateway, usedAt: Date.now() });
  setLastOpened(id);
  showFirst(left?.id === id ? left : undefined);
  await showSelected();
  return true;
}

/** Opens what was open when the page was left, as far as it is there, or else the file to begin with. */
function showFirst(left: Layout | undefined): void {
  if (left !== undefined) restoreLayout(left, (path) => session.files.value.has(path));
  // Who has closed all of it wants to see nothing.
  if (left?.sides.every(({ paths }) => paths.length === 0) === true) return;
  const first = firstToShow(session.files.value);
  if (openPaths.value.size > 0 || first === undefined) return;
  showTab(focusedPane.value, { path: first, isPreview: true, between: undefined });
}

/** Back to the list. What was not saved is asked about by whoever calls this. */
export function leaveRepository(): void {
  closeAllDocuments();
  void session.repository.value?.git.close();
  // Another tab may have another one open.
  if (lastOpened()?.id === session.repository.value?.id) setLastOpened(undefined);
  batch(() => {
    clearPanes();
    session.repository.value = undefined;
    session.files.value = new Map();
    session.history.value = [];
    session.historyOf.value = undefined;
    session.historyOfAll.value = false;
    session.merging.value = undefined;
    session.unmerged.value = undefined;
    session.stashed.value = [];
    session.notice.value = undefined;
    session.screen.value = 'start';
  });
}

/** Reads everything again: after a commit, a pull, a switch, or in a tab that was left. */
export async function refresh(): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  await readAll(repository);
  // It may have been left meanwhile.
  if (session.repository.value !== repository) return;
  await showSelected();
}

/** Reads branches, their distance and the history again: what a fetch or a push changes. */
export async function refreshRefs({ git, dir }: Repository): Promise<void> {
  // As many as were shown, so that the list does not jump back to its first page.
  const count = Math.max(pageSize, session.history.value.length);
  reader += 1;
  const path = session.historyOf.value;
  const all = session.historyOfAll.value;
  const overview = await git.readOverview({ dir, reader, count, path, all });
  const { branches, distance, amendable, labels, history } = overview;
  batch(() => {
    session.branches.value = branches;
    session.distance.value = distance;
    session.amendable.value = amendable;
    // What was to be amended is no longer the last commit.
    if (session.amending.value?.oid !== amendable?.oid) session.amending.value = undefined;
    session.labels.value = labels;
    session.history.value = history.entries;
    session.historyHasMore.value = history.hasMore;
  });
}

/** Shows the commits that changed a file; undefined for all. */
export async function showHistoryOf(path: string | undefined): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  batch(() => {
    session.historyOf.value = path;
    session.history.value = [];
    session.historyHasMore.value = false;
    session.panel.value = 'history';
    session.focus.value = 'panel';
  });
  session.isReadingHistory.value = true;
  await attempt(() => refreshRefs(repository));
  session.isReadingHistory.value = false;
}

/** Shows the commits of all branches and tags, or of the current branch alone. */
export async function showAllBranches(all: boolean): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  session.historyOfAll.value = all;
  await attempt(() => refreshRefs(repository));
}

/** Reads one more page of the history. */
export async function readMoreHistory(): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined) return;
  const { git, dir } = repository;
  const from = reader;
  const page = await attempt(() => git.readMore({ dir, reader, count: morePageSize }));
  if (page === undefined || from !== reader) return;
  batch(() => {
    session.history.value = [...session.history.value, ...page.entries];
    session.historyHasMore.value = page.hasMore;
  });
}

async function readAll(repository: Repository): Promise<void> {
  const files = await scanAll(repository);
  await refreshRefs(repository);
  await readMerging(repository);
  const { git, dir } = repository;
  session.stashed.value = await git.readStashed({ dir });
  session.files.value = files;
}

function isShown(value: unknown): value is ({ id: string } & Layout) | undefined {
  return isLayout(value) && 'id' in value && isText(value.id);
}

function firstToShow(files: ReadonlyMap<string, FileEntry>): string | undefined {
  const paths = [...files.keys()];
  return (
    paths.find((path) => /^readme(\.\w+)?$/i.test(path)) ??
    paths.find((path) => /^index\.\w+$/i.test(path)) ??
    paths.find((path) => !path.includes('/') && !path.startsWith('.'))
  );
}
