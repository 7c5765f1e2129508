/** The marks that git leaves in a text where both sides changed the same lines, and what becomes of them. */

/** What is taken of a conflict. */
export type Choice = 'ours' | 'theirs' | 'both';

/** Where a conflict is, by the numbers of lines that are marks. */
export interface MarkedConflict {
  /** `<<<<<<<` */
  readonly start: number;
  /** `|||||||`, where git was told to show what both began with. */
  readonly base: number | undefined;
  /** `=======` */
  readonly middle: number;
  /** `>>>>>>>` */
  readonly end: number;
}

/**
 * @param lines without what ends them.
 * @param first the number of the first.
 * @returns conflicts that are whole, from above to below.
 */
export function findConflicts(lines: Iterable<string>, first = 1): MarkedConflict[] {
  const found: MarkedConflict[] = [];
  let start: number | undefined;
  let base: number | undefined;
  let middle: number | undefined;
  let number = first - 1;
  for (const each of lines) {
    // Where some lines end with CRLF and others do not, the editor takes the CR for a letter.
    const line = each.replace(/\r$/, '');
    number += 1;
    if (line.startsWith('<<<<<<< ')) {
      [start, base, middle] = [number, undefined, undefined];
    } else if (start === undefined) continue;
    else if (middle === undefined && /^\|{7}( |$)/.test(line)) base ??= number;
    else if (middle === undefined && line === '=======') middle = number;
    else if (middle !== undefined && line.startsWith('>>>>>>> ')) {
      found.push({ start, base, middle, end: number });
      start = undefined;
    }
  }
  return found;
}

/** @returns how many conflicts are in a text. */
export function countConflicts(text: string): number {
  return findConflicts(text.split(/\r?\n/)).length;
}

/** @returns the first and the last line of what is kept, as often as something is kept. The first may come after the last. */
export function keptLines(
  { start, base, middle, end }: MarkedConflict,
  choice: Choice,
): readonly (readonly [first: number, last: number])[] {
  const ours = [start + 1, (base ?? middle) - 1] as const;
  const theirs = [middle + 1, end - 1] as const;
  if (choice === 'both') return [ours, theirs];
  return [choice === 'ours' ? ours : theirs];
}
