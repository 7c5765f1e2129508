/**
 * Makes a repository whose configuration says what its file system can do, as `git init` finds it out
 * (create_default_files in git's builtin/init-db.c). isomorphic-git's `init` says that it keeps no
 * executable bits, has no symbolic links and takes names for one that differ by case, whatever it can:
 * native git that goes on there would not see a changed bit, and write links as files.
 */
import * as isomorphicGit from 'isomorphic-git';
import { useFileSystem } from '../base/failure.js';
import { isMissing, promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import { readConfig, setConfig, unsetConfig, type ConfigAt } from './config.js';

/** Where to make it. */
export interface NewRepository extends ConfigAt {
  readonly dir: string;
}

/** @throws what isomorphic-git's `init` and the file system throw. */
export async function init({ fs, dir, gitdir }: NewRepository): Promise<void> {
  await isomorphicGit.init({ fs, dir, gitdir });
  const at = { fs, gitdir };
  const promises = promisesOf(fs);
  const { keepsBits, hasLinks, foldsCase } = await useFileSystem(() => look(promises, gitdir));
  if ((await readConfig(at, 'core.filemode')) !== String(keepsBits)) {
    await setConfig(at, 'core.filemode', String(keepsBits));
  }
  // git says nothing of what is as usual.
  if (hasLinks) await unsetConfig(at, 'core.symlinks');
  if (!foldsCase) await unsetConfig(at, 'core.ignorecase');
}

interface Abilities {
  readonly keepsBits: boolean;
  readonly hasLinks: boolean;
  readonly foldsCase: boolean;
}

async function look(fs: PromiseFileSystem, gitdir: string): Promise<Abilities> {
  const probe = `${gitdir}/gitws-probe`;
  await fs.writeFile(probe, new Uint8Array(0), { mode: 0o777 });
  const written = await isExecutable(fs, probe);
  const plain = await isExecutable(fs, `${gitdir}/config`);
  await fs.unlink(probe);
  const foldsCase = (await fs.lstat(`${gitdir}/CoNfIg`).catch(isMissing)) !== false;
  return { keepsBits: written && !plain, hasLinks: await makesLinks(fs, probe), foldsCase };
}

async function isExecutable(fs: PromiseFileSystem, path: string): Promise<boolean> {
  return (((await fs.lstat(path)) as { readonly mode: number }).mode & 0o100) !== 0;
}

async function makesLinks(fs: PromiseFileSystem, path: string): Promise<boolean> {
  try {
    await fs.symlink('testing', path);
  } catch {
    return false;
  }
  const stat = (await fs.lstat(path)) as { isSymbolicLink(): boolean };
  await fs.unlink(path);
  return stat.isSymbolicLink();
}
