/**
 * Makes a repository, as `git init` does (create_default_files in git's builtin/init-db.c): its
 * configuration says what its file system can do. isomorphic-git's `init` says that it keeps no
 * executable bits, has no symbolic links and takes names for one that differ by case, whatever it can:
 * native git that goes on there would not see a changed bit, and write links as files.
 */
import { useFileSystem } from '../base/failure.js';
import { makeDirectories } from '../storage/directories.js';
import {
  isMissing,
  makeDirectory,
  storeTogether,
  promisesOf,
  type PromiseFileSystem,
} from '../storage/file-system.js';
import { expectWhole, isThere } from '../storage/whole-file.js';
import type { ConfigAt } from './config.js';

/** What is in a git directory from the beginning (gitrepository-layout(5)). */
const directories = [
  ...['hooks', 'info', 'objects', 'objects/info', 'objects/pack'],
  ...['refs', 'refs/heads', 'refs/tags'],
];

/** Where there is none. @throws what the file system throws; GitWsError FILE_SYSTEM_FAILED. */
export async function init({ fs, gitdir }: ConfigAt): Promise<void> {
  await useFileSystem(() =>
    storeTogether(promisesOf(fs), async (together) => {
      if (!(await isThere(together, `${gitdir}/config`))) await make(together, gitdir);
    }),
  );
}

async function make(fs: PromiseFileSystem, gitdir: string): Promise<void> {
  await makeDirectories(fs, gitdir);
  for (const name of directories) await makeDirectory(fs, `${gitdir}/${name}`);
  await write(fs, `${gitdir}/HEAD`, 'ref: refs/heads/master\n');
  await write(fs, `${gitdir}/config`, formatConfig(await look(fs, gitdir)));
}

interface Abilities {
  readonly keepsBits: boolean;
  readonly hasLinks: boolean;
  readonly foldsCase: boolean;
}

async function look(fs: PromiseFileSystem, gitdir: string): Promise<Abilities> {
  return {
    keepsBits: await keepsExecutableBits(fs, gitdir),
    hasLinks: await makesLinks(fs, `${gitdir}/gitws-probe`),
    foldsCase: await fs.lstat(`${gitdir}/hEaD`).then(() => true, isMissing),
  };
}

async function keepsExecutableBits(fs: PromiseFileSystem, gitdir: string): Promise<boolean> {
  const probe = `${gitdir}/gitws-probe`;
  await fs.writeFile(probe, new Uint8Array(0), { mode: 0o777 });
  const isKept = await isExecutable(fs, probe);
  await fs.unlink(probe);
  return isKept && !(await isExecutable(fs, `${gitdir}/HEAD`));
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

/** git says nothing of links and case where they are as usual. */
function formatConfig({ keepsBits, hasLinks, foldsCase }: Abilities): string {
  const lines = [
    '[core]',
    'repositoryformatversion = 0',
    `filemode = ${keepsBits}`,
    'bare = false',
    'logallrefupdates = true',
    ...(hasLinks ? [] : ['symlinks = false']),
    ...(foldsCase ? ['ignorecase = true'] : []),
  ];
  return `${lines.join('\n\t')}\n`;
}

async function write(fs: PromiseFileSystem, path: string, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  await fs.writeFile(path, bytes);
  await expectWhole(fs, path, bytes.length);
}
