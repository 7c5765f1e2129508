/** Merges of histories that were merged often, and of trees that clash: held against `git merge-tree`. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { mergeCommits } from '../../src/git/merge-commits.js';
import { Commits, type Commit } from '../../src/repository/commits.js';
import { mergeBases } from '../../src/repository/merge-bases.js';
import { readShallow } from '../../src/repository/shallow-file.js';
import { StoredObjects } from '../../src/repository/stored-objects.js';
import { treeObjects } from '../../src/worktree/tree-objects.js';
import { git, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeLattice, makeRandomMerges, type Merges } from './random-merges.js';

async function basesOf(gitdir: string, one: string, other: string): Promise<string> {
  const objects = new StoredObjects(fs, gitdir);
  const commits = new Commits(objects, await readShallow(fs.promises, gitdir));
  const read = async (oid: string) => {
    const commit = await commits.read(oid);
    if (commit === undefined) throw new Error(`There is no ${oid}.`);
    return commit;
  };
  try {
    const bases = await mergeBases(await read(one), await read(other), read);
    return bases.map(({ oid }) => oid).join('\n');
  } finally {
    await objects.close();
  }
}

/** The tree, and what is to be resolved of it. */
async function mergeOf(gitdir: string, ours: string, theirs: string): Promise<string> {
  const { files, stages } = await mergeCommits({
    ...{ fs, gitdir, ours, theirs, labels: { ours, theirs }, promisor: undefined },
    allowUnrelatedHistories: true,
  });
  const sides = [...stages].flatMap(([path, entries]) =>
    entries.map(({ mode, oid, stage }) => `${mode.toString(8)} ${oid} ${stage}\t${path}`),
  );
  return [treeObjects(files.values()).at(-1)?.oid, ...sides].join('\n');
}

async function nativeMergeOf(gitdir: string, ours: string, theirs: string): Promise<string> {
  const how = ['--write-tree', '-z', '--no-messages', '--allow-unrelated-histories'];
  const args = ['--git-dir', gitdir, 'merge-tree', ...how, ours, theirs];
  return (await gitStatus(args)).stdout.replaceAll('\0', '\n').trim();
}

/** @returns how many pairs of what those who made it have in the end had several merge bases. */
async function expectSame({ gitdir, tips }: Merges, name: string): Promise<number> {
  let several = 0;
  for (const [at, ours] of tips.entries()) {
    for (const theirs of tips.slice(at + 1)) {
      const told = `${name}: ${ours} and ${theirs}`;
      const bases = await basesOf(gitdir, ours, theirs);
      const args = ['--git-dir', gitdir, 'merge-base', '--all', ours, theirs];
      expect(bases, told).toBe((await gitStatus(args)).stdout.trim());
      if (bases.includes('\n')) several += 1;
      const merged = await mergeOf(gitdir, ours, theirs);
      expect(merged, told).toBe(await nativeMergeOf(gitdir, ours, theirs));
    }
  }
  return several;
}

async function expectSameOfAll(seeds: readonly number[]): Promise<number> {
  const root = await temporaryDirectory();
  let several = 0;
  for (const seed of seeds) {
    several += await expectSame(await makeRandomMerges(root, seed), `seed ${seed}`);
  }
  return several;
}

const seedsFrom = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => from + n);

describe('merges of random histories are native git’s, with the same bases', () => {
  it('of some', async () => {
    expect(await expectSameOfAll(seedsFrom(1, 6))).toBeGreaterThan(0);
  });

  long.each(seedsFrom(0, 10))('of many, number %s', async (part) => {
    expect(await expectSameOfAll(seedsFrom(100 + part * 20, 20))).toBeGreaterThan(0);
  });

  long.each(seedsFrom(0, 5))('of trees that clash, number %s', async (part) => {
    const root = await temporaryDirectory();
    for (const seed of seedsFrom(1 + part * 20, 20)) {
      // Of what went aside in a base native git finds that it was renamed.
      const merges = await makeRandomMerges(root, seed, true);
      await expectSame(merges, `seed ${seed}`);
    }
  });

  it('that are cut off', async () => {
    const root = await temporaryDirectory();
    const { gitdir, tips } = await makeRandomMerges(root, 3);
    for (const depth of [1, 3]) {
      const shallow = join(root, `shallow-${depth}.git`);
      const how = ['--bare', '-q', '--no-single-branch', `--depth=${depth}`];
      await git(['clone', ...how, `file://${gitdir}`, shallow]);
      await expectSame({ gitdir: shallow, tips }, `depth ${depth}`);
    }
  });
});

it('merge bases are found without reading what is older than they are', async () => {
  const commits = new Map<number, Commit>();
  const add = (at: number, ...parents: number[]) => {
    const names = parents.map((parent) => `c${parent}`);
    commits.set(at, { oid: `c${at}`, tree: '', parents: names, time: 1_000 + at });
  };
  add(0);
  for (let at = 1; at < 1_000; at += 1) add(at, at - 1);
  add(1_000, 999);
  add(1_001, 999);
  add(1_002, 1_000, 1_001);
  add(1_003, 1_001, 1_000);
  add(1_004, 1_002, 999);
  let count = 0;
  const commitAt = (at: number): Commit => {
    const found = commits.get(at);
    if (found === undefined) throw new Error(`There is no ${at}.`);
    return found;
  };
  const bases = await mergeBases(commitAt(1_004), commitAt(1_003), (oid) => {
    count += 1;
    return Promise.resolve(commitAt(Number(oid.slice(1))));
  });
  expect(bases.map(({ oid }) => oid)).toEqual(['c1001', 'c1000']);
  expect(count).toBeLessThan(20);
});

describe('merges of bases with several bases, and those again', () => {
  it('are native git’s', async () => {
    const root = await temporaryDirectory();
    expect(await expectSame(await makeLattice(root, 5, 3), 'lattice')).toBe(3);
  });

  long('take no longer with each, where native git takes twice as long', async () => {
    const { gitdir, tips } = await makeLattice(await temporaryDirectory(), 30, 3);
    const [ours = '', theirs = ''] = tips;
    expect(await mergeOf(gitdir, ours, theirs)).toContain('same');
  });
});
