/** Two changes of one text brought together, line by line. */
import { merge } from 'node-diff3';
import { marks } from './marks.js';

/** See above. */
export interface Merged {
  readonly text: string;
  /** Whether both changed the same lines: then the text has both, between marks. */
  readonly isConflict: boolean;
}

/** @param base what both started from. */
export function mergeTexts(base: string, mine: string, theirs: string): Merged {
  const lines = (text: string): string[] => text.split('\n');
  const label = { a: marks.mine, b: marks.theirs };
  const { result, conflict } = merge(lines(mine), lines(base), lines(theirs), { label });
  return { text: result.join('\n'), isConflict: conflict };
}
