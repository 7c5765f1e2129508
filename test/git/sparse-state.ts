/** What is to be compared of two sparse checkouts of one repository. */
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitStatus } from '../helpers/git.js';

/** Everything below a folder but the repository: what is in each file. */
export async function filesOf(dir: string, prefix = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(join(dir, prefix))) {
    if (prefix === '' && name === '.git') continue;
    const path = prefix + name;
    const stat = await lstat(join(dir, path));
    if (stat.isDirectory()) {
      found[`${path}/`] = '';
      Object.assign(found, await filesOf(dir, `${path}/`));
    } else if (stat.isSymbolicLink()) found[path] = `-> ${await readlink(join(dir, path))}`;
    else found[path] = `${stat.mode & 0o100} ${await readFile(join(dir, path), 'utf8')}`;
  }
  return found;
}

/** Bytes that are text, or that there is no such file. */
export const textOf = (dir: string, name: string): Promise<string> =>
  readFile(join(dir, '.git', name), 'latin1').catch(() => 'none');

const settings = '^(core.repo|extensions|core.sparse|core.worktree)';

/** In an order of their own: isomorphic-git writes a new one before the others. */
const lines = (text: string): string[] => text.split('\n').sort();

/** @param dir with a working tree. */
export async function sparseState(dir: string) {
  const run = async (...args: string[]) => (await gitStatus(args, { cwd: dir })).stdout;
  // Looked at first: git itself writes the index when it looks.
  const version = (await readFile(join(dir, '.git/index'))).readUInt32BE(4);
  return {
    version,
    files: await filesOf(dir),
    patterns: await textOf(dir, 'info/sparse-checkout'),
    worktree: lines(await run('config', '--worktree', '--list')),
    format: lines(await run('config', '--local', '--get-regexp', settings)),
    listed: await run('sparse-checkout', 'list'),
    index: await run('ls-files', '-t', '-s', '-z'),
    status: await run('status', '--porcelain', '-z'),
    head: await git(['rev-parse', 'HEAD'], { cwd: dir }),
  };
}
