/** What the next commit takes: files put into the index, or taken out of it, whole or by lines. Files stay as they are. */
import git from 'gitws/git';
import { isFile } from './files.js';
import type { Repository } from './repository.js';
import { headOid } from './status.js';
import { spliceLines, type LineChange } from './splice.js';
import { stagedEntry, stagedVersion, versionAt } from './versions.js';

/** Somebody, another tab perhaps, has changed what lines were chosen of. */
export class LinesMoved extends Error {
  override readonly name = 'LinesMoved';
}

/** Lines that the index is to have in the place of its own. */
export interface ToStage {
  readonly path: string;
  /** What has these lines: the file, whose lines are staged, or the last commit, to which they go back. */
  readonly from: 'file' | 'head';
  /** What they were chosen of: undefined where there is no such file. */
  readonly staged: string | undefined;
  readonly other: string | undefined;
  readonly change: LineChange;
}

/** So many files are read at the same time. */
const filesAtOnce = 100;

/** Puts files into the index as they are in the work tree; those that are not there any more go out of it. */
export async function stageFiles({
  paths,
  ...base
}: Repository & { readonly paths: readonly string[] }): Promise<void> {
  const there: string[] = [];
  for (const path of new Set(paths)) {
    if (await isFile(base, path)) there.push(path);
    else await git.remove({ ...base, filepath: path });
  }
  await clearWay(base, there);
  for (let at = 0; at < there.length; at += filesAtOnce) {
    await git.add({ ...base, filepath: there.slice(at, at + filesAtOnce), force: true });
  }
}

/** Makes the index what the last commit has of files. */
export async function unstageFiles({
  paths,
  ...base
}: Repository & { readonly paths: readonly string[] }): Promise<void> {
  await git.resetIndex({ ...base, filepath: [...new Set(paths)] });
}

/**
 * Gives the index some lines of the file, or of the last commit.
 *
 * @throws {@link LinesMoved} where the index or the other one is not what the lines were chosen of; nothing has
 *   changed then.
 */
export async function stageLines({
  path,
  from,
  staged,
  other,
  change,
  ...base
}: Repository & ToStage): Promise<void> {
  const index = await stagedVersion(base, path);
  const head = await versionAt(base, await headOid(base), path);
  const there = from === 'head' ? head?.bytes : await readHere(base, path);
  if (!isText(index?.bytes, staged) || !isText(there, other)) {
    throw new LinesMoved(
      `${path} has changed meanwhile, perhaps in another tab. Look at it again.`,
    );
  }
  const text = spliceLines(staged ?? '', other ?? '', change);
  // Nothing is left of a file that is nowhere else.
  if (text === '' && other === undefined) {
    await git.remove({ ...base, filepath: path });
    return;
  }
  const mode = index?.mode ?? head?.mode ?? (await modeHere(base, path));
  if (index === undefined) await clearWay(base, [path]);
  const oid = await git.writeBlob({ ...base, blob: new TextEncoder().encode(text) });
  // The index never names what cannot be read.
  await git.readBlob({ ...base, oid });
  await git.updateIndex({ ...base, filepath: path, oid, mode: parseInt(mode, 8), add: true });
  if ((await stagedEntry(base, path))?.oid !== oid) {
    throw new Error(`${path} was not staged: the index is not what was written.`);
  }
}

/** Takes out of the index what cannot be there together with files: files in whose place folders are, and the reverse. */
async function clearWay(base: Repository, paths: readonly string[]): Promise<void> {
  const indexed = await git.listFiles(base);
  const files = new Set(indexed);
  const folders = new Set(indexed.flatMap(foldersOf));
  const going = new Set<string>();
  for (const path of paths) {
    for (const folder of foldersOf(path)) if (files.has(folder)) going.add(folder);
    if (!folders.has(path)) continue;
    for (const inside of indexed) if (inside.startsWith(`${path}/`)) going.add(inside);
  }
  for (const filepath of going)
    await git.updateIndex({ ...base, filepath, remove: true, force: true });
}

/** @returns the folders that a path is in. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** @returns whether bytes are a text, or both are none. */
function isText(bytes: Uint8Array | undefined, text: string | undefined): boolean {
  if (bytes === undefined || text === undefined) return bytes === text;
  const wanted = new TextEncoder().encode(text);
  return bytes.length === wanted.length && bytes.every((byte, at) => byte === wanted[at]);
}

async function readHere(base: Repository, path: string): Promise<Uint8Array | undefined> {
  if (!(await isFile(base, path))) return undefined;
  return base.fs.promises.readFile(`${base.dir}/${path}`);
}

async function modeHere({ fs, dir }: Repository, path: string): Promise<string> {
  const { mode } = await fs.promises.lstat(`${dir}/${path}`);
  return (mode & 0o100) === 0 ? '100644' : '100755';
}
