/** Which files there are, and how each differs from the last commit: one walk over three trees. */
import git, { type WalkerEntry } from 'gitws/git';
import { resolveRef } from './refs.js';
import type { Repository } from './repository.js';

export type FileKind = 'file' | 'executable' | 'symlink' | 'submodule';

/** Against the last commit; there is no staging in this page. */
export type FileStatus = 'same' | 'added' | 'modified' | 'deleted';

/** A file that is in the work tree, in the last commit, or in both. */
export interface FileEntry {
  readonly path: string;
  readonly kind: FileKind;
  readonly status: FileStatus;
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
    return { path, kind: 'submodule', status: 'same' };
  }
  const isFile = inWorkdir === 'blob';
  const wasFile = inCommit === 'blob';
  // What is only in the index was added and deleted again: nobody misses it.
  if (!isFile && !wasFile) return undefined;
  const mode = await (isFile ? workdir : committed)?.mode();
  const kind = kindOf(mode ?? 0);
  if (!isFile) return { path, kind, status: 'deleted' };
  if (!wasFile) return { path, kind, status: 'added' };
  const isSame = mode === (await committed?.mode()) && (await sameContent(workdir, committed));
  return { path, kind, status: isSame ? 'same' : 'modified' };
}

async function sameContent(a: WalkerEntry | null, b: WalkerEntry | null): Promise<boolean> {
  return (await a?.oid()) === (await b?.oid());
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
