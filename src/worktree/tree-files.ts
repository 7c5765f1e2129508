/** The files of a tree, those of its subtrees included. */
import { GitWsError } from '../base/errors.js';
import { formatOid } from '../pack/format/oid.js';
import { keyOf, pathOf } from '../repository/index-file.js';
import { unavailable } from '../repository/unavailable.js';
import type { StoredObjects } from '../repository/stored-objects.js';
import { isSafePath } from './path-rules.js';

/** A file of a tree, a symbolic link, or a submodule's place. */
export interface TreeFile {
  /** The path as bytes: not all are UTF-8. */
  readonly name: Uint8Array;
  /** The same as text: what is no UTF-8 has replacement characters. */
  readonly path: string;
  /** One of {@link modes}. */
  readonly mode: number;
  readonly oid: string;
}

type Side = Pick<TreeFile, 'mode' | 'oid'> | undefined;

/** @returns whether two sides have the same at a path, or nothing both. */
export function isSame(one: Side, other: Side): boolean {
  return one?.oid === other?.oid && one?.mode === other?.mode;
}

/** What is in an index: git's four modes. */
export const modes = {
  ...{ file: 0o100644, executable: 0o100755, symlink: 0o120000, gitlink: 0o160000 },
} as const;

/** @returns whether it is a file, executable or not, and no link or submodule. */
export function isFile({ mode }: Pick<TreeFile, 'mode'>): boolean {
  return mode === modes.file || mode === modes.executable;
}

/** @returns whether both are files, links or submodules. */
export function isSameKind(one: TreeFile, other: TreeFile): boolean {
  return one.mode === other.mode || (isFile(one) && isFile(other));
}

const typeBits = 0o170000;
const treeMode = 0o040000;
const regularMode = 0o100000;

/**
 * What a tree may have to be checked out: files and folders, and the bytes of all their paths. Twice what
 * the largest public repositories have, and little enough that memory lasts.
 */
export const treeLimits = { paths: 1_000_000, pathBytes: 64 * 1024 * 1024 } as const;

/** The files of a tree. */
export interface TreeFiles {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Those whose paths others have already: as text, where neither is UTF-8, they are the same. */
  readonly doubled: readonly TreeFile[];
}

/**
 * Lists a tree.
 *
 * @param oid of a tree.
 * @param isFirst whether a partial clone has hardly any tree of it: all are fetched at once then, and else
 *   those that it lacks, level by level.
 * @returns its files by their paths.
 * @throws GitWsError UnsafeFilepathError for a path that git would not write, or one that is there twice,
 *   before anything of the tree is; TREE_LIMIT; OBJECT_UNAVAILABLE for a tree that is not there, or damaged; what `objects` throws.
 */
export async function treeFiles(
  objects: StoredObjects,
  oid: string,
  isFirst = false,
): Promise<TreeFiles> {
  if (isFirst) await objects.ready([oid], true);
  const doubled: TreeFile[] = [];
  const files = new Map<string, TreeFile>();
  const folders = new Set<string>();
  const count = new PathCount();
  /** Where each tree of a level is: the same one may be in many places. */
  let level = new Map<string, Uint8Array[]>([[oid, [new Uint8Array(0)]]]);
  while (level.size > 0) {
    const next = new Map<string, Uint8Array[]>();
    for await (const [tree, object] of objects.readMany([...level.keys()])) {
      if (object?.type !== 'tree' || object.bytes === undefined) throw unavailable(tree);
      for (const entry of entriesOf(object.bytes, tree)) {
        const kind = entry.mode & typeBits;
        const isLink = kind === modes.symlink;
        const isSafe = isSafePath(pathOf(entry), isLink);
        for (const folder of level.get(tree) ?? []) {
          const name = joined(folder, entry.name);
          count.add(name.length);
          const path = pathOf({ name });
          // What is before the last name was looked at with the folder; but a link may not be below some.
          if (!isSafe || (isLink && !isSafePath(path, true))) throw unsafe(path);
          const isDoubled = (kind === treeMode ? folders : files).has(path);
          // What is no UTF-8 may be another name.
          if (isDoubled && !path.includes('\ufffd')) throw unsafe(path, 'twice');
          if (kind !== treeMode) {
            const file = { name, path, mode: fileMode(entry.mode), oid: entry.oid };
            if (isDoubled) doubled.push(file);
            else files.set(path, file);
            continue;
          }
          folders.add(path);
          const places = next.get(entry.oid);
          if (places === undefined) next.set(entry.oid, [name]);
          else places.push(name);
        }
      }
    }
    level = next;
  }
  for (const folder of folders) if (files.has(folder)) throw unsafe(folder, 'twice');
  return { files, doubled };
}

/** @returns all files by their keys (`keyOf`). */
export function filesByKey({ files, doubled }: TreeFiles): ReadonlyMap<string, TreeFile> {
  const all = [...files.values(), ...doubled];
  return all.some(({ path }) => path.includes('\ufffd'))
    ? new Map(all.map((file) => [keyOf(file), file]))
    : files;
}

/** git's canon_mode: whatever else a tree says, one of four modes. */
function fileMode(mode: number): number {
  const kind = mode & typeBits;
  if (kind === modes.symlink) return kind;
  if (kind !== regularMode) return modes.gitlink;
  return (mode & 0o100) !== 0 ? modes.executable : modes.file;
}

interface RawEntry {
  readonly name: Uint8Array;
  readonly mode: number;
  readonly oid: string;
}

function* entriesOf(tree: Uint8Array, oid: string): Generator<RawEntry, void, undefined> {
  for (let at = 0; at < tree.length;) {
    const space = tree.indexOf(0x20, at);
    const end = tree.indexOf(0, space);
    const mode = parseInt(new TextDecoder().decode(tree.subarray(at, Math.max(at, space))), 8);
    if (space < at || end < space || end + 21 > tree.length || Number.isNaN(mode)) {
      throw unavailable(oid);
    }
    const name = tree.subarray(space + 1, end);
    // A name with a slash in it would be two.
    if (name.includes(0x2f)) throw unsafe(pathOf({ name }));
    yield { name, mode, oid: formatOid(tree.subarray(end + 1, end + 21)) };
    at = end + 21;
  }
}

function joined(folder: Uint8Array, name: Uint8Array): Uint8Array {
  if (folder.length === 0) return name.slice();
  const path = new Uint8Array(folder.length + 1 + name.length);
  path.set(folder);
  path[folder.length] = 0x2f;
  path.set(name, folder.length + 1);
  return path;
}

function unsafe(filepath: string, how = ''): GitWsError {
  const what = how === '' ? 'a path that must not be written' : `a path ${how}`;
  const message = `The tree has ${what}: ${JSON.stringify(filepath)}.`;
  return new GitWsError('UnsafeFilepathError', message, { data: { filepath } });
}

/** Counts paths: a few trees of a few entries, each of them many times in another, have any number of them. */
class PathCount {
  #paths = 0;
  #bytes = 0;

  /** @throws GitWsError TREE_LIMIT */
  add(length: number): void {
    this.#paths += 1;
    this.#bytes += length;
    if (this.#paths > treeLimits.paths) throw treeLimit('paths');
    if (this.#bytes > treeLimits.pathBytes) throw treeLimit('pathBytes');
  }
}

function treeLimit(limit: keyof typeof treeLimits): GitWsError {
  const value = treeLimits[limit];
  return new GitWsError(
    'TREE_LIMIT',
    `The tree asks for more than the limit "${limit}" allows, which is ${value}.`,
    { data: { limit, value } },
  );
}
