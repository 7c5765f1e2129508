/**
 * Where the objects of a repository lie (gitrepository-layout(5)): `.git` may be a file that names
 * another directory (a submodule, `git init --separate-git-dir`), and objects may be borrowed from
 * other repositories. As isomorphic-git looks for them where it looks at all.
 */
import { GitWsError } from '../base/errors.js';
import { isMissing, type PromiseFileSystem } from '../storage/file-system.js';

/** Repositories that borrow from each other in a row, as git has it (object-file.c). */
const depthLimit = 5;

/**
 * @param fs the file system.
 * @param gitdir a git directory, or the file that names one.
 * @returns the git directory; `gitdir` itself where nothing is there yet.
 * @throws GitWsError INVALID_OPTION for a linked worktree (`data.commondir`): isomorphic-git knows
 *   none and would keep refs where git does not look for them; and for a file that names nothing.
 *   What the file system throws.
 */
export async function findGitDirectory(fs: PromiseFileSystem, gitdir: string): Promise<string> {
  const found = await followFile(fs, gitdir);
  const common = await readText(fs, `${found}/commondir`);
  if (common === undefined) return found;
  const commondir = resolvePath(found, common.trimEnd());
  const message =
    'This is a linked worktree: its refs and objects lie in the git directory of the main one, ' +
    'which has to be given as gitdir.';
  throw new GitWsError('INVALID_OPTION', message, { data: { gitdir, commondir } });
}

async function followFile(fs: PromiseFileSystem, gitdir: string): Promise<string> {
  const stat = (await fs.stat(gitdir).catch(isMissing)) as { isFile(): boolean } | false;
  if (stat === false || !stat.isFile()) return gitdir;
  const [, path] = /^gitdir: (.+)/.exec(String(await fs.readFile(gitdir, 'utf8'))) ?? [];
  if (path === undefined) {
    throw new GitWsError('INVALID_OPTION', 'gitdir is a file that names no git directory.', {
      data: { gitdir },
    });
  }
  return resolvePath(`${gitdir}/..`, path.replace(/\r+$/, ''));
}

/**
 * @param gitdir from {@link findGitDirectory}.
 * @returns every directory whose objects count as the repository's: its own, and the alternates.
 * @throws what the file system throws.
 */
export async function objectDirectories(fs: PromiseFileSystem, gitdir: string): Promise<string[]> {
  const found: string[] = [];
  let next = [`${gitdir}/objects`];
  for (let depth = 0; next.length > 0 && depth <= depthLimit; depth += 1) {
    const fresh = [...new Set(next)].filter((directory) => !found.includes(directory));
    found.push(...fresh);
    const named = fresh.map(async (directory) => {
      const text = (await readText(fs, `${directory}/info/alternates`)) ?? '';
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return lines.map((line) => resolvePath(directory, line));
    });
    next = (await Promise.all(named)).flat();
  }
  return found;
}

async function readText(fs: PromiseFileSystem, path: string): Promise<string | undefined> {
  const text = await fs.readFile(path, 'utf8').catch((error: unknown) => {
    // A directory stands where it would be, or nothing at all.
    return (error as { code?: unknown } | null)?.code === 'ENOTDIR' ? false : isMissing(error);
  });
  // LightningFS gives undefined for a directory.
  return typeof text === 'string' ? text : undefined;
}

/** @returns `path`, from `base` on unless it is absolute, without dot segments. */
export function resolvePath(base: string, path: string): string {
  const isAbsolute = /^([A-Za-z]:)?[\\/]/.test(path);
  const whole = isAbsolute ? path : `${base}/${path}`;
  const segments: string[] = [];
  for (const segment of whole.split('/')) {
    const last = segments.at(-1);
    if (segment === '..' && last !== undefined && last !== '..' && last !== '') segments.pop();
    else if (segment !== '.' && (segment !== '' || segments.length === 0)) segments.push(segment);
  }
  return segments.join('/');
}
