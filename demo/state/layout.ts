/** What is open in the editor, as it is kept until the page is loaded again. */
import { batch } from '@preact/signals';
import { allPanes, focusedPane, panes, showTab, splitPanes } from './panes.js';
import { isText } from './storage.js';

/** A side of the editor. */
interface Side {
  readonly paths: readonly string[];
  /** Of these, the one that was only looked at. */
  readonly preview: string | null;
  readonly active: string | null;
}

/** The sides from left to right. */
export interface Layout {
  readonly sides: readonly Side[];
  /** Which of them was used last. */
  readonly focused: number;
}

/** @returns what is open. */
export function readLayout(): Layout {
  const sides = panes.value.map(({ tabs, active }) => ({
    paths: tabs.value.map(({ path }) => path),
    preview: tabs.value.find(({ isPreview }) => isPreview)?.path ?? null,
    active: active.value ?? null,
  }));
  return { sides, focused: panes.value.indexOf(focusedPane.value) };
}

/** Opens what was open, where nothing is. @param isThere of a path whether there is a file still. */
export function restoreLayout(
  { sides, focused }: Layout,
  isThere: (path: string) => boolean,
): void {
  batch(() => {
    const left = sides.filter(({ paths }) => paths.some(isThere)).slice(0, allPanes.length);
    for (const [at, { paths, preview, active }] of left.entries()) {
      const pane = at === 0 ? focusedPane.value : splitPanes();
      const there = paths.filter(isThere);
      const shown = active !== null && there.includes(active) ? active : there[0];
      for (const path of there) {
        showTab(pane, { path, isPreview: path === preview, between: undefined });
      }
      pane.active.value = shown;
    }
    focusedPane.value = panes.value[focused] ?? focusedPane.value;
  });
}

export function isLayout(value: unknown): value is Layout {
  if (typeof value !== 'object' || value === null) return false;
  const { sides, focused } = value as Record<string, unknown>;
  return Array.isArray(sides) && sides.every(isSide) && typeof focused === 'number';
}

function isSide(value: unknown): value is Side {
  if (typeof value !== 'object' || value === null) return false;
  const { paths, preview, active } = value as Record<string, unknown>;
  const isPath = (path: unknown): boolean => path === null || isText(path);
  return Array.isArray(paths) && paths.every(isText) && isPath(preview) && isPath(active);
}
