/** A file as a commit has it, and as the index has it. */
import git, { type WalkerEntry } from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import { entryAt } from './objects.js';
import type { Repository } from './repository.js';

/** What is kept of a file. */
export interface Version {
  /** As in git's trees, for example `100644`. */
  readonly mode: string;
  readonly oid: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** @returns what a commit has of a file; undefined where it has none, or that is not here. */
export async function versionAt(
  repository: Repository,
  commit: string | undefined,
  path: string,
): Promise<Version | undefined> {
  if (commit === undefined) return undefined;
  try {
    const entry = await entryAt(repository, commit, path);
    if (entry?.type !== 'blob') return undefined;
    return await read(repository, entry.mode, entry.oid);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** @returns what the index has of a file; undefined where it has none, or a submodule. */
export async function stagedVersion(
  repository: Repository,
  path: string,
): Promise<Version | undefined> {
  const entry = await stagedEntry(repository, path);
  return entry && read(repository, entry.mode, entry.oid);
}

/** @returns what the index says of a file, without reading it. */
export async function stagedEntry(
  repository: Repository,
  path: string,
): Promise<Omit<Version, 'bytes'> | undefined> {
  let found: Omit<Version, 'bytes'> | undefined;
  await git.walk({
    ...repository,
    trees: [git.STAGE()],
    async map(at, [entry = null]) {
      if (at === path) found = await describe(entry);
      return at === '.' || path.startsWith(`${at}/`) ? undefined : null;
    },
  });
  return found;
}

async function describe(entry: WalkerEntry | null): Promise<Omit<Version, 'bytes'> | undefined> {
  if ((await entry?.type()) !== 'blob') return undefined;
  const [mode, oid] = await Promise.all([entry?.mode(), entry?.oid()]);
  return mode === undefined || oid === undefined ? undefined : { mode: mode.toString(8), oid };
}

async function read(repository: Repository, mode: string, oid: string): Promise<Version> {
  const { blob } = await git.readBlob({ ...repository, oid });
  return { mode, oid, bytes: blob as Uint8Array<ArrayBuffer> };
}
