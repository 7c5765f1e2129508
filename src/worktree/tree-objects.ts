/** The tree objects of files, as `git write-tree` makes them (gitformat-tree(5)). */
import { bytesOfOid } from '../pack/format/oid.js';
import { compareBytes } from '../base/compare-bytes.js';
import { oidOf } from '../repository/object-hash.js';
import type { TreeFile } from './tree-files.js';

/** An object that may have to be written. */
export interface NewObject {
  readonly oid: string;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly name: Uint8Array;
  readonly mode: number;
  readonly oid: string;
}

interface Folder {
  readonly folders: Map<string, { readonly name: Uint8Array; readonly folder: Folder }>;
  readonly entries: Entry[];
}

const slash = 0x2f;

const treeMode = 0o040000;

/** One letter a byte: names need be no UTF-8. */
const letters = new TextDecoder('latin1');

/** Of each mode, with a space and in ASCII. */
const heads = new Map<number, Uint8Array>();

/** @returns all trees of these files, each before those that have it; the last one is that of all. */
export function treeObjects(files: Iterable<Pick<TreeFile, 'name' | 'mode' | 'oid'>>): NewObject[] {
  const root: Folder = { folders: new Map(), entries: [] };
  for (const { name, mode, oid } of files) {
    let folder = root;
    let start = 0;
    for (let end = name.indexOf(slash); end >= 0; end = name.indexOf(slash, start)) {
      folder = below(folder, name.subarray(start, end));
      start = end + 1;
    }
    folder.entries.push({ name: name.subarray(start), mode, oid });
  }
  const trees: NewObject[] = [];
  addTree(root, trees);
  return trees;
}

function below({ folders }: Folder, name: Uint8Array): Folder {
  const key = letters.decode(name);
  let found = folders.get(key);
  if (found === undefined) {
    found = { name, folder: { folders: new Map(), entries: [] } };
    folders.set(key, found);
  }
  return found.folder;
}

/** @returns its oid. */
function addTree({ folders, entries }: Folder, trees: NewObject[]): string {
  const all = entries.map((entry) => ({ entry, key: entry.name }));
  for (const { name, folder } of folders.values()) {
    const entry = { name, mode: treeMode, oid: addTree(folder, trees) };
    // A folder's name is sorted as if it ended with a slash.
    all.push({ entry, key: Uint8Array.of(...name, slash) });
  }
  all.sort((one, other) => compareBytes(one.key, other.key));
  const bytes = joined(all.map(({ entry }) => entry));
  const oid = oidOf('tree', bytes);
  trees.push({ oid, bytes });
  return oid;
}

function joined(entries: readonly Entry[]): Uint8Array {
  const size = entries.reduce((sum, { name, mode }) => {
    return sum + headOf(mode).length + name.length + 21;
  }, 0);
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const { name, mode, oid } of entries) {
    const head = headOf(mode);
    bytes.set(head, end);
    bytes.set(name, end + head.length);
    // With a zero before it.
    end += head.length + name.length + 1;
    bytes.set(bytesOfOid(oid), end);
    end += 20;
  }
  return bytes;
}

/** @returns a mode as it is written: octal, without a zero before it. */
function headOf(mode: number): Uint8Array {
  let head = heads.get(mode);
  if (head === undefined)
    heads.set(mode, (head = new TextEncoder().encode(`${mode.toString(8)} `)));
  return head;
}
