/**
 * The trees and blobs that a remote lacks: those of new commits which the trees at the edge do not
 * have. Both are walked side by side, so that only what has changed is read, and no blob at all.
 */
import { formatOid } from '../pack/format/oid.js';
import { treeLinks } from './object-links.js';
import type { StoredObjects } from './stored-objects.js';
import { unavailable } from './unavailable.js';

/** A tree or a blob that is to be sent. */
export interface NewContent {
  readonly oid: string;
  readonly type: 'tree' | 'blob';
  /** A number made of its path, by which versions of one file are found; others may have it as well. */
  readonly path: number;
}

/** Of the tree that a commit names. */
const rootPath = 0x811c9dc5 | 0;

/** What the remote has, and what it lacks. */
export class ContentWalk {
  /** Oids of trees and blobs at the edge, as far as they were met: the remote has them. */
  readonly known = new Set<string>();
  /** By paths: what the remote has there. */
  readonly edge = new Map<number, string>();
  readonly #objects: StoredObjects;
  readonly #seen = new Set<string>();

  constructor(objects: StoredObjects) {
    this.#objects = objects;
  }

  /**
   * Takes note of what the remote has of the same paths.
   *
   * @param trees of the new commits.
   * @param edge trees of the commits where the histories meet; what is not there is passed over.
   * @throws GitWsError OBJECT_UNAVAILABLE for a new tree that is not there; as `StoredObjects.read`.
   */
  async markKnown(trees: Iterable<string>, edge: Iterable<string>): Promise<void> {
    const roots = new Set(edge);
    for (const oid of roots) this.#note(oid, rootPath);
    const work: Pair[] = [{ path: rootPath, fresh: new Set(trees), known: roots }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const fresh = [...next.fresh].filter((oid) => !this.known.has(oid));
      if (fresh.length === 0 || next.known.size === 0) continue;
      const below = new Map<number, Pair>();
      for await (const [, object] of this.#objects.readMany([...next.known])) {
        if (object?.type !== 'tree' || object.bytes === undefined) continue;
        for (const { oid, path, type } of childrenOf(object.bytes, next.path)) {
          this.#note(oid, path);
          if (type === 'tree') pairAt(below, path).known.add(oid);
        }
      }
      for await (const { oid, type, path } of this.#read(fresh, next.path)) {
        if (type === 'tree' && below.has(path)) pairAt(below, path).fresh.add(oid);
      }
      work.push(...below.values());
    }
  }

  /**
   * @param tree of a new commit.
   * @param found told of each object that is new, and was not before, trees before what is in them.
   * @throws GitWsError OBJECT_UNAVAILABLE; as `StoredObjects.read`; what `found` throws.
   */
  async collect(tree: string, found: (content: NewContent) => unknown): Promise<void> {
    let level: NewContent[] = [];
    const meet = async (content: NewContent, into: NewContent[]): Promise<void> => {
      const { oid, type } = content;
      if (this.known.has(oid) || this.#seen.has(oid)) return;
      this.#seen.add(oid);
      await found(content);
      if (type === 'tree') into.push(content);
    };
    await meet({ oid: tree, type: 'tree', path: rootPath }, level);
    while (level.length > 0) {
      const next: NewContent[] = [];
      const paths = new Map(level.map(({ oid, path }) => [oid, path]));
      for await (const [oid, object] of this.#objects.readMany([...paths.keys()])) {
        if (object?.type !== 'tree' || object.bytes === undefined) throw unavailable(oid);
        for (const child of childrenOf(object.bytes, paths.get(oid) ?? 0)) await meet(child, next);
      }
      level = next;
    }
  }

  /** A blob that a tip names itself. */
  async collectBlob(oid: string, found: (content: NewContent) => unknown): Promise<void> {
    if (this.#seen.has(oid)) return;
    this.#seen.add(oid);
    await found({ oid, type: 'blob', path: rootPath });
  }

  #note(oid: string, path: number): void {
    this.known.add(oid);
    if (!this.edge.has(path)) this.edge.set(path, oid);
  }

  async *#read(trees: readonly string[], path: number): AsyncGenerator<NewContent> {
    for await (const [oid, object] of this.#objects.readMany(trees)) {
      if (object?.type !== 'tree' || object.bytes === undefined) throw unavailable(oid);
      yield* childrenOf(object.bytes, path);
    }
  }
}

/** Trees at one path. */
interface Pair {
  readonly path: number;
  readonly fresh: Set<string>;
  readonly known: Set<string>;
}

function pairAt(pairs: Map<number, Pair>, path: number): Pair {
  let pair = pairs.get(path);
  if (pair === undefined) {
    pair = { path, fresh: new Set(), known: new Set() };
    pairs.set(path, pair);
  }
  return pair;
}

function* childrenOf(tree: Uint8Array, path: number): Generator<NewContent, void, undefined> {
  for (const { oid, type, name, nameEnd } of treeLinks(tree)) {
    yield { oid: formatOid(oid), type, path: pathBelow(path, tree, name, nameEnd) };
  }
}

/** FNV-1a over the path, a slash before each name. */
function pathBelow(path: number, bytes: Uint8Array, from: number, to: number): number {
  let hash = Math.imul(path ^ 0x2f, 0x01000193);
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}
