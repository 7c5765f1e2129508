/** The lines of files that both sides have changed, merged as real git merges them. */
import { describe, expect } from 'vitest';
import { mergeText, type Texts } from '../../src/git/merge-file.js';
import { it, long } from '../helpers/long.js';
import { seededRandom } from '../helpers/random.js';
import { labels, mergedByCheckout } from './merged-by-git.js';
import { randomTexts, withoutEnd, words, type Likeness } from './random-texts.js';

/** Has both merge, and compares. */
async function expectAsGit(all: readonly Texts[], isUnion = false): Promise<void> {
  const expected = await mergedByCheckout(all, isUnion);
  for (const [at, texts] of all.entries()) {
    const text = expected[at] ?? '';
    const isClean = !text.includes('<<<<<<< ours');
    expect(mergeText(texts, { ...labels, isUnion, algorithm: 'myers' }), `text ${at}`).toEqual({
      isClean,
      text,
    });
  }
}

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
