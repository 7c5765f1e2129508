/** What a repository says of itself, to be compared with one that native git has made. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitStatus } from '../helpers/git.js';

/** All that two clones of one remote have in common. */
export interface RepositoryState {
  readonly head: string;
  /** Full name, oid and, of a symbolic one, its target. */
  readonly refs: readonly string[];
  readonly shallow: readonly string[];
  /** What is said of the file system, remotes and branches, but for the URL. */
  readonly config: readonly string[];
  readonly status: string;
  readonly fetchHead: readonly string[];
}

/** @param dir with a working tree. */
export async function stateOf(dir: string): Promise<RepositoryState> {
  const run = (...args: string[]) => git(args, { cwd: dir });
  const file = async (name: string) =>
    (await readFile(join(dir, '.git', name), 'utf8').catch(() => '')).trim();
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  const config = await gitStatus(
    ['config', '--local', '--get-regexp', '^(remote|branch|core)\\.'],
    {
      cwd: dir,
    },
  );
  const format = '--format=%(refname) %(objectname) %(symref)';
  return {
    head: await file('HEAD'),
    refs: lines(await run('for-each-ref', format)),
    shallow: lines(await file('shallow')).sort(),
    config: lines(config.stdout.trim())
      .filter((line) => !/^remote\.\w+\.url /.test(line))
      .sort(),
    status: await run('status', '--porcelain', '--branch'),
    fetchHead: lines(await file('FETCH_HEAD')).map((line) => line.replace(/ of .*/, '')),
  };
}
