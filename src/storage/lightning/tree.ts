/**
 * The names and facts of all files, in memory. Every change looks first whether it is allowed, then
 * changes all of it, and notes which blocks of nodes have to be stored: what is stored and what is in
 * memory are the same rows.
 */
import { FileError } from './errors.js';
import { Groups } from './groups.js';
import { makeNode, nodeOf, rowOf, takeRow, type Node, type NodeFacts, type Row } from './node.js';
import { namesOf } from './path.js';

/** Nodes with as many inos in a row are stored as one value. */
export const blockSize = 256;
const mostLinks = 40;
const rootIno = 0;

/** Where a path leads to. */
interface Place {
  readonly parent: Node;
  readonly name: string;
  /** Undefined where nothing has the name. */
  readonly node: Node | undefined;
}

/** Who owns what is made. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** See the comment above. */
export class Tree {
  /** The ino of the next node, or the number of the next group. None is used twice. */
  next = 1;
  /** Who shares values, of what is stored. */
  readonly groups = new Groups();
  readonly #owner: Owner;
  readonly #nodes = new Map<number, Node>();
  #dirty = new Set<number>();
  readonly #root: Node;

  constructor(owner: Owner = { uid: 1, gid: 1 }) {
    this.#owner = owner;
    this.#root = makeNode(rootIno, 'dir', { mode: 0o777, size: 0, mtimeMs: Date.now(), ...owner });
    this.#add(this.#root, undefined, '');
  }

  /** @returns how many nodes there are, the root among them. */
  get count(): number {
    return this.#nodes.size;
  }

  /** All nodes, in no order that means anything. */
  all(): Iterable<Node> {
    return this.#nodes.values();
  }

  /** @returns the node with this number; undefined where there is none any more. */
  byIno(ino: number): Node | undefined {
    return this.#nodes.get(ino);
  }

  /** @returns what a path leads to. @throws FileError ENOENT, ENOTDIR, ELOOP. */
  lookup(path: string, follow = true): Node {
    const { node } = this.#walk(path, follow);
    if (node === undefined) throw new FileError('ENOENT', path);
    return node;
  }

  /** @returns what a path leads to; undefined where nothing is there. @throws as lookup, otherwise. */
  find(path: string, follow = true): Node | undefined {
    return this.#walk(path, follow).node;
  }

  /**
   * Makes a file, or takes the one that is there. Whoever calls it puts the contents.
   *
   * @param mode of a new file 0o666 where none is given; one that is there keeps its own then.
   */
  write(path: string, size: number, mode?: number): Node {
    const { parent, name, node } = this.#walk(path, true);
    if (node === undefined) {
      const facts = { mode: mode ?? 0o666, size, mtimeMs: Date.now(), ...this.#owner };
      return this.#make(parent, name, 'file', facts);
    }
    if (node.type === 'dir') throw new FileError('EISDIR', path);
    const facts = { size, mtimeMs: Date.now(), ctimeMs: undefined };
    this.update(node, mode === undefined ? facts : { ...facts, mode });
    node.version += 1;
    return node;
  }

  mkdir(path: string, mode = 0o777): Node {
    const { parent, name, node } = this.#walk(path, false);
    if (node !== undefined) throw new FileError('EEXIST', path);
    const facts = { mode, size: 0, mtimeMs: Date.now(), ...this.#owner };
    return this.#make(parent, name, 'dir', facts);
  }

  /** Makes a directory and those that it is in, as far as they are not there. */
  makeDirectories(path: string, mode?: number): void {
    const names = namesOf(path);
    for (let count = 1; count <= names.length; count++) {
      const each = `/${names.slice(0, count).join('/')}`;
      const node = this.find(each);
      if (node === undefined) this.mkdir(each, count === names.length ? mode : undefined);
      else if (node.type !== 'dir') throw new FileError('ENOTDIR', path);
    }
  }

  /** @returns the link, and the node whose place it took: as LightningFS does, and unlike Node.js. */
  symlink(target: string, path: string): { node: Node; removed: Node | undefined } {
    const { parent, name, node: removed } = this.#walk(path, false);
    if (removed?.type === 'dir') throw new FileError('EEXIST', path);
    if (removed !== undefined) this.#remove(removed);
    const facts = { mode: 0o120000, size: 0, mtimeMs: Date.now(), ...this.#owner, target };
    return { node: this.#make(parent, name, 'symlink', facts), removed };
  }

  /** @returns the node that is gone, for its contents. */
  unlink(path: string): Node {
    const node = this.lookup(path, false);
    if (node.type === 'dir') throw new FileError('EISDIR', path);
    this.#remove(node);
    return node;
  }

  rmdir(path: string): void {
    const node = this.lookup(path, false);
    if (node.children === undefined) throw new FileError('ENOTDIR', path);
    if (node === this.#root || node.children.size > 0) throw new FileError('ENOTEMPTY', path);
    this.#remove(node);
  }

  /** @returns the node whose place was taken, for its contents; undefined where there was none. */
  rename(from: string, to: string): Node | undefined {
    const { node } = this.#walk(from, false);
    const { parent, name, node: old } = this.#walk(to, false);
    if (node === undefined) throw new FileError('ENOENT', from);
    if (node === old) return undefined;
    if (node === this.#root || old === this.#root) throw new FileError('EBUSY', from);
    if (isIn(parent, node)) throw new FileError('EINVAL', to);
    if (old !== undefined && isIn(node, old)) throw new FileError('ENOTEMPTY', to);
    if (old !== undefined) {
      if (old.type === 'dir' && node.type !== 'dir') throw new FileError('EISDIR', to);
      if (old.type !== 'dir' && node.type === 'dir') throw new FileError('ENOTDIR', to);
      if (old.children !== undefined && old.children.size > 0) throw new FileError('ENOTEMPTY', to);
      this.#remove(old);
    }
    node.parent?.children?.delete(node.name);
    this.#attach(node, parent, name);
    this.#touch(node.ino);
    return old;
  }

  update(node: Node, facts: Partial<NodeFacts>): void {
    Object.assign(node, facts);
    this.#touch(node.ino);
  }

  /** @returns the blocks that have changed since it was asked last; an empty one is to be removed. */
  takeDirty(): Map<number, readonly Row[]> {
    const taken = new Map<number, readonly Row[]>();
    for (const block of this.#dirty) taken.set(block, this.#rowsOf(block));
    this.#dirty = new Set();
    return taken;
  }

  /**
   * Takes blocks as they are stored now in the place of those that are known.
   *
   * @returns steps: whoever takes them may let others have their turn in between, until all are done.
   */
  *applying(blocks: readonly (readonly [number, readonly Row[]])[]): Generator<void, void> {
    if (this.#nodes.size > 1) for (const [block, rows] of blocks) this.#detach(block, rows);
    for (const [, rows] of blocks) {
      for (const row of rows) {
        let node = this.#nodes.get(row[0]);
        if (node === undefined) this.#nodes.set(row[0], (node = nodeOf(row)));
        else this.#takeRow(node, row);
        this.groups.enter(node);
      }
      yield;
    }
    for (const [, rows] of blocks) {
      for (const [ino, parentIno, name] of rows) {
        const [node, parent] = [this.#nodes.get(ino), this.#nodes.get(parentIno)];
        if (node !== undefined && parent !== undefined && node !== parent)
          this.#attach(node, parent, name);
      }
      yield;
    }
  }

  /** What is stored says where nodes of a block are now; their old places may be others' by then. */
  #detach(block: number, stored: readonly Row[]): void {
    const kept = new Set(stored.map(([ino]) => ino));
    for (const ino of inosOf(block)) {
      const node = this.#nodes.get(ino);
      if (node === undefined || node === this.#root) continue;
      if (node.parent?.children?.get(node.name) === node) node.parent.children.delete(node.name);
      if (kept.has(ino)) continue;
      this.#nodes.delete(ino);
      if (node.place !== undefined) this.groups.leave(node.place.group, node);
    }
  }

  #takeRow(node: Node, row: Row): void {
    if (node.place !== undefined) this.groups.leave(node.place.group, node);
    takeRow(node, row);
  }

  #walk(path: string, follow: boolean): Place {
    if (!path.startsWith('/')) throw new FileError('ENOENT', path);
    const names = namesOf(path).reverse();
    let at = this.#root;
    let links = 0;
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (at.children === undefined) throw new FileError('ENOTDIR', path);
      if (name === '..') {
        at = at.parent ?? at;
        continue;
      }
      const node = at.children.get(name);
      const isLast = names.length === 0;
      if (node === undefined) {
        if (isLast) return { parent: at, name, node };
        throw new FileError('ENOENT', path);
      }
      if (node.target !== undefined && (follow || !isLast)) {
        links += 1;
        if (links > mostLinks) throw new FileError('ELOOP', path);
        if (node.target === '') throw new FileError('ENOENT', path);
        if (node.target.startsWith('/')) at = this.#root;
        names.push(...namesOf(node.target).reverse());
      } else {
        if (isLast) return { parent: at, name, node };
        at = node;
      }
    }
    return { parent: at.parent ?? at, name: at.name, node: at };
  }

  #make(parent: Node, name: string, type: Node['type'], facts: NodeFacts): Node {
    const node = makeNode(this.next++, type, facts);
    this.#add(node, parent, name);
    return node;
  }

  #add(node: Node, parent: Node | undefined, name: string): void {
    this.#nodes.set(node.ino, node);
    if (parent !== undefined) this.#attach(node, parent, name);
    this.#touch(node.ino);
  }

  #attach(node: Node, parent: Node, name: string): void {
    node.parent = parent;
    node.name = name;
    parent.children?.set(name, node);
  }

  #remove(node: Node): void {
    node.parent?.children?.delete(node.name);
    this.#nodes.delete(node.ino);
    this.#touch(node.ino);
  }

  #touch(ino: number): void {
    this.#dirty.add(Math.floor(ino / blockSize));
  }

  #rowsOf(block: number): Row[] {
    const rows: Row[] = [];
    for (const ino of inosOf(block)) {
      const node = this.#nodes.get(ino);
      if (node !== undefined) rows.push(rowOf(node));
    }
    return rows;
  }
}

/** @returns whether a node is a directory, or in it at any depth. */
function isIn(node: Node, directory: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent)
    if (at === directory) return true;
  return false;
}

function* inosOf(block: number): Iterable<number> {
  for (let ino = block * blockSize; ino < (block + 1) * blockSize; ino++) yield ino;
}
