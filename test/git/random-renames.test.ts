/** Merges of random trees with renames: the same tree and the same index as native git's. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { mergeCommits, writeTrees } from '../../src/git/merge-commits.js';
import { git as realGit, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { writeMerges, type RandomKind, type RandomMerge } from './random-trees.js';

/** @returns what `git merge-tree` says: the tree, and the sides of what is to be resolved; undefined where it fails. */
async function expectedOf(dir: string, { ours, theirs }: RandomMerge) {
  const args = ['merge-tree', '--write-tree', '--no-messages', ours, theirs];
  const { code, stdout } = await gitStatus(args, { cwd: dir });
  const [tree, ...stages] = stdout.trim().split('\n');
  if (code > 1) return undefined;
  return { isClean: code === 0, tree, stages };
}

/** @returns the same of ours; undefined where git before 2.51.1 puts a file in the place of another one. */
async function mergedOf(dir: string, { ours, theirs, base }: RandomMerge) {
  const at = { fs, gitdir: join(dir, '.git') };
  const labels = { ours, theirs };
  const merged = await mergeCommits({ ...at, ours, theirs, labels, promisor: undefined });
  const { filepaths } = (merged.error as Error & { data: { filepaths: string[] } }).data;
  if (filepaths.some((path) => base.has(path) && !merged.stages.has(path))) return undefined;
  const stages = [...merged.stages].flatMap(([path, entries]) =>
    entries.map(({ mode, oid, stage }) => `${mode.toString(8)} ${oid} ${stage}\t${path}`),
  );
  const tree = await writeTrees(at, merged.files.values(), true);
  return { isClean: merged.isClean, tree, stages };
}

async function expectSame(kind: RandomKind, seeds: readonly number[]): Promise<void> {
  const dir = await temporaryDirectory();
  await realGit(['init', '-q', dir]);
  // What goes along with folders may clash: then git loses some of it.
  const follows = kind.clash === true || kind.cross === true ? 'false' : 'conflict';
  await realGit(['config', 'merge.directoryRenames', follows], { cwd: dir });
  let compared = 0;
  for (const merge of await writeMerges(dir, seeds, kind)) {
    const [merged, expected] = [await mergedOf(dir, merge), await expectedOf(dir, merge)];
    if (merged === undefined || expected === undefined) continue;
    expect(merged, `seed ${merge.seed}`).toEqual(expected);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(seeds.length * 0.8);
}

const kinds: readonly [string, RandomKind][] = [
  ['of files and folders', {}],
  ['of files that have names of folders', { clash: true }],
  ['with two merge bases', { cross: true }],
  ['with two merge bases, of files that have names of folders', { clash: true, cross: true }],
];

const seedsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => first + n);

it.each(kinds)('random merges %s are as git makes them', { timeout: 60_000 }, (_, kind) =>
  expectSame(kind, seedsFrom(1, 15)),
);

long.each(kinds)('many random merges %s are as git makes them', { timeout: 600_000 }, (_, kind) =>
  expectSame(kind, seedsFrom(1_000, 300)),
);
