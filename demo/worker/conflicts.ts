/** What is to be resolved: the files of a merge that waits, what each side has of them, and resolving one of whatever. */
import git, { type MergeSide, type WalkerEntry } from 'gitws/git';
import { isMissing } from '../repository/missing.js';
import { classify, decode, deleteFile, isFile, writeVersion, type FileContent } from './files.js';
import type { Repository } from './repository.js';
import { headOid } from './status.js';

/** A side of a merge, or of a stash; git's words. */
export type Side = 'ours' | 'theirs';

/** What each side has of a file that is to be resolved. */
export type Sides = Readonly<Record<Side, MergeSide | undefined>>;

/** A file that both sides changed. */
export interface ConflictedFile {
  readonly path: string;
  /** undefined once it is resolved. */
  readonly sides: Sides | undefined;
}

/** A merge that waits for its commit. */
export interface Merging {
  /** What a person calls what is merged. */
  readonly them: string;
  readonly message: string;
  /** All that both sides changed, resolved or not. */
  readonly conflicts: readonly ConflictedFile[];
  /** What the merge brings without a conflict, and what was resolved: the index has it. */
  readonly staged: readonly string[];
  /** Whether it was interrupted: then it can be given up alone. */
  readonly isBroken: boolean;
}

/** What is taken of a file: a side of it, nothing, or the file as it stands here. */
export type Taken = Side | 'nothing' | 'what-is-here';

/** @returns undefined where no merge waits. */
export async function readMerge(base: Repository): Promise<Merging | undefined> {
  const status = await git.mergeStatus(base);
  if (status === undefined) return undefined;
  const { heads, message = '', conflicts, unmerged } = status;
  const left = new Map(unmerged.map(({ path, ours, theirs }) => [path, { ours, theirs }]));
  const paths = [...new Set([...conflicts, ...left.keys()])].sort();
  return {
    ...{ them: nameIn(message) ?? (heads[0] ?? '').slice(0, 7), message: message.trim() },
    conflicts: paths.map((path) => ({ path, sides: left.get(path) })),
    staged: (await stagedPaths(base)).filter((path) => !left.has(path)),
    isBroken: heads.length === 0,
  };
}

/** git names what is merged in the message, and nowhere else. */
function nameIn(message: string): string | undefined {
  const [, kind, name, of] =
    /^Merge (branch|remote-tracking branch|tag|commit) '(.+?)'( of )?/.exec(message) ?? [];
  return kind === 'branch' && of !== undefined ? `origin/${name}` : name;
}

/** @returns the paths of which the index has something else than the last commit. */
export async function stagedPaths(base: Repository): Promise<string[]> {
  const head = await headOid(base);
  const paths: unknown = await git.walk({
    ...base,
    trees: [git.STAGE(), ...(head === undefined ? [] : [git.TREE({ ref: head })])],
    map: async (path, [stage = null, committed = null]) =>
      path !== '.' && (await isOther(stage, committed)) ? path : undefined,
  });
  return (paths as string[] | undefined) ?? [];
}

async function isOther(stage: WalkerEntry | null, committed: WalkerEntry | null): Promise<boolean> {
  const types = await Promise.all([stage?.type(), committed?.type()]);
  // Folders are in no index: what is in them is asked about.
  if (types.every((type) => type === 'tree' || type === undefined)) return false;
  const [oid, mode] = await Promise.all([stage?.oid(), stage?.mode()]);
  return oid !== (await committed?.oid()) || mode !== (await committed?.mode());
}

/** @returns what each side has of a file that is to be resolved; undefined where there is no such file. */
export async function readSides({
  path,
  ...base
}: Repository & { readonly path: string }): Promise<
  Readonly<Record<Side, FileContent | undefined>>
> {
  const { ours, theirs } = await unmergedAt(base, path);
  const read = (side: MergeSide | undefined) => side && readSide(base, path, side);
  return { ours: await read(ours), theirs: await read(theirs) };
}

async function readSide(
  base: Repository,
  path: string,
  { mode, oid }: MergeSide,
): Promise<FileContent> {
  if (mode === '160000') return { kind: 'symlink', target: oid };
  const { blob } = await git.readBlob({ ...base, oid });
  if (mode === '120000') return { kind: 'symlink', target: decode(blob) };
  return classify(path, blob as Uint8Array<ArrayBuffer>);
}

/**
 * Takes what is chosen of a file, and says to git that it is resolved.
 *
 * @throws where the file is not to be resolved.
 */
export async function resolveFile({
  path,
  taken,
  ...base
}: Repository & { readonly path: string; readonly taken: Taken }): Promise<void> {
  const sides = await unmergedAt(base, path);
  if (taken === 'what-is-here') {
    await stageAsItIs({ ...base, path });
    return;
  }
  const side = taken === 'nothing' ? undefined : sides[taken];
  await deleteFile({ ...base, path }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (side !== undefined) await writeVersion(base, path, side);
  if (side?.mode === '160000') {
    const { oid } = side;
    await git.updateIndex({ ...base, filepath: path, oid, mode: 0o160000, add: true });
    return;
  }
  await stageAsItIs({ ...base, path });
}

/** Puts a file into the index as it is in the work tree, or out of it where there is none. */
export async function stageAsItIs({
  path: filepath,
  ...base
}: Repository & { readonly path: string }): Promise<void> {
  if (await isFile(base, filepath)) await git.add({ ...base, filepath, force: true });
  else await git.remove({ ...base, filepath });
}

async function unmergedAt(base: Repository, path: string): Promise<Sides> {
  const found = (await git.unmergedFiles(base)).find((file) => file.path === path);
  if (found === undefined) throw new Error(`${path} is resolved already, perhaps in another tab.`);
  return found;
}
