/** Submodules in the index, for isomorphic-git's commands, which take the files of one for the superproject's. */
import * as isomorphicGit from 'isomorphic-git';
import { useFileSystem } from '../../base/failure.js';
import { fileSystemCommands } from '../../isomorphic/packed-fs.js';
import { findGitDirectory } from '../../repository/git-directory.js';
import { callsOf, promisesOf } from '../../storage/file-system.js';
import { modes } from '../../worktree/tree-files.js';
import { notThere } from '../../worktree/work-tree.js';
import { resolve } from '../checkout.js';
import { isUnder } from '../cone-files.js';
import type { ConfigAt } from '../config.js';
import { readIndex, repositoryAt, type Where } from '../index-entries.js';
import { refused } from './modules-file.js';

/** @returns whether there is a `.gitmodules`: without one nothing has to be looked for. @throws what `fs` throws. */
export async function hasModules({ fs, dir }: Where): Promise<boolean> {
  if (dir === undefined) return false;
  const file = `${dir.replace(/\/+$/, '')}/.gitmodules`;
  return useFileSystem(
    async () => (await promisesOf(fs).lstat(file).catch(notThere)) !== undefined,
  );
}

/** @returns the oids of submodules by their paths; none where there is no `.gitmodules`. @throws what `fs` throws. */
export async function gitlinks(given: Where): Promise<ReadonlyMap<string, string>> {
  const at = (await hasModules(given)) ? await repositoryAt(given) : undefined;
  const links = (at === undefined ? [] : await readIndex(at)).filter(
    ({ mode, stage }) => mode === modes.gitlink && stage === 0,
  );
  return new Map(links.map(({ path, oid }) => [path, oid]));
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

/** @returns the file system with empty folders in the place of submodules. */
export function withoutFiles(
  fs: ConfigAt['fs'],
  dir: string,
  links: readonly string[],
): ConfigAt['fs'] {
  const folders = new Set(links.map((link) => `${dir.replace(/\/+$/, '')}/${link}`));
  const calls = callsOf(fs, fileSystemCommands);
  const { readdir } = calls;
  const hidden = async (path: unknown, ...rest: unknown[]): Promise<unknown> =>
    folders.has(String(path).replace(/\/+$/, '')) ? [] : readdir?.(path, ...rest);
  return { promises: { ...calls, readdir: hidden } as never };
}

/** @returns the commit that is checked out in a submodule; undefined where none is. @throws what `fs` throws. */
export async function headOf({ fs, dir = '' }: Where, link: string): Promise<string | undefined> {
  const own = `${dir.replace(/\/+$/, '')}/${link}/.git`;
  const found = await useFileSystem(() => promisesOf(fs).lstat(own).catch(notThere));
  if (found === undefined) return undefined;
  const gitdir = await useFileSystem(() => findGitDirectory(promisesOf(fs), own));
  return resolve({ fs, gitdir }, 'HEAD');
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
