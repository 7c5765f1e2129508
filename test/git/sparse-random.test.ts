/** Sparse checkouts in any state, in any order: what native git does, gitws does, and loses nothing. */
import * as fs from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { git as realGit, gitStatus } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeSparseSample, put } from './sparse-repository.js';
import { sparseState } from './sparse-state.js';

const folders = ['docs', 'docs/a', 'lib', 'lib/x', 'lib/x/y', 'lib/z', 'lib/new', 'fresh', 'ä ö'];
const files = ['root.txt', 'docs/d.md', 'docs/a/1', 'docs/b/2', 'docs/new', 'lib/l', 'lib/x/3'];
const paths = [...files, 'lib/x/y/4', 'lib/z/5', 'lib/new/6', 'fresh/7', 'docsy/not', 'untracked'];

/** Tries one order of steps. @returns what was done, for a failure. */
async function tryOrder(base: string, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const place = await temporaryDirectory();
  const [dir, expected] = [join(place, 'own'), join(place, 'native')];
  for (const each of [dir, expected]) {
    await cp(base, each, { recursive: true, verbatimSymlinks: true });
    // Else git takes all files for changed: it holds no content against the index here.
    await realGit(['update-index', '-q', '--refresh'], { cwd: each });
  }
  const done: string[] = [];
  const both = async (step: string, act: (where: string) => Promise<unknown>): Promise<void> => {
    done.push(step);
    for (const where of [dir, expected]) await act(where);
  };
  const common = { fs, dir, cache: {} };
  const some = () => folders.filter(() => random.below(4) === 0);
  const isSparse = async () =>
    (await gitStatus(['sparse-checkout', 'list'], { cwd: expected })).code === 0;
  for (let step = 0; step < 8; step += 1) {
    const path = random.pick(paths);
    const kind = random.below(8);
    if (kind === 0) await both(`change ${path}`, (where) => put(where, { [path]: `${step}\n` }));
    else if (kind === 1) {
      await both(`remove ${path}`, (where) =>
        fs.promises.rm(join(where, path), { recursive: true, force: true }),
      );
    } else if (kind === 2) {
      await both(`stage ${path}`, (where) => gitStatus(['add', '--sparse', path], { cwd: where }));
    } else if (kind === 3) {
      await both('restore', (where) => realGit(['reset', '-q', '--hard'], { cwd: where }));
    } else if (kind === 4) {
      const ref = random.pick(['main', 'other']);
      done.push(`checkout ${ref}`);
      const native = await gitStatus(['checkout', '-q', ref], { cwd: expected });
      const own = git.checkout({ ...common, ref });
      if (native.code === 0) await own;
      else {
        await expect(own, done.join(', ')).rejects.toMatchObject({ code: 'CheckoutConflictError' });
      }
    } else if (kind === 5 && step > 4) {
      done.push('disable');
      await git.sparseCheckout({ ...common, disable: true });
      await realGit(['sparse-checkout', 'disable'], { cwd: expected });
    } else if (kind === 6 && (await isSparse())) {
      const add = some();
      done.push(`add ${add.join(' ')}`);
      await git.sparseCheckout({ ...common, add });
      await realGit(['sparse-checkout', 'add', ...add], { cwd: expected });
    } else {
      const set = some();
      done.push(`set ${set.join(' ')}`);
      await git.sparseCheckout({ ...common, set });
      await realGit(['sparse-checkout', 'set', '--cone', ...set], { cwd: expected });
    }
    const [own, native] = [await sparseState(dir), await sparseState(expected)];
    expect(own, `seed ${seed}: ${done.join(', ')}`).toEqual(native);
  }
  await realGit(['fsck', '--strict', '--no-dangling'], { cwd: dir });
  expect((await readFile(join(dir, '.git/index'))).length).toBeGreaterThan(0);
}

async function tryOrders(seeds: number[]): Promise<void> {
  const base = join(await temporaryDirectory(), 'work');
  await makeSparseSample(base);
  for (const seed of seeds) await tryOrder(base, seed);
}

it('some orders of changes, checkouts and folders end as native git’s', async () => {
  await tryOrders([1, 2, 3]);
});

long('many orders of changes, checkouts and folders end as native git’s', async () => {
  await tryOrders(Array.from({ length: 4 }, (_, at) => at + 10));
});
