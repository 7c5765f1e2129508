/** Two texts line by line. */
import { structuredPatch } from 'diff';

/** One line of a comparison. */
export interface DiffLine {
  readonly sign: ' ' | '+' | '-';
  readonly text: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** Lines that belong together. */
export interface Hunk {
  readonly lines: readonly DiffLine[];
}

/** Edits after which two texts count as having nothing in common. */
const maxEdits = 4_000;
/** How long one comparison may take, in ms. */
const time = 500;

/** @returns undefined where it would take too long. */
export function compareTexts(before: string, after: string): readonly Hunk[] | undefined {
  const options = { context: 3, maxEditLength: maxEdits, timeout: time };
  const patch = structuredPatch('', '', before, after, '', '', options);
  return patch?.hunks.map(({ oldStart, newStart, lines }) => {
    let [old, now] = [oldStart, newStart];
    return {
      lines: lines
        // "\ No newline at end of file"
        .filter((line) => !line.startsWith('\\'))
        .map((line): DiffLine => {
          const text = line.slice(1);
          if (line.startsWith('+')) return { sign: '+', text, before: undefined, after: now++ };
          if (line.startsWith('-')) return { sign: '-', text, before: old++, after: undefined };
          return { sign: ' ', text, before: old++, after: now++ };
        }),
    };
  });
}
