/** How a submodule's working tree and its repository name each other: a `.git` file, and `core.worktree`. */
import { GitWsError } from '../../base/errors.js';
import { useFileSystem } from '../../base/failure.js';
import { findGitDirectory } from '../../repository/git-directory.js';
import { makeDirectories } from '../../storage/directories.js';
import { promisesOf } from '../../storage/file-system.js';
import { setConfig, type ConfigAt } from '../config.js';

/**
 * @param at the submodule's repository.
 * @param dir its working tree, which may not be there yet.
 * @throws GitWsError FILE_SYSTEM_FAILED; INVALID_OPTION where one of them has an absolute path, and the other one has
 *   not; what the file system throws.
 */
export async function linkTo(at: ConfigAt, dir: string): Promise<void> {
  const fs = promisesOf(at.fs);
  await setConfig(at, 'core.worktree', relativePath(at.gitdir, dir));
  await useFileSystem(async () => {
    await makeDirectories(fs, dir);
    const text = `gitdir: ${relativePath(dir, at.gitdir)}\n`;
    await fs.writeFile(`${dir}/.git`, new TextEncoder().encode(text));
    if ((await findGitDirectory(fs, `${dir}/.git`)) !== `${dir}/.git`) return;
    const message = `The file system says that it wrote ${dir}/.git, and did not.`;
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  });
}

/** @returns how to come from one directory to another one. */
function relativePath(from: string, to: string): string {
  if (from.startsWith('/') !== to.startsWith('/')) {
    const message = 'dir and gitdir must both be absolute, or both not.';
    throw new GitWsError('INVALID_OPTION', message, { data: { dir: to, gitdir: from } });
  }
  const [one, other] = [from, to].map((path) =>
    path.split('/').filter((each) => each !== '' && each !== '.'),
  );
  const [here = [], there = []] = [one, other];
  let shared = 0;
  while (shared < here.length && here[shared] === there[shared]) shared += 1;
  return [...here.slice(shared).map(() => '..'), ...there.slice(shared)].join('/');
}
