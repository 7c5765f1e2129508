/** The lines of files that both sides have changed, merged as real git merges them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { mergeText, type Texts } from '../../src/git/merge-file.js';
import { git } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { seededRandom, type Random } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';

const labels = { ours: 'ours', theirs: 'theirs' };
const sides = ['base', 'ours', 'theirs'] as const;

/**
 * Merges all at once by `git checkout --merge`, of files that the index has three sides of. `git merge-file` makes
 * one of more conflicts than any merge does (XDL_MERGE_ZEALOUS_ALNUM), and `git merge` has another diff by default.
 */
async function mergedByGit(all: readonly Texts[], isUnion: boolean): Promise<string[]> {
  const cwd = await temporaryDirectory();
  await git(['init', '-q'], { cwd });
  await mkdir(join(cwd, '.git/sides'));
  if (isUnion) await git(['config', 'merge.default', 'union'], { cwd });
  const paths = all.flatMap((_, at) => sides.map((side) => join('.git/sides', `${at}-${side}`)));
  const texts = all.flatMap((each) => sides.map((side) => each[side]));
  for (const [at, path] of paths.entries()) await writeFile(join(cwd, path), texts[at] ?? '');
  const input = paths.map((path) => `${path}\n`).join('');
  const listed = await git(['hash-object', '-w', '--no-filters', '--stdin-paths'], { cwd, input });
  const stages = listed
    .split('\n')
    .map((oid, at) => `100644 ${oid} ${(at % 3) + 1}\t${Math.floor(at / 3)}\n`);
  await git(['update-index', '--index-info'], { cwd, input: stages.join('') });
  await git(['checkout', '-q', '--merge', '--', '.'], { cwd });
  return Promise.all(all.map((_, at) => readFile(join(cwd, String(at)), 'utf8')));
}

/** Has both merge, and compares. */
async function expectAsGit(all: readonly Texts[], isUnion = false): Promise<void> {
  const expected = await mergedByGit(all, isUnion);
  for (const [at, texts] of all.entries()) {
    const text = expected[at] ?? '';
    const isClean = !text.includes('<<<<<<< ours');
    expect(mergeText(texts, { ...labels, isUnion }), `text ${at}`).toEqual({ isClean, text });
  }
}

/** @returns a text with a line for each word; `-` is an empty line. */
const words = (list: string, end = '\n'): string =>
  list === ''
    ? ''
    : list
        .split(' ')
        .map((word) => `${word === '-' ? '' : word}${end}`)
        .join('');

const withoutEnd = (text: string): string => text.replace(/\r?\n$/, '');

describe.concurrent('a merge of lines is as of git', () => {
  it.each<[string, string, string, string]>([
    ['what one side alone has changed', 'a b c d e f', 'a B c d e f', 'a b c d e'],
    ['what both have changed', 'a b c', 'a o c', 'a t c'],
    ['what both have changed in the same way', 'a b c d e', 'a x c d e', 'a x c d E'],
    ['changes with no line between them', 'a b c d', 'a B c d', 'a b C d'],
    ['changes with one line between them', 'a b c d e', 'a B c d e', 'a b c D e'],
    ['what one has removed and the other one changed', 'a b c d', 'a d', 'a b C d'],
    ['what one has added at what the other has removed', 'a b c d', 'a c d', 'a b x c d'],
    ['both add the same and more', 'a b', 'a x y b', 'a x z y b'],
    ['both add where there was nothing', '', 'a b c', 'a x c'],
    ['both add at the end', 'a', 'a b', 'a c'],
    ['one is empty now', 'a b c', '', 'a B c'],
    [
      'lines removed near to a conflict',
      '80 81 82 83 84 85 86 87 88 89 90 91 92',
      '80 81 82 83 94 85 86 87 88 89 93 91 92',
      '80 81 82 85 89 90 95 96 91 97',
    ],
    ['conflicts three lines apart', 'a 1 2 3 b', 'o 1 2 3 o', 't 1 2 3 t'],
    ['conflicts four lines apart', 'a 1 2 3 4 b', 'o 1 2 3 4 o', 't 1 2 3 4 t'],
    ['conflicts four lines without letters apart', 'a - { } - b', 'o - { } - o', 't - { } - t'],
    ['a conflict beside what one has changed', 'a 1 b 2 c', 'o 1 o 2 o', 't 1 b 2 t'],
    ['a repeated line is added', 'a x x b', 'a x x x b', 'a x x B'],
    ['a repeated line is removed, another one changed', 'a x x x b', 'a x x b', 'a y x x b'],
    ['a block like the one before it is added', 'a { b } -', 'a { b } - { c } -', 'a { B } -'],
    ['empty lines are added at both ends', 'a - b', 'a - - b', '- a - b'],
    ['blocks are swapped', 'a { b } - c { d } -', 'c { d } - a { b } -', 'a { b } - c { D } -'],
  ])('%s', async (_, base, ours, theirs) => {
    const texts = { base: words(base), ours: words(ours), theirs: words(theirs) };
    await expectAsGit([texts, { ...texts, ours: texts.theirs, theirs: texts.ours }]);
  });

  it('whatever ends the lines, and where nothing ends the last one', async () => {
    const ends = ['\n', '\r\n'].flatMap((end) => [
      (list: string) => words(list, end),
      (list: string) => withoutEnd(words(list, end)),
    ]);
    const lists: [string, string, string][] = [
      ['a b c', 'a B c', 'a b c d'],
      ['a b c', 'a b x', 'a b y'],
      ['a b c', 'x b c', 'y b c'],
      ['a', 'b', 'c'],
      ['', 'b', 'c'],
      ['a b', 'a b c', 'a b d'],
      ['a b c', 'a b', 'a b d'],
    ];
    const all = lists.flatMap(([base, ours, theirs]) =>
      ends.flatMap((one) =>
        ends.flatMap((other) =>
          ends.map((third) => ({ base: one(base), ours: other(ours), theirs: third(theirs) })),
        ),
      ),
    );
    await expectAsGit(all);
  });

  const code = { most: 60, changes: 4 };
  const repeated = { most: 20, changes: 6, kinds: 4 };
  const expectMany = (seed: number, length: number, likeness: Likeness, isUnion = false) => {
    const random = seededRandom(seed);
    return expectAsGit(
      Array.from({ length }, () => randomTexts(random, likeness)),
      isUnion,
    );
  };

  it('in texts that look like code', () => expectMany(1, 100, code));

  it('in texts of a few lines again and again', () => expectMany(2, 100, repeated));

  it('with the lines of both sides in the place of conflicts', () =>
    expectMany(7, 100, { ...repeated, kinds: 50 }, true));

  long('in many texts that look like code', () => expectMany(5, 1000, code));

  long('in many texts of a few lines again and again', () => expectMany(6, 1000, repeated));

  it('in long texts that have little in common any more', async () => {
    const random = seededRandom(3);
    const changes = { most: 6000, longest: 150 };
    await expectAsGit(
      [
        { ...changes, changes: 300, kinds: 100 },
        { ...changes, changes: 1000, kinds: 3000 },
      ].flatMap((given) => Array.from({ length: 5 }, () => randomTexts(random, given))),
    );
  });

  it('in long texts that have many small changes', async () => {
    const random = seededRandom(4);
    // Shorter ones are compared without guesses.
    const given = { most: 90_000, changes: 9000, kinds: 4000 };
    await expectAsGit(Array.from({ length: 2 }, () => randomTexts(random, given)));
  });
});

/** What random texts are like. */
interface Likeness {
  /** How many lines there are at most at first. */
  readonly most: number;
  /** How many changes a side makes at most. */
  readonly changes: number;
  /** How many lines a change has at most. */
  readonly longest?: number;
  /** How many statements there are to choose from. */
  readonly kinds?: number;
}

function randomTexts(random: Random, given: Likeness): Texts {
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
  const base = lines(Math.floor(most / 2) + random.below(most / 2));
  const ours = changed(base);
  // Both have begun with the same changes.
  const theirs = changed(random.below(4) === 0 ? ours : base);
  return { base: text(base), ours: text(ours), theirs: text(theirs) };
}
