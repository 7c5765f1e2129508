/** The files of a tree, those of its subtrees included. */
import { GitWsError } from '../base/errors.js';
import { formatOid } from '../pack/format/oid.js';
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

/** What is in an index: git's four modes. */
export const modes = {
  ...{ file: 0o100644, executable: 0o100755, symlink: 0o120000, gitlink: 0o160000 },
} as const;

const typeBits = 0o170000;
const treeMode = 0o040000;

/** The files of a tree. */
export interface TreeFiles {
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Paths that another one has taken already: as text, where neither is UTF-8, they are the same. */
  readonly doubled: readonly string[];
}

/**
 * Lists a tree.
 *
 * @param oid of a tree.
 * @returns its files by their paths.
 * @throws GitWsError UnsafeFilepathError for a path that git would not write, before anything of the
 *   tree is; OBJECT_UNAVAILABLE for a tree that is not there, or damaged; what `objects` throws.
 */
export async function treeFiles(objects: StoredObjects, oid: string): Promise<TreeFiles> {
  const doubled: string[] = [];
  const files = new Map<string, TreeFile>();
  /** Where each tree of a level is: the same one may be in many places. */
  let level = new Map<string, Uint8Array[]>([[oid, [new Uint8Array(0)]]]);
  while (level.size > 0) {
    const next = new Map<string, Uint8Array[]>();
    for await (const [tree, object] of objects.readMany([...level.keys()])) {
      if (object?.type !== 'tree' || object.bytes === undefined) throw unavailable(tree);
      for (const entry of entriesOf(object.bytes, tree)) {
        for (const folder of level.get(tree) ?? []) {
          const name = joined(folder, entry.name);
          const kind = entry.mode & typeBits;
          const path = new TextDecoder().decode(name);
          if (!isSafePath(path, kind === modes.symlink)) throw unsafe(path);
          if (kind !== treeMode) {
            if (files.has(path)) doubled.push(path);
            else files.set(path, { name, path, mode: fileMode(entry.mode), oid: entry.oid });
            continue;
          }
          const places = next.get(entry.oid) ?? [];
          next.set(entry.oid, [...places, name]);
        }
      }
    }
    level = next;
  }
  return { files, doubled };
}

/** git's create_ce_mode: whatever else a tree says, one of four modes. */
function fileMode(mode: number): number {
  const kind = mode & typeBits;
  if (kind === modes.symlink || kind === modes.gitlink) return kind;
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
    if (name.includes(0x2f)) throw unsafe(new TextDecoder().decode(name));
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

function unsafe(filepath: string): GitWsError {
  const message = `The tree has a path that must not be written: ${JSON.stringify(filepath)}.`;
  return new GitWsError('UnsafeFilepathError', message, { data: { filepath } });
}
