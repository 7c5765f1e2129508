/** Two copies of a repository in which `main` and `theirs` have diverged: one for us, one for native git. */
import * as fs from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** Files to be written; `null` removes one, with `x` it is executable, with `to` a link. */
export type Changes = Record<string, string | Uint8Array | null | { x: string } | { to: string }>;

/** @returns what makes a text of so many lines, some of them changed. */
export function textOf(count: number) {
  const lines = Array.from({ length: count }, (_, n) => `line ${n}`);
  return (changes: Record<number, string>, end = '\n') =>
    lines.map((line, at) => `${changes[at] ?? line}${end}`).join('');
}

/** What is done with files, in any working tree. */
export async function put(where: string, changes: Changes): Promise<void> {
  for (const [path, content] of Object.entries(changes)) {
    const target = join(where, path);
    await rm(target, { recursive: true, force: true });
    if (content === null) continue;
    await mkdir(dirname(target), { recursive: true });
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await writeFile(target, content);
    } else if ('x' in content) await writeFile(target, content.x, { mode: 0o755 });
    else await fs.promises.symlink(content.to, target);
  }
}

/** Where something is done twice. */
export interface Ground {
  readonly dir: string;
  /** Of native git. */
  readonly expected: string;
  /** Does something in both. */
  readonly both: (act: (where: string) => Promise<unknown>) => Promise<void>;
}

const inTree = (where: string, ...args: string[]) => realGit(args, { cwd: where });

async function commitAll(where: string, message: string): Promise<void> {
  await inTree(where, 'add', '-A');
  await inTree(where, 'commit', '-q', '--allow-empty', '-m', message);
}

/** @returns two copies, on `main`, in which both sides have changed what `base` had. */
export async function diverged(base: Changes, ours: Changes, theirs: Changes): Promise<Ground> {
  return twice(async (dir) => {
    await put(dir, base);
    await commitAll(dir, 'Base');
    await inTree(dir, 'checkout', '-q', '-b', 'theirs');
    await put(dir, theirs);
    await commitAll(dir, 'Theirs');
    await inTree(dir, 'checkout', '-q', 'main');
    await put(dir, ours);
    await commitAll(dir, 'Ours');
  });
}

/** @param make puts something into a new repository. @returns that, and a copy of it. */
export async function twice(make: (dir: string) => Promise<unknown>): Promise<Ground> {
  const root = await temporaryDirectory();
  const [dir, expected] = [join(root, 'own'), join(root, 'native')];
  await inTree(root, 'init', '-q', '-b', 'main', dir);
  await make(dir);
  await cp(dir, expected, { recursive: true, verbatimSymlinks: true });
  return {
    ...{ dir, expected },
    both: async (act) => {
      await act(dir);
      await act(expected);
    },
  };
}

/** @returns what a merge leaves: files, index, and what waits. */
export async function mergeStateOf(where: string) {
  const file = (name: string) => readFile(join(where, '.git', name), 'utf8').catch(() => undefined);
  const status = await inTree(where, 'status', '--porcelain=v2', '--branch');
  const paths = (await inTree(where, 'ls-files', '-z', '-c', '-o')).split('\0');
  const files: Record<string, string> = {};
  for (const path of new Set(paths.filter((each) => each !== ''))) {
    const stat = await fs.promises.lstat(join(where, path)).catch(() => undefined);
    // A repository in this one, or what stands in the place of a file.
    if (stat?.isDirectory() === true) {
      files[path] = 'a folder';
      continue;
    }
    const isLink = stat?.isSymbolicLink() === true;
    const content =
      stat &&
      (isLink
        ? await fs.promises.readlink(join(where, path))
        : (await readFile(join(where, path))).toString('latin1'));
    files[path] = `${(stat?.mode ?? 0).toString(8)} ${content ?? 'none'}`;
  }
  return {
    ...{ files, status },
    index: await inTree(where, 'ls-files', '--stage'),
    head: await file('MERGE_HEAD'),
    message: await file('MERGE_MSG'),
    mode: await file('MERGE_MODE'),
    original: await file('ORIG_HEAD'),
  };
}

const author = { name: 'Test Author', email: 'author@example.com', timestamp: 1735689600 };

/** Merges `theirs` into `main`, and leaves conflicts. */
export const mergeTheirs = (dir: string, own: object = {}) =>
  git.merge({ fs, dir, ours: 'main', theirs: 'theirs', author, abortOnConflict: false, ...own });

/** Merges in both, and expects the same. @returns whether it came to conflicts. */
export async function expectSameMerge({ dir, expected }: Ground): Promise<boolean> {
  const { code } = await gitStatus(['merge', '-q', '--no-edit', 'theirs'], { cwd: expected });
  const merged = await mergeTheirs(dir).then(
    () => 0,
    (error: unknown) => {
      if ((error as { code?: unknown }).code !== 'MergeConflictError') throw error;
      return 1;
    },
  );
  expect(merged).toBe(code);
  if (code === 0) {
    await inTree(dir, 'reset', '-q', '--hard');
    const trees = (where: string) => inTree(where, 'ls-tree', '-r', 'HEAD');
    expect(await trees(dir)).toBe(await trees(expected));
  } else expect(await mergeStateOf(dir)).toEqual(await mergeStateOf(expected));
  await expectSoundRepository(dir);
  return code === 1;
}
