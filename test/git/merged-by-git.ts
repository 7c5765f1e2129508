/** Merges of many texts by native git: each way at once. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Texts } from '../../src/git/merge-file.js';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** What the sides are called. */
export const labels = { ours: 'ours', theirs: 'theirs' };

const sides = ['base', 'ours', 'theirs'] as const;

/**
 * Merges by `git checkout --merge`, which compares by Myers' algorithm, of files that the index has three sides of. `git merge-file` makes
 * one of more conflicts than any merge does (XDL_MERGE_ZEALOUS_ALNUM).
 */
export async function mergedByCheckout(all: readonly Texts[], isUnion: boolean): Promise<string[]> {
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

/**
 * Commits files whose names are numbers, in a repository without a working tree.
 *
 * @param commits each a branch with the branches before it that it has as parents, and a text for each file.
 */
export async function commitTexts(
  cwd: string,
  commits: readonly (readonly [
    name: string,
    parents: readonly string[],
    texts: readonly string[],
  ])[],
): Promise<void> {
  await git(['init', '-q', '--bare'], { cwd });
  const stream = commits.flatMap(([name, [first, ...others], texts]) => [
    `commit refs/heads/${name}\ncommitter A <a@example.com> 1700000000 +0000\ndata 0\n`,
    ...(first === undefined ? [] : [`from refs/heads/${first}\n`]),
    ...others.map((other) => `merge refs/heads/${other}\n`),
    ...texts.map((text, n) => `M 644 inline ${n}\ndata ${text.length}\n${text}\n`),
  ]);
  await git(['fast-import', '--quiet', '--date-format=raw'], { cwd, input: stream.join('') });
}

/** Merges by the strategy `ort`, which compares by histogram: files of two commits. */
export async function mergedByOrt(all: readonly Texts[]): Promise<string[]> {
  const cwd = await temporaryDirectory();
  const commits = sides.map((side) => {
    const parents = side === 'base' ? [] : ['base'];
    return [side, parents, all.map((texts) => texts[side])] as const;
  });
  await commitTexts(cwd, commits);
  const { stdout } = await gitStatus(['merge-tree', '--write-tree', 'ours', 'theirs'], { cwd });
  await git(['read-tree', stdout.slice(0, 40)], { cwd });
  const out = `--prefix=${join(cwd, 'out')}/`;
  await git(['--work-tree', cwd, 'checkout-index', '-a', out], { cwd });
  return Promise.all(all.map((_, at) => readFile(join(cwd, 'out', String(at)), 'utf8')));
}
