/** What a commit changed, and the two versions of a file that differ. */
import git, { type WalkerEntry } from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import { classify, decode, readFile, type FileContent } from './files.js';
import { entryAt, hasCommit } from './objects.js';
import type { Repository } from './repository.js';
import { headOid, kindOf, type FileEntry } from './status.js';

/** A file before and after. A side is undefined where there is no file. */
export interface Versions {
  readonly before: FileContent | undefined;
  readonly after: FileContent | undefined;
}

/**
 * @param options.oid a commit.
 * @returns the files that it changed, against its first parent, by their paths.
 */
export async function readChanges({
  oid,
  ...base
}: Repository & { readonly oid: string }): Promise<FileEntry[]> {
  const parent = await parentOf(base, oid);
  const entries: unknown = await git.walk({
    ...base,
    trees: [git.TREE({ ref: oid }), ...(parent === undefined ? [] : [git.TREE({ ref: parent })])],
    map: async (path, [after = null, before = null]) =>
      path === '.' ? undefined : describe(path, after, before),
  });
  return ((entries as FileEntry[] | undefined) ?? []).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * @param options.file one that has changed.
 * @param options.oid the commit that changed it; undefined for what is in no commit yet.
 */
export async function readVersions({
  file,
  oid,
  ...repository
}: Repository & {
  readonly file: FileEntry;
  readonly oid: string | undefined;
}): Promise<Versions> {
  if (oid === undefined) {
    const head = await headOid(repository);
    const [before, after] = await Promise.all([
      readAt(repository, head, file.path),
      file.status === 'deleted' ? undefined : readFile({ ...repository, file }),
    ]);
    return { before, after };
  }
  const parent = await parentOf(repository, oid);
  const [before, after] = await Promise.all([
    readAt(repository, parent, file.path),
    readAt(repository, oid, file.path),
  ]);
  return { before, after };
}

async function parentOf(repository: Repository, oid: string): Promise<string | undefined> {
  const { commit } = await git.readCommit({ ...repository, oid });
  const [parent] = commit.parent;
  if (parent === undefined) return undefined;
  return (await hasCommit(repository, parent)) ? parent : undefined;
}

/** undefined for folders that differ, whose children are walked then; null for what is the same. */
async function describe(
  path: string,
  after: WalkerEntry | null,
  before: WalkerEntry | null,
): Promise<FileEntry | null | undefined> {
  const [oid, oldOid, mode, oldMode] = await Promise.all([
    ...([after?.oid(), before?.oid()] as const),
    ...([after?.mode(), before?.mode()] as const),
  ]);
  if (oid === oldOid && mode === oldMode) return null;
  const [type, oldType] = await Promise.all([after?.type(), before?.type()]);
  const isFile = type !== undefined && type !== 'tree';
  const wasFile = oldType !== undefined && oldType !== 'tree';
  if (!isFile && !wasFile) return undefined;
  const isSubmodule = (isFile ? type : oldType) === 'commit';
  const kind = isSubmodule ? 'submodule' : kindOf((isFile ? mode : oldMode) ?? 0);
  if (!isFile) return { path, kind, status: 'deleted' };
  return { path, kind, status: wasFile ? 'modified' : 'added' };
}

async function readAt(
  repository: Repository,
  commit: string | undefined,
  path: string,
): Promise<FileContent | undefined> {
  if (commit === undefined) return undefined;
  try {
    const entry = await entryAt(repository, commit, path);
    if (entry?.type !== 'blob') return undefined;
    const { blob } = await git.readBlob({ ...repository, oid: entry.oid });
    if (entry.mode === '120000') return { kind: 'symlink', target: decode(blob) };
    return classify(path, blob as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
