/** What `gitws serve PATH` serves: a directory of repositories, or the one repository that PATH is. */
import { constants, realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { GitWsError, type GitServerOptions } from '../server/index.js';
import { isRepository } from '../server/git/repository-list.js';
import { mayUse, orOutOfReach } from '../server/base/system-errors.js';

/**
 * @param path the directory that was named.
 * @param listing whether its names will be read.
 * @returns the server's options for it; where it is a repository itself, with a work tree or bare,
 *   that one alone, under its own name.
 * @throws GitWsError INVALID_OPTION where it cannot be read.
 */
export async function servedRoot(
  path: string,
  listing: boolean,
): Promise<Pick<GitServerOptions, 'root' | 'repository'>> {
  const real = await orOutOfReach(realpath(path));
  // createGitServer says what is wrong with it.
  if (real === undefined) return { root: path };
  const directory = basename(real) === '.git' ? dirname(real) : real;
  const [parent, name] = [dirname(directory), basename(directory)];
  if (parent !== directory && (await isRepository(parent, [name]))) {
    return { root: parent, repository: name };
  }
  // What may not even be entered createGitServer refuses, list or no list.
  const may = (mode: number): Promise<boolean> => mayUse(real, mode);
  if (listing && (await may(constants.X_OK)) && !(await may(constants.R_OK))) {
    throw new GitWsError(
      'INVALID_OPTION',
      `root: "${path}" cannot be read by the user that the server runs as; with --no-listing its repositories are served, and not listed.`,
    );
  }
  return { root: path };
}
