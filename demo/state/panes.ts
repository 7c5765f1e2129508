/** Both sides of the editor, with the tabs of each: what is open, and what of it is shown. */
import { batch, computed, signal, type Signal } from '@preact/signals';
import type { Versions } from '../worker/changes.js';
import type { HistoryEntry } from '../worker/history.js';
import type { ChangedFile } from '../worker/status.js';

/** A file that is open on one side. */
export interface Tab {
  readonly path: string;
  /** Whether the next file takes its place: it was only looked at. */
  readonly isPreview: boolean;
  /** Which of its changes are shown; undefined where it is shown itself. */
  readonly between: 'staged' | 'unstaged' | undefined;
}

/** A file of a commit that is looked at. */
export interface InCommit {
  readonly commit: HistoryEntry;
  readonly file: ChangedFile;
}

/** One side of the editor. */
export interface Pane {
  readonly id: 'one' | 'other';
  readonly tabs: Signal<readonly Tab[]>;
  /** The path of the tab that is shown. */
  readonly active: Signal<string | undefined>;
  /** The file of a commit that is shown in the place of the tab. */
  readonly inCommit: Signal<InCommit | undefined>;
  /** What is compared now, once it is read. */
  readonly versions: Signal<Versions | undefined>;
  /** Whether its editor is to take the focus once it is there. */
  readonly wantsFocus: Signal<boolean>;
}

function createPane(id: Pane['id']): Pane {
  return {
    ...{ id, tabs: signal([]), active: signal(), inCommit: signal(), versions: signal() },
    wantsFocus: signal(false),
  };
}

/** There is room for two, whether both are shown or not. */
export const allPanes: readonly [Pane, Pane] = [createPane('one'), createPane('other')];

/** The sides that are shown, from left to right: one of them, or both. */
export const panes = signal<readonly Pane[]>([allPanes[0]]);

/** The side that was used last: files open there. */
export const focusedPane = signal<Pane>(allPanes[0]);

/** The paths of all tabs. */
export const openPaths = computed<ReadonlySet<string>>(
  () => new Set(allPanes.flatMap(({ tabs }) => tabs.value.map(({ path }) => path))),
);

/** The paths of those that are shown. */
export const shownPaths = computed<ReadonlySet<string>>(
  () => new Set(panes.value.flatMap(({ active }) => active.value ?? [])),
);

/** @returns the tab that a side shows. */
export function activeTab({ tabs, active }: Pane): Tab | undefined {
  return tabs.value.find(({ path }) => path === active.value);
}

/**
 * Shows a file in a tab of its own: the one that it has; or a new one, in the place of the one that was only looked at.
 *
 * @param pane the side.
 * @param tab what is shown. One that was kept is kept, whatever this says of it.
 */
export function showTab(pane: Pane, tab: Tab): void {
  const { tabs, active, inCommit } = pane;
  const before = tabs.value;
  const isSame = ({ path }: Tab): boolean => path === tab.path;
  const there = before.find(isSame);
  batch(() => {
    if (there !== undefined) {
      const isPreview = there.isPreview && tab.isPreview;
      tabs.value = before.map((other) => (isSame(other) ? { ...tab, isPreview } : other));
    } else {
      const looked = tab.isPreview ? before.findIndex(({ isPreview }) => isPreview) : -1;
      const beside = before.findIndex(({ path }) => path === active.value);
      const at = looked === -1 ? (beside === -1 ? before.length : beside + 1) : looked;
      tabs.value = before.toSpliced(at, looked === -1 ? 0 : 1, tab);
    }
    active.value = tab.path;
    inCommit.value = undefined;
    focusedPane.value = pane;
    pane.wantsFocus.value = false;
  });
}

/** Shows a tab that is there, as it was left. */
export function activateTab(pane: Pane, path: string): void {
  const tab = pane.tabs.value.find((other) => other.path === path);
  if (tab !== undefined) showTab(pane, tab);
}

/** Keeps tabs that were only looked at. */
export function keepTabs(isKept: (path: string) => boolean): void {
  for (const { tabs } of allPanes) {
    const keeps = ({ path, isPreview }: Tab): boolean => isPreview && isKept(path);
    if (!tabs.value.some(keeps)) continue;
    tabs.value = tabs.value.map((tab) => (keeps(tab) ? { ...tab, isPreview: false } : tab));
  }
}

/** Shows in the focused tab the file itself, or which of its changes. */
export function showChanges(pane: Pane, between: Tab['between']): void {
  const tab = activeTab(pane);
  if (tab !== undefined) showTab(pane, { ...tab, between });
}

/** Takes tabs away; one beside it is shown in the place of one that was shown. A side without tabs goes, but not the last. */
export function dropTabs(pane: Pane, isDropped: (path: string) => boolean): void {
  const { tabs, active } = pane;
  const before = tabs.value;
  const left = before.filter(({ path }) => !isDropped(path));
  if (left.length === before.length) return;
  batch(() => {
    const at = before.findIndex(({ path }) => path === active.value);
    const next =
      before.slice(Math.max(at, 0)).find((tab) => left.includes(tab)) ??
      before.slice(0, Math.max(at, 0)).findLast((tab) => left.includes(tab));
    tabs.value = left;
    active.value = next?.path;
    if (left.length === 0) dropPane(pane);
  });
}

function dropPane(pane: Pane): void {
  pane.inCommit.value = undefined;
  const [other] = panes.value.filter((shown) => shown !== pane);
  if (other === undefined) return;
  panes.value = [other];
  focusedPane.value = other;
}

/** Shows both sides. @returns the one beside what was shown alone, or beside the focused one. */
export function splitPanes(): Pane {
  const pane = focusedPane.value;
  const beside = allPanes[0] === pane ? allPanes[1] : allPanes[0];
  if (!panes.value.includes(beside)) panes.value = [pane, beside];
  return beside;
}

/** Closes all tabs of both sides. What is not saved was asked about by whoever calls this. */
export function clearPanes(): void {
  batch(() => {
    for (const { tabs, active, inCommit } of allPanes) {
      tabs.value = [];
      active.value = inCommit.value = undefined;
    }
    panes.value = [allPanes[0]];
    focusedPane.value = allPanes[0];
  });
}
