/**
 * Values that several small files share: IndexedDB takes about as long for a value of one file as for
 * one of thirty. A group never changes once it is stored. A file that is written anew, or removed, leaves
 * it, and one that all have left is removed.
 */
import type { GroupPlace, Node } from './node.js';

/** Larger files have a value of their own, in bytes. */
export const largestGrouped = 32 * 1024;
/** Bytes of a group, about: who reads one file reads all of it. */
const groupBytes = 128 * 1024;
/** Files of a group, at most. */
const groupFiles = 64;
/** Fewer files that are stored together have values of their own: they will not be read together. */
const fewest = 8;

/** Who is in which group. Of what is stored: a file that is being changed is in the one that it was in. */
export class Groups {
  readonly #nodes = new Map<number, Set<Node>>();
  /** Groups that somebody has left since it was asked which are sparse. */
  readonly #left = new Set<number>();

  /** A node has the place that it has. */
  enter(node: Node): void {
    const { place } = node;
    if (place === undefined) return;
    const nodes = this.#nodes.get(place.group);
    if (nodes === undefined) this.#nodes.set(place.group, new Set([node]));
    else nodes.add(node);
  }

  /** @returns whether nobody is left in that group. */
  leave(group: number, node: Node): boolean {
    const nodes = this.#nodes.get(group);
    if (nodes?.delete(node) !== true) return false;
    this.#left.add(group);
    return nodes.size === 0 && this.#nodes.delete(group);
  }

  /** @returns the files of a group. */
  of(group: number): readonly Node[] {
    return [...(this.#nodes.get(group) ?? [])];
  }

  /** @returns groups that have more bytes of files that have left them than of others, each once. */
  takeSparse(): readonly number[] {
    const left = [...this.#left];
    this.#left.clear();
    return left.filter((group) => {
      const nodes = this.of(group);
      const bytes = nodes.reduce((sum, { size }) => sum + size, 0);
      return 2 * bytes < (nodes[0]?.place?.of ?? 0);
    });
  }
}

/** A file, and what is in it. */
export interface FileBytes {
  readonly node: Node;
  readonly bytes: Uint8Array;
}

/** @returns those of some files that share values, in the same order. */
export function chooseGroups(files: readonly FileBytes[]): FileBytes[][] {
  const small = files.filter(
    ({ node, bytes }) => !node.hasValue && bytes.length > 0 && bytes.length <= largestGrouped,
  );
  if (small.length < fewest) return [];
  const groups: FileBytes[][] = [];
  let group: FileBytes[] = [];
  let length = Infinity;
  for (const file of small) {
    if (length + file.bytes.length > groupBytes || group.length === groupFiles) {
      groups.push((group = []));
      length = 0;
    }
    group.push(file);
    length += file.bytes.length;
  }
  return groups;
}

/** Tells nodes where they are. @param number of the group, which no other has. */
export function takePlaces(number: number, files: readonly FileBytes[]): void {
  const of = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let at = 0;
  for (const { node, bytes } of files) {
    const place: GroupPlace = { group: number, at, of };
    node.place = place;
    at += bytes.length;
  }
}
