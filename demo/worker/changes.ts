/** What a commit changed, and the two versions of a file that differ. */
import git, { type WalkerEntry } from 'gitws/git';
import { contentOf, readFile, type FileContent } from './files.js';
import { hasCommit } from './objects.js';
import type { Repository } from './repository.js';
import { headOid, kindOf, type ChangedFile } from './status.js';
import { stagedVersion, versionAt, type Version } from './versions.js';

/**
 * Which two are compared: of a commit, by its oid, and the one before; of the index and the last commit; of the
 * work tree and the index.
 */
export type Between = { readonly commit: string } | 'staged' | 'unstaged';

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
}: Repository & { readonly oid: string }): Promise<ChangedFile[]> {
  const parent = await parentOf(base, oid);
  const entries: unknown = await git.walk({
    ...base,
    trees: [git.TREE({ ref: oid }), ...(parent === undefined ? [] : [git.TREE({ ref: parent })])],
    map: async (path, [after = null, before = null]) =>
      path === '.' ? undefined : describe(path, after, before),
  });
  return ((entries as ChangedFile[] | undefined) ?? []).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @param options.file one that has changed between the two. */
export async function readVersions({
  file,
  between,
  ...repository
}: Repository & {
  readonly file: ChangedFile;
  readonly between: Between;
}): Promise<Versions> {
  const { path } = file;
  const shown = (version: Version | undefined) => version && contentOf(path, version);
  if (between === 'unstaged') {
    const [before, after] = await Promise.all([
      stagedVersion(repository, path),
      file.status === 'deleted' ? undefined : readFile({ ...repository, file }),
    ]);
    return { before: shown(before), after };
  }
  if (between === 'staged') {
    const head = await headOid(repository);
    const [before, after] = await Promise.all([
      versionAt(repository, head, path),
      stagedVersion(repository, path),
    ]);
    return { before: shown(before), after: shown(after) };
  }
  const { commit } = between;
  const parent = await parentOf(repository, commit);
  const [before, after] = await Promise.all([
    versionAt(repository, parent, path),
    versionAt(repository, commit, path),
  ]);
  return { before: shown(before), after: shown(after) };
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
): Promise<ChangedFile | null | undefined> {
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
