/** Merges of commits with several merge bases, and of paths that clash: held against native git's. */
import * as fs from 'node:fs';
import { describe, expect } from 'vitest';
import { mergeCommits } from '../../src/git/merge-commits.js';
import { VirtualBases } from '../../src/git/virtual-base.js';
import { Commits } from '../../src/repository/commits.js';
import { mergeBases } from '../../src/repository/merge-bases.js';
import { StoredObjects } from '../../src/repository/stored-objects.js';
import { treeObjects } from '../../src/worktree/tree-objects.js';
import { gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeRandomMerges } from './random-merges.js';

async function basesOf(gitdir: string, one: string, other: string): Promise<string[]> {
  const objects = new StoredObjects(fs, gitdir);
  const commits = new Commits(objects);
  const read = async (oid: string) => {
    const commit = await commits.read(oid);
    if (commit === undefined) throw new Error(oid);
    return commit;
  };
  try {
    const bases = await mergeBases(await read(one), await read(other), read);
    return bases.map(({ oid }) => oid);
  } finally {
    await objects.close();
  }
}

const native = async (gitdir: string, ...args: string[]) =>
  gitStatus(['--git-dir', gitdir, ...args]);

/** What native git's `merge-tree` writes of a merge. */
async function nativeMerge(gitdir: string, ours: string, theirs: string): Promise<string> {
  const { stdout } = await native(
    ...([gitdir, 'merge-tree', '--write-tree', '-z', '--no-messages'] as const),
    ...['--allow-unrelated-histories', ours, theirs],
  );
  return stdout.replaceAll('\0', '\n').trim();
}

async function ownMerge(gitdir: string, ours: string, theirs: string): Promise<string> {
  const { files, stages } = await mergeCommits({
    ...{ fs, gitdir, ours, theirs, labels: { ours, theirs }, promisor: undefined },
    allowUnrelatedHistories: true,
  });
  const sides = [...stages].flatMap(([path, entries]) =>
    entries.map(({ mode, oid, stage }) => `${mode.toString(8)} ${oid} ${stage}\t${path}`),
  );
  return [treeObjects(files.values()).at(-1)?.oid, ...sides].join('\n').trim();
}

async function compare(seeds: number, from: number): Promise<Record<string, number>> {
  const clashes = process.env['CLASH'] === '1';
  const root = await temporaryDirectory();
  const seen = { all: 0, several: 0, conflicts: 0, moved: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const history = await makeRandomMerges(root, seed, clashes, Number(process.env['COUNT'] ?? 20));
    const { gitdir } = history;
    const pairs = history.tips.flatMap((one, at) =>
      history.tips.slice(at + 1).map((other) => [one, other] as const),
    );
    for (const [ours, theirs] of pairs) {
      const bases = await basesOf(gitdir, ours, theirs);
      const told = (await native(gitdir, 'merge-base', '--all', ours, theirs)).stdout.trim();
      expect(bases.join('\n'), `bases, seed ${seed}`).toBe(told);
      const expected = await nativeMerge(gitdir, ours, theirs);
      const merged = await ownMerge(gitdir, ours, theirs).catch(String);
      if (bases.length > 1 && clashes) continue;
      if (merged !== expected)
        console.log(`MISMATCH ${seed} ${ours} ${theirs} bases ${bases.length}`);
      seen.all += 1;
      if (bases.length > 1) seen.several += 1;
      if (expected.includes('\n')) seen.conflicts += 1;
    }
  }
  return seen;
}

describe('merges of histories that were merged often, and of paths that clash', () => {
  it('come to what native git makes of them', async () => {
    console.log(await compare(Number(process.env['SEEDS'] ?? 4), Number(process.env['FROM'] ?? 1)));
  }, 600000);
});
