/** Texts of three sides of a merge, as people make them, and worse. */
import type { Texts } from '../../src/git/merge-file.js';
import type { Random } from '../helpers/random.js';

/** @returns a text with a line for each word; `-` is an empty line. */
export const words = (list: string, end = '\n'): string =>
  list === ''
    ? ''
    : list
        .split(' ')
        .map((word) => `${word === '-' ? '' : word}${end}`)
        .join('');

export const withoutEnd = (text: string): string => text.replace(/\r?\n$/, '');

/** What random texts are like. */
export interface Likeness {
  /** How many lines there are at most at first. */
  readonly most: number;
  /** How many changes a side makes at most. */
  readonly changes: number;
  /** How many lines a change has at most. */
  readonly longest?: number;
  /** How many statements there are to choose from. */
  readonly kinds?: number;
}

/**
 * @param before texts of which each side goes on with its own; there is no base then.
 * @returns texts of which ours and theirs have changed what base has.
 */
export function randomTexts(random: Random, given: Likeness, before?: Texts): Texts {
  const { most, changes, longest = 4, kinds = 400 } = given;
  const line = (): string => {
    const common = ['', '}', '    return;', '  }', '{'];
    return random.below(3) === 0 ? random.pick(common) : `  call(${random.below(kinds)});`;
  };
  const lines = (count: number): string[] => Array.from({ length: count }, line);
  const changed = (before: readonly string[]): string[] => {
    const after = [...before];
    for (let left = 1 + random.below(changes); left > 0; left -= 1) {
      const at = random.below(after.length + 1);
      const count = 1 + random.below(longest);
      const kind = random.below(4);
      if (kind === 0) after.splice(at, count);
      else if (kind === 1) after.splice(at, 0, ...lines(count));
      else if (kind === 2) after.splice(at, 1, line());
      else {
        const moved = after.splice(at, count);
        after.splice(random.below(after.length + 1), 0, ...moved);
      }
    }
    return after;
  };
  const text = (list: readonly string[]): string => {
    const all = list.map((each) => `${each}\n`).join('');
    return random.below(10) === 0 ? withoutEnd(all) : all;
  };
  if (before !== undefined) {
    const next = (side: string): string => text(changed(side.replace(/\n$/, '').split('\n')));
    return { base: '', ours: next(before.ours), theirs: next(before.theirs) };
  }
  const base = lines(Math.floor(most / 2) + random.below(most / 2));
  const ours = changed(base);
  // Both have begun with the same changes.
  const theirs = changed(random.below(4) === 0 ? ours : base);
  return { base: text(base), ours: text(ours), theirs: text(theirs) };
}
