/** Merging texts line by line, as git does, and telling where two of them clash. */
import { diff3Merge } from 'node-diff3';

/** Whose version. */
export type Side = 'mine' | 'theirs';

/** A place that both sides changed, each in its way. Either may be empty: deleted lines. */
export interface Place {
  /** Where it begins in my version, from 1. */
  readonly line: number;
  readonly mine: string;
  readonly theirs: string;
}

const lines = /^.*(\r?\n|$)/gm;

/**
 * @param text as isomorphic-git decodes it: bytes that are no UTF-8 are U+FFFD.
 * @returns whether it is a text, which can be taken apart and written again without a loss.
 */
export function isText(text: string): boolean {
  return !/[\0\ufffd]/.test(text);
}

/**
 * @param base what both sides began with; empty if both made the file.
 * @param side whose version is taken where they clash.
 * @returns what both made of it, and the places where they clash.
 */
export function mergeLines(
  base: string,
  mine: string,
  theirs: string,
  side: Side,
): { text: string; places: Place[] } {
  const places: Place[] = [];
  let text = '';
  let line = 1;
  for (const { ok, conflict } of diff3Merge(split(mine), split(base), split(theirs))) {
    if (ok !== undefined) {
      text += ok.join('');
      line += ok.length;
    } else if (conflict !== undefined) {
      const { a, b } = conflict;
      places.push({ line, mine: a.join(''), theirs: b.join('') });
      text += (side === 'mine' ? a : b).join('');
      line += a.length;
    }
  }
  return { text, places };
}

function split(text: string): string[] {
  return text.match(lines) ?? [];
}
