/** Long lists of which only what is in sight is in the page. */
import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

/** A list of rows. */
export interface VirtualRows {
  readonly count: number;
  /** Of a row, in pixels; where rows are measured, what one may be. */
  readonly height: number;
  /** What a row is called, where they are measured: `measure` is the `ref` of each, and `data-index` its number. */
  readonly keyOf?: (index: number) => string;
  /** What scrolls. */
  readonly root: RefObject<HTMLElement | null>;
  /** A row that is there even out of sight: the one that the Tab key comes to. */
  readonly kept: number;
}

/** Which rows are to be shown, and where. */
export interface Shown {
  readonly items: readonly VirtualItem[];
  /** Of all rows, in pixels. */
  readonly total: number;
  /** Brings a row into sight. */
  readonly reveal: (index: number) => void;
  readonly measure: (row: HTMLElement | null) => void;
}

/** Rows above and below what is in sight, so that a page down finds them there. */
const overscan = 25;

export function useVirtualRows({ count, height, root, kept, keyOf }: VirtualRows): Shown {
  const [, render] = useReducer((renders: number) => renders + 1, 0);
  const options = {
    ...{ count, overscan, observeElementRect, observeElementOffset, scrollToFn: elementScroll },
    getScrollElement: () => root.current,
    estimateSize: () => height,
    ...(keyOf && { getItemKey: keyOf }),
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const shown = defaultRangeExtractor(range);
      if (kept < 0 || shown.includes(kept)) return shown;
      return [...shown, kept].sort((a, b) => a - b);
    },
    onChange: () => render(undefined),
  };
  const [rows] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  return {
    items: rows.getVirtualItems(),
    total: rows.getTotalSize(),
    reveal: (index) => rows.scrollToIndex(index, { align: 'auto' }),
    measure: rows.measureElement,
  };
}
