/** The index, for commands that only look at it. */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { parseIndex, pathOf, type IndexEntry } from '../repository/index-file.js';
import { isMissing, promisesOf } from '../storage/file-system.js';
import { modes } from '../worktree/tree-files.js';
import { notThere } from '../worktree/work-tree.js';
import type { ConfigAt } from './config.js';
import { gitdirOf, type Directories } from './fetch.js';
import { failureOf } from './outcome.js';

/** Where a command of isomorphic-git works. */
export interface Where extends Directories {
  readonly fs: ConfigAt['fs'];
}

/** An entry, with its path as text. */
export type PathEntry = IndexEntry & { readonly path: string };

/**
 * @returns where the repository is; undefined for a linked worktree, which is isomorphic-git's affair.
 * @throws what `fs` throws.
 */
export async function repositoryAt(given: Where): Promise<ConfigAt | undefined> {
  const { fs } = given;
  return useFileSystem(async () => {
    const gitdir = await findGitDirectory(promisesOf(fs), gitdirOf(given)).catch(
      (error: unknown) => {
        if (isGitWsError(error, 'INVALID_OPTION')) return undefined;
        throw error;
      },
    );
    return gitdir === undefined ? undefined : { fs, gitdir };
  });
}

/** @returns the entries of the index; none where there is none. @throws GitWsError UNREADABLE_INDEX; what `fs` throws. */
export async function readIndex(at: ConfigAt): Promise<PathEntry[]> {
  const bytes = await readIndexFile(at);
  return bytes === undefined ? [] : entriesOf(bytes);
}

/** What an index says of paths that are not like the others. */
export interface IndexMarks {
  /** Paths that are in the index alone. */
  readonly skipped: ReadonlySet<string>;
  /** The oids of submodules, by their paths. */
  readonly links: ReadonlyMap<string, string>;
  /** Whether something is to be resolved. Takes the index apart. @throws GitWsError UNREADABLE_INDEX */
  readonly isUnmerged: () => boolean;
}

/** @returns all of it, of one look at the index. @throws as {@link readIndex}. */
export async function indexMarks(given: Where): Promise<IndexMarks> {
  try {
    const at = await repositoryAt(given);
    const bytes = at && (await readIndexFile(at));
    const skipped = (bytes === undefined ? [] : skippedIn(bytes)).map(({ path }) => path);
    const links = bytes === undefined ? [] : gitlinksIn(bytes);
    return {
      skipped: new Set(skipped),
      links: new Map(links.map(({ path, oid }) => [path, oid])),
      isUnmerged: () => bytes !== undefined && isUnmerged(bytes),
    };
  } catch (error) {
    throw failureOf(error);
  }
}

/** @returns the paths that are in the index alone. @throws as {@link readIndex}. */
export async function skippedPaths(given: Where): Promise<ReadonlySet<string>> {
  return (await indexMarks(given)).skipped;
}

function isUnmerged(bytes: Uint8Array): boolean {
  try {
    return entriesOf(bytes).some(({ stage }) => stage > 0);
  } catch (error) {
    throw failureOf(error);
  }
}

/** Version 2 has no such flag, and is not taken apart for it. */
function skippedIn(bytes: Uint8Array): PathEntry[] {
  return bytes[7] === 2 ? [] : entriesOf(bytes).filter(({ skipWorktree }) => skipWorktree);
}

/** @returns whether there is anything in the working tree. @throws what `fs` throws. */
export async function isInWorkTree({ fs, dir = '' }: Where, path: string): Promise<boolean> {
  return (await promisesOf(fs).lstat(`${dir}/${path}`).catch(notThere)) !== undefined;
}

/** @returns undefined where there is none. @throws GitWsError FILE_SYSTEM_FAILED where nothing of it is read; what `fs` throws. */
async function readIndexFile({ fs, gitdir }: ConfigAt): Promise<Uint8Array | undefined> {
  const path = `${gitdir}/index`;
  const bytes = await useFileSystem(() => promisesOf(fs).readFile(path).catch(isMissing));
  if (bytes === false) return undefined;
  if (bytes instanceof Uint8Array) return bytes;
  throw new GitWsError('FILE_SYSTEM_FAILED', 'The file system read nothing of the index.');
}

/** @returns whether there is an index. @throws as {@link readIndex}. */
export async function hasIndex(at: ConfigAt): Promise<boolean> {
  return (await readIndexFile(at)) !== undefined;
}

/** How an entry of a submodule has its mode: 32 bits. */
const gitlinkMode = [0, 0, 0xe0, 0] as const;

/** @returns the submodules' entries. @throws as {@link readIndex}. */
export async function readGitlinks(at: ConfigAt): Promise<PathEntry[]> {
  const bytes = await readIndexFile(at);
  return bytes === undefined ? [] : gitlinksIn(bytes);
}

/** An index has none as a rule, and is not taken apart then. */
function gitlinksIn(bytes: Uint8Array): PathEntry[] {
  if (!hasMode(bytes)) return [];
  return entriesOf(bytes).filter(({ mode, stage }) => mode === modes.gitlink && stage === 0);
}

function hasMode(bytes: Uint8Array): boolean {
  const [, , third] = gitlinkMode;
  for (let at = bytes.indexOf(third); at >= 0; at = bytes.indexOf(third, at + 1)) {
    if (gitlinkMode.every((byte, offset) => bytes[at - 2 + offset] === byte)) return true;
  }
  return false;
}

function entriesOf(bytes: Uint8Array): PathEntry[] {
  return parseIndex(bytes).map((entry) => ({ ...entry, path: pathOf(entry) }));
}
