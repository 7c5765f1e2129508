/** Which files there are, and how each differs from the index and the last commit: one walk over three trees. */
import git, { type WalkerEntry } from 'gitws/git';
import { resolveRef } from './refs.js';
import type { Repository } from './repository.js';

export type FileKind = 'file' | 'executable' | 'symlink' | 'submodule';

/** How a file differs from what it is held against. */
export type FileStatus = 'same' | 'added' | 'modified' | 'deleted';

/** A file that differs, or not. */
export interface ChangedFile {
  readonly path: string;
  readonly kind: FileKind;
  readonly status: FileStatus;
}

/** A file that is in the work tree, in the index or in the last commit. Its status is against the last commit. */
export interface FileEntry extends ChangedFile {
  /** What the index has against the last commit: what the next commit takes. */
  readonly staged: FileStatus;
  /** What the work tree has against the index. */
  readonly unstaged: FileStatus;
}

/**
 * Reads contents only where size, time or inode of a file are not those in git's index.
 *
 * @param options.under only this path and what is below it; all files by default.
 * @returns entries in the order of the walk.
 */
export async function scanFiles({
  under,
  ...base
}: Repository & { readonly under?: string | undefined }): Promise<FileEntry[]> {
  const head = await headOid(base);
  const entries: unknown = await git.walk({
    ...base,
    // A repository without commits has no tree to compare with.
    trees: [git.WORKDIR(), git.STAGE(), ...(head === undefined ? [] : [git.TREE({ ref: head })])],
    async map(path, [workdir = null, stage = null, committed = null]) {
      if (path === '.') return undefined;
      if (under !== undefined && !leadsTo(path, under)) return null;
      const isUntracked = workdir !== null && stage === null && committed === null;
      if (isUntracked && (await git.isIgnored({ ...base, filepath: path }))) return null;
      return describe(path, workdir, stage, committed);
    },
  });
  return (entries as FileEntry[] | undefined) ?? [];
}

/** @returns the commit that is checked out; undefined in a repository without commits. */
export function headOid(repository: Repository): Promise<string | undefined> {
  return resolveRef(repository, 'HEAD');
}

/** undefined for folders, whose children are walked then. */
async function describe(
  path: string,
  workdir: WalkerEntry | null,
  stage: WalkerEntry | null,
  committed: WalkerEntry | null,
): Promise<FileEntry | null | undefined> {
  const [inWorkdir, inStage, inCommit] = await Promise.all([
    workdir?.type(),
    stage?.type(),
    committed?.type(),
  ]);
  if (inCommit === 'commit' || inStage === 'commit') {
    return { path, kind: 'submodule', status: 'same', staged: 'same', unstaged: 'same' };
  }
  const here = inWorkdir === 'blob' ? workdir : null;
  const inIndex = inStage === 'blob' ? stage : null;
  const before = inCommit === 'blob' ? committed : null;
  const known = here ?? before ?? inIndex;
  if (known === null) return undefined;
  const [mode, against, staged, unstaged] = await Promise.all([
    ...([known.mode(), compare(here, before)] as const),
    ...([compare(inIndex, before), compare(here, inIndex)] as const),
  ]);
  // What is in the index alone was added, and deleted again.
  const status = here === null ? 'deleted' : against;
  return { path, kind: kindOf(mode), status, staged, unstaged };
}

/** @returns what the first of two is, against the second. */
async function compare(is: WalkerEntry | null, was: WalkerEntry | null): Promise<FileStatus> {
  if (is === null) return was === null ? 'same' : 'deleted';
  if (was === null) return 'added';
  const [mode, before] = await Promise.all([is.mode(), was.mode()]);
  if (mode !== before) return 'modified';
  return (await is.oid()) === (await was.oid()) ? 'same' : 'modified';
}

/** @param mode as in git's trees, for example 0o100644. */
export function kindOf(mode: number): FileKind {
  if (mode >> 12 === 0o12) return 'symlink';
  return (mode & 0o111) === 0 ? 'file' : 'executable';
}

/** Whether `path` is `under`, or above it, or below it. */
function leadsTo(path: string, under: string): boolean {
  return path === under || under.startsWith(`${path}/`) || path.startsWith(`${under}/`);
}
