/**
 * From a repository's path to its git directory: the one place where a request's words reach the
 * file system. What it returns lies inside root, by its real path, compared by component.
 */
import { constants, lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { orAbsent } from '../base/system-errors.js';

/** A repository that was found. */
export interface Repository {
  /** Absolute real path of the git directory: a bare repository, or a work tree's `.git`. */
  readonly gitDir: string;
  /** Absolute real path of root. */
  readonly root: string;
}

/**
 * @param root directory of the repositories; may be a symbolic link.
 * @param segments the path below root: decoded, without empty, dot or slash (target.ts).
 * @returns undefined where there is none that may be served: nothing there, no repository, outside
 *   root by a symbolic link, inside another repository's git directory, or among the files of a work
 *   tree.
 * @throws the system's error where that cannot be found out: no descriptor is left, this user may not
 *   look, the disk is broken.
 */
export async function findRepository(
  root: string,
  segments: readonly string[],
): Promise<Repository | undefined> {
  // Whatever is added to these or taken away from them: `.git.git` must not lead to `.git` under a
  // name that no rule knows.
  // Defence: no segment of a path is made of .git.
  if (segments.some((segment) => /^(\.git)+$/i.test(segment))) return undefined;
  const realRoot = await realpath(root);
  for (const candidate of candidates(segments)) {
    const asked = join(realRoot, ...candidate);
    const gitDir = await orAbsent(realpath(asked));
    if (gitDir === undefined) continue;
    // Defence: a repository is held against root by its real path.
    if (!isInside(realRoot, gitDir)) continue;
    if (!(await isGitDirectory(gitDir))) continue;
    // Defence: nothing inside of a git directory is a repository.
    if (await isInsideGitDirectory(realRoot, gitDir)) continue;
    // Defence: what may have been pushed into a work tree is not served.
    if (await mayBePlanted(realRoot, asked, gitDir)) continue;
    return { gitDir, root: realRoot };
  }
  return undefined;
}

/**
 * As {@link findRepository}, where there may be only one: all others are as if they were not there.
 *
 * @param only the path of that one; undefined where all are served.
 */
export async function findServed(
  root: string,
  segments: readonly string[],
  only: readonly string[] | undefined,
): Promise<Repository | undefined> {
  const found = await findRepository(root, segments);
  if (only === undefined || found === undefined) return found;
  const one = await findRepository(root, only);
  return found.gitDir === one?.gitDir ? found : undefined;
}

/**
 * Where a repository called so may be: itself, with `.git` added or taken away; a work tree or
 * bare. The work tree's own comes first, as in git's enter_repo() (path.c).
 */
function candidates(segments: readonly string[]): string[][] {
  const parents = segments.slice(0, -1);
  const name = segments.at(-1) ?? '';
  const other = name.endsWith('.git') ? name.slice(0, -'.git'.length) : `${name}.git`;
  return [name, other].flatMap((last) => [
    [...parents, last, '.git'],
    [...parents, last],
  ]);
}

/** By component: a prefix would let `/srv/repos-evil` pass for a part of `/srv/repos`. */
function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  // Defence: a path is inside of another by whole components.
  return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..';
}

/** Submodules' repositories lie in `modules/` of their parent's: not to be named by a path. */
async function isInsideGitDirectory(root: string, gitDir: string): Promise<boolean> {
  const parts = relative(root, gitDir).split(sep);
  if (parts.slice(0, -1).includes('.git')) return true;
  for (let length = 1; length < parts.length; length += 1) {
    if (await isGitDirectory(join(root, ...parts.slice(0, length)))) return true;
  }
  return false;
}

/**
 * The files of a work tree are whatever was pushed or pulled into it: also a directory that looks
 * like a bare repository, with hooks and a configuration to run, or a symbolic link to a repository
 * of another name. Only `.git` is never among them, since git writes none (verify_path() in
 * read-cache.c): so a repository with a work tree of its own may lie there.
 */
async function mayBePlanted(root: string, asked: string, gitDir: string): Promise<boolean> {
  if (asked === gitDir && basename(gitDir) === '.git') return false;
  // Defence: what is reached by a link in a work tree is not served.
  return (await isInsideWorkTree(root, asked)) || (await isInsideWorkTree(root, gitDir));
}

/** Whether a directory above the repository, below root, is a work tree: it has a `.git`. */
async function isInsideWorkTree(root: string, gitDir: string): Promise<boolean> {
  const parts = relative(root, gitDir).split(sep);
  if (parts.at(-1) === '.git') parts.pop();
  for (let length = 1; length < parts.length; length += 1) {
    if (await exists(join(root, ...parts.slice(0, length), '.git'))) return true;
  }
  return false;
}

/** As is_git_directory() in git's setup.c: HEAD, objects and refs. */
async function isGitDirectory(path: string): Promise<boolean> {
  return (
    (await isDirectory(join(path, 'objects'))) &&
    (await isDirectory(join(path, 'refs'))) &&
    (await hasHead(path))
  );
}

/**
 * As validate_headref() in git's path.c. Never through a link: among the files of a work tree it may
 * lead to a pipe, from which reading would never come back. Nor more than the beginning: there, it
 * may be as large as a push.
 */
async function hasHead(path: string): Promise<boolean> {
  const head = join(path, 'HEAD');
  // Defence: what is called HEAD is looked at before it is opened.
  const found = await orAbsent(lstat(head));
  if (found === undefined) return false;
  // A link to a branch that has no commit yet, as old gits made it.
  if (found.isSymbolicLink()) {
    return (await orAbsent(readlink(head)))?.startsWith('refs/') === true;
  }
  if (!found.isFile()) return false;
  // A link that has taken its place meanwhile is none (ELOOP).
  const beginning = await orAbsent(beginningOf(head));
  return beginning !== undefined && /^(ref:\s*refs\/|[0-9a-f]{40})/.test(beginning);
}

async function beginningOf(path: string): Promise<string> {
  // Whatever it has become meanwhile.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return (await orAbsent(lstat(path))) !== undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await orAbsent(stat(path)))?.isDirectory() === true;
}
