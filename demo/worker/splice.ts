/** Lines of one text in the place of lines of another. */

/** Lines from the first to before the second, counted from 0; either may be none. */
export type LineRange = readonly [from: number, end: number];

/** A difference of two texts, in lines as `\n` divides them: after the last `\n` there is one more, which may be empty. */
export interface LineChange {
  readonly staged: LineRange;
  readonly other: LineRange;
}

/** @returns `staged`, with its lines of the change as `other` has them. What ends a line, and a CR, goes with it. */
export function spliceLines(staged: string, other: string, change: LineChange): string {
  const lines = staged.split('\n');
  const [from, end] = change.staged;
  lines.splice(from, end - from, ...other.split('\n').slice(...change.other));
  return lines.join('\n');
}
