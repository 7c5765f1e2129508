/**
 * Checkouts over working trees in any state: where `git read-tree -m -u` goes on, checkoutTree does,
 * with the same result; where git refuses, nothing is lost.
 */
import * as nodeFs from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { checkoutTree } from '../../src/worktree/checkout.js';
import { git, gitStatus } from '../helpers/git.js';
import { seededRandom } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';

const paths = ['a', 'b', 'd', 'd/x', 'd/y', 'd/z/w', 'e/v', 'e'];

type Files = Map<string, string>;

async function contents(dir: string, prefix = ''): Promise<Files> {
  const found: Files = new Map();
  for (const name of await readdir(join(dir, prefix))) {
    const path = `${prefix}${name}`;
    if (path === '.git') continue;
    const stat = await lstat(join(dir, path));
    if (!stat.isDirectory()) found.set(path, await readFile(join(dir, path), 'utf8'));
    else for (const each of await contents(dir, `${path}/`)) found.set(...each);
  }
  return found;
}

/** Whether a path can be beside those: no file is where a folder is. */
function fits(files: Files, path: string): boolean {
  return ![...files.keys()].some(
    (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
  );
}

/** @param trials how many states of a working tree are tried. */
export async function tryStates(trials: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const some = (): Files => {
    const files: Files = new Map();
    for (const path of paths)
      if (random.below(2) === 0 && fits(files, path)) files.set(path, random.pick(['1', '2']));
    return files;
  };
  /** A tree that differs from this one in some paths. */
  const changed = (files: Files): Files => {
    const made: Files = new Map();
    for (const path of paths) {
      const text = random.below(2) === 0 ? files.get(path) : random.pick(['1', '2', '']);
      if (text !== undefined && text !== '' && fits(made, path)) made.set(path, text);
    }
    return made;
  };
  const base = await temporaryDirectory();
  await git(['init', '-q'], { cwd: base });
  const blobs = new Map<string, string>();
  for (const text of ['1', '2', '3']) {
    const write = ['hash-object', '-w', '--stdin'];
    blobs.set(text, await git(write, { cwd: base, input: text }));
  }
  let [agreed, refused] = [0, 0];
  for (let trial = 0; trial < trials; trial += 1) {
    const dir = await temporaryDirectory();
    await cp(base, dir, { recursive: true });
    const run = (...args: string[]) => git(args, { cwd: dir });
    const fill = async (files: Files): Promise<void> => {
      const input = [...files]
        .map(([path, text]) => `100644 ${blobs.get(text)} 0\t${path}\n`)
        .join('');
      await run('read-tree', '--empty');
      await git(['update-index', '--index-info'], { cwd: dir, input });
    };
    const head = some();
    const next = changed(head);
    await fill(next);
    const tree = await run('write-tree');
    await fill(head);
    const from = await run('write-tree');
    const staged = new Map(head);
    for (const path of paths) {
      if (random.below(20) !== 0) continue;
      staged.delete(path);
      const text = random.pick(['1', '2', '3', '']);
      if (text !== '' && fits(staged, path)) staged.set(path, text);
    }
    await fill(staged);
    await run('checkout-index', '-a', '-f');
    await run('update-index', '-q', '--refresh');
    for (const path of paths) {
      if (random.below(16) !== 0) continue;
      await rm(join(dir, path), { recursive: true }).catch(() => undefined);
      if (random.below(3) === 0 || !fits(await contents(dir), path)) continue;
      await mkdir(join(dir, path, '..'), { recursive: true });
      await writeFile(join(dir, path), random.pick(['1', '2', '3']));
    }
    const before = await contents(dir);
    const theirs = await temporaryDirectory();
    await cp(dir, theirs, { recursive: true, preserveTimestamps: true });
    const { code, stderr } = await gitStatus(['read-tree', '-m', '-u', from, tree], {
      cwd: theirs,
    });
    const state = { trial, head, staged, next, before, stderr };
    const failure = await checkoutTree({
      fs: nodeFs,
      gitdir: join(dir, '.git'),
      dir,
      tree,
      from,
    }).then(
      () => undefined,
      (error: unknown) => error,
    );
    const after = await contents(dir);
    if (failure !== undefined) {
      expect(failure, JSON.stringify(state)).toMatchObject({ code: 'CheckoutConflictError' });
      expect(after).toEqual(before);
      expect({ ...state, code }).not.toMatchObject({ code: 0 });
      refused += 1;
      continue;
    }
    // What git thinks too dangerous may be none: a file that is in the way has what is to be there.
    for (const [path, text] of before) {
      const isLost = after.get(path) !== text && staged.get(path) !== text;
      expect({ ...state, lost: isLost ? path : '' }).toMatchObject({ lost: '' });
    }
    if (code !== 0) continue;
    agreed += 1;
    const list = (cwd: string) => git(['ls-files', '-s'], { cwd });
    expect({ ...state, list: await list(dir) }).toMatchObject({ list: await list(theirs) });
    expect({ ...state, after }).toMatchObject({ after: await contents(theirs) });
    expect(await run('status', '--porcelain')).toBe(
      await git(['status', '--porcelain'], { cwd: theirs }),
    );
  }
  expect(agreed).toBeGreaterThan(trials / 5);
  expect(refused).toBeGreaterThan(0);
}
