/** Submodules in the index, for isomorphic-git's commands, which take the files of one for the superproject's. */
import * as isomorphicGit from 'isomorphic-git';
import { useFileSystem } from '../../base/failure.js';
import { findGitDirectory } from '../../repository/git-directory.js';
import { callsOf, fileSystemCommands, promisesOf } from '../../storage/file-system.js';
import { modes } from '../../worktree/tree-files.js';
import { notThere } from '../../worktree/work-tree.js';
import { resolve } from '../checkout.js';
import { isUnder } from '../cone-files.js';
import type { ConfigAt } from '../config.js';
import { pathIn } from '../fetch.js';
import type { Where } from '../index-entries.js';
import { refused } from './modules-file.js';

/** @returns a path of the working tree as the index has it, whatever slashes and dots somebody has put into it. */
export function plainPath(path: string): string {
  const segments = path.split('/').filter((each) => each !== '' && each !== '.');
  return segments.length === 0 ? '.' : segments.join('/');
}

/**
 * @param asked paths that are to be added.
 * @returns which of the submodules these are, or have.
 * @throws GitWsError SUBMODULE_REFUSED for a path in a submodule.
 */
export function linksIn(links: Iterable<string>, asked: readonly string[]): string[] {
  const all = [...links];
  for (const path of asked) {
    const outer = all.find((link) => path !== link && path !== `${link}/` && isUnder(path, link));
    if (outer !== undefined) throw refused(outer, 'inside', `has ${path}, which is its own to add`);
  }
  return all.filter((link) => asked.some((path) => isUnder(link, path)));
}

/** @returns the file system with empty folders in the place of submodules, and of all other repositories in this one. */
export function withoutFiles(
  fs: ConfigAt['fs'],
  dir: string,
  links: readonly string[],
): ConfigAt['fs'] {
  const folders = new Set(links.map((link) => pathIn(dir, link)));
  const calls = callsOf(fs, fileSystemCommands);
  const { readdir } = calls;
  const hidden = async (path: unknown, ...rest: unknown[]): Promise<unknown> => {
    const folder = String(path).replace(/\/+$/, '');
    if (folders.has(folder)) return [];
    const names = await readdir?.(path, ...rest);
    const isRepository = folder.startsWith(pathIn(dir, '')) && Array.isArray(names);
    return isRepository && names.includes('.git') ? [] : names;
  };
  return { promises: { ...calls, readdir: hidden } as never };
}

/**
 * @returns the commit that is checked out in a submodule; undefined where it is not here.
 * @throws GitWsError SUBMODULE_REFUSED where it is, without a commit; what `fs` throws.
 */
export async function headOf({ fs, dir = '' }: Where, link: string): Promise<string | undefined> {
  const own = pathIn(dir, `${link}/.git`);
  const found = await useFileSystem(() => promisesOf(fs).lstat(own).catch(notThere));
  if (found === undefined) return undefined;
  const gitdir = await useFileSystem(() => findGitDirectory(promisesOf(fs), own));
  const head = await resolve({ fs, gitdir }, 'HEAD');
  if (head === undefined) throw refused(link, 'missing', 'has no commit checked out');
  return head;
}

/** Stages what is checked out in a submodule. @throws what isomorphic-git's `updateIndex` throws. */
export async function stageLink(
  given: Where & { readonly cache?: object | undefined },
  link: string,
): Promise<void> {
  const oid = await headOf(given, link);
  if (oid === undefined) return;
  const { fs, dir = '', gitdir, cache } = given;
  await isomorphicGit.updateIndex({
    ...{ fs, dir, filepath: link, oid, mode: modes.gitlink, add: true },
    ...(gitdir === undefined ? {} : { gitdir }),
    ...(cache === undefined ? {} : { cache }),
  });
}
