/** Lines that are compared by histogram, merged as by the strategy `ort` of real git. */
import * as fs from 'node:fs';
import { describe, expect } from 'vitest';
import git from '../../src/git/index.js';
import { markByHistogram, type Side } from '../../src/git/histogram.js';
import { mergeCommits, writeTrees } from '../../src/git/merge-commits.js';
import { mergeText, type Texts } from '../../src/git/merge-file.js';
import { git as realGit, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { diverged, expectSameMerge, mergeStateOf, put } from './merge-ground.js';
import { commitTexts, labels, mergedByOrt } from './merged-by-git.js';
import { randomTexts, words, type Likeness } from './random-texts.js';

/** Has both merge, and compares. @returns which part would be merged otherwise by Myers' algorithm. */
async function expectAsGit(all: readonly Texts[]): Promise<number> {
  const expected = await mergedByOrt(all);
  let others = 0;
  for (const [at, texts] of all.entries()) {
    const text = expected[at] ?? '';
    const isClean = !text.includes('<<<<<<< ours');
    expect(mergeText(texts, labels), `text ${at}`).toEqual({ isClean, text });
    if (mergeText(texts, { ...labels, algorithm: 'myers' }).text !== text) others += 1;
  }
  return others / all.length;
}

/** Texts, and which part of them at least is such that it matters how lines are compared. */
const kinds: readonly [string, number, Likeness & { readonly share: number }][] = [
  ['that look like code', 100, { most: 60, changes: 4, share: 0 }],
  ['of a few lines again and again', 100, { most: 20, changes: 6, kinds: 4, share: 0.2 }],
  ['of hardly any lines', 100, { most: 8, changes: 4, kinds: 2, share: 0.05 }],
  [
    'with blocks that were moved',
    20,
    { most: 200, changes: 12, longest: 20, kinds: 8, share: 0.3 },
  ],
  ['in which no line is rare', 5, { most: 1500, changes: 20, longest: 60, kinds: 3, share: 0.1 }],
  [
    'that have little in common',
    3,
    { most: 6000, changes: 300, longest: 150, kinds: 100, share: 0.9 },
  ],
];

/** Has both merge those who have merged each other's work, and changed the same lines again. */
async function expectCrossedAsGit(all: readonly [Texts, Texts][]): Promise<void> {
  const cwd = await temporaryDirectory();
  const texts = (of: (each: [Texts, Texts]) => string) => all.map(of);
  await commitTexts(cwd, [
    ['base', [], texts(([first]) => first.base)],
    ['one', ['base'], texts(([first]) => first.ours)],
    ['other', ['base'], texts(([first]) => first.theirs)],
    ['ours', ['one', 'other'], texts(([, last]) => last.ours)],
    ['theirs', ['other', 'one'], texts(([, last]) => last.theirs)],
  ]);
  const at = { fs, gitdir: cwd };
  const [ours = '', theirs = ''] = await Promise.all(
    ['ours', 'theirs'].map((name) => realGit(['rev-parse', name], { cwd })),
  );
  const merged = await mergeCommits({ ...at, ours, theirs, labels, promisor: undefined });
  const stages = [...merged.stages].flatMap(([path, entries]) =>
    entries.map(({ mode, oid, stage }) => `${mode.toString(8)} ${oid} ${stage}\t${path}`),
  );
  const args = ['merge-tree', '--write-tree', '--no-messages', 'ours', 'theirs'];
  const { stdout } = await gitStatus(args, { cwd });
  const [tree, ...others] = stdout.trim().split('\n');
  expect(stages).toEqual(others);
  expect(await writeTrees(at, merged.files.values(), true)).toBe(tree);
}

/** A text that both sides have changed so that git has no conflict by histogram alone. */
const clean = { base: words('c } }'), ours: words('} c'), theirs: words('c') };

describe.concurrent('lines are merged as by ort', () => {
  it.each<[string, string, string, string]>([
    ['a line that is rare counts for more than two that are not', 'c } }', '} c', 'c'],
    ['one that is not rare counts for less', 'b a a', 'a b', 'a'],
    ['nothing is there any more', 'a b c', '', 'a b x'],
    ['nothing was there', '', 'a } b }', 'a } c }'],
    ['a block like another one is added', 'a { x } -', 'a { x } - b { x } -', 'a { y } -'],
    ['blocks are swapped', 'a { b } - c { d } -', 'c { d } - a { b } -', 'a { b } - c { D } -'],
  ])('%s', async (_, base, ours, theirs) => {
    const texts = { base: words(base), ours: words(ours), theirs: words(theirs) };
    await expectAsGit([texts, { ...texts, ours: texts.theirs, theirs: texts.ours }]);
  });

  it.each(kinds)('in texts %s', async (_, length, likeness) => {
    const random = seededRandom(1);
    const all = Array.from({ length }, () => randomTexts(random, likeness));
    expect(await expectAsGit(all)).toBeGreaterThanOrEqual(likeness.share);
  });

  long.each(kinds)(
    'in many texts %s',
    async (_, length, likeness) => {
      const random = seededRandom(2);
      const all = Array.from({ length: length * 20 }, () => randomTexts(random, likeness));
      await expectAsGit(all);
    },
    600_000,
  );

  it('in bases that were made of several, with marks in them', async () => {
    const random = seededRandom(3);
    const likeness = { most: 30, changes: 5, kinds: 6 };
    const all = Array.from({ length: 60 }, (): [Texts, Texts] => {
      const first = randomTexts(random, likeness);
      return [first, randomTexts(random, likeness, first)];
    });
    await expectCrossedAsGit(all);
  });

  it.each([[63], [64], [65]])('of a line that is there %i times', async (count) => {
    const lines = (between: string) =>
      words(Array.from({ length: count }, () => `x ${between}`).join(' '));
    const base = lines('} }');
    const all = ['x }', '} x', 'y x }', '} x x y'].flatMap((ours) =>
      ['x } }', 'z x }', '} x z'].map((theirs) => ({
        base,
        ours: `${lines(ours)}${words('o')}`,
        theirs: `${words('t')}${lines(theirs)}`,
      })),
    );
    await expectAsGit(all);
  });

  it('of 100,000 lines that are all the same', async () => {
    const lines = (count: number, at: number, text: string) =>
      `${'x\n'.repeat(at)}${text}${'x\n'.repeat(count - at)}`;
    const base = lines(100_000, 0, '');
    const [ours, theirs] = [lines(99_990, 40_000, 'ours\n'), lines(100_010, 70_000, 'theirs\n')];
    await expectAsGit([{ base, ours, theirs }]);
  });
});

describe.concurrent('a text with a rare line', () => {
  it('is merged so by merge', async () => {
    const ground = await diverged({ a: clean.base }, { a: clean.ours }, { a: clean.theirs });
    expect(await expectSameMerge(ground)).toBe(false);
  });

  it.each([
    ['by a stash that comes back', {}],
    // As a patch, which has no histogram.
    ['but not by what was staged', { restoreIndex: true }],
  ])('%s', async (_, own) => {
    const { dir, expected, both } = await diverged({ a: clean.base }, {}, {});
    await both(async (where) => {
      await put(where, { a: clean.theirs });
      await realGit(['add', 'a'], { cwd: where });
      await realGit(['stash', '-q'], { cwd: where });
      await put(where, { a: clean.ours });
      await realGit(['commit', '-q', '-a', '-m', 'Upstream'], { cwd: where });
    });
    const index = 'restoreIndex' in own ? ['--index'] : [];
    const { code } = await gitStatus(['stash', 'pop', '-q', ...index], { cwd: expected });
    const popped = git.stash({ fs, dir, op: 'pop', ...own }).then(
      () => 0,
      () => 1,
    );
    expect(await popped).toBe(code);
    expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
  });
});

it('leaves the rest to the other algorithm where it would take too long', () => {
  const side = (skipped: number): Side => {
    const ids = Int32Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? at : at + skipped));
    return { ids, changed: new Uint8Array(100) };
  };
  const rests: number[] = [];
  const mark = (limit: number) => {
    markByHistogram(
      side(1000),
      side(2000),
      ({ ids }, other) => rests.push(ids.length, other.ids.length),
      limit,
    );
  };
  mark(10_200);
  expect(rests).toEqual([]);
  mark(500);
  expect(rests).toEqual([97, 97, 1, 1]);
});
