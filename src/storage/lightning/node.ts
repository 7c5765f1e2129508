/** A file, directory or symbolic link: as it is in memory, and as the row that the database keeps. */

/**
 * What a node is, by LightningFS's words.
 *
 * @inline
 */
export type NodeType = 'file' | 'dir' | 'symlink';

/** Where contents are that share a value with others'. */
export interface GroupPlace {
  /** The key of the value. */
  readonly group: number;
  /** Where they begin in it, in bytes. */
  readonly at: number;
  /** Length of the value, in bytes. */
  readonly of: number;
}

/** Facts of a node that calls change. */
export interface NodeFacts {
  /** Permissions as they were given: without the bits of the type. */
  mode: number;
  /** In bytes. */
  size: number;
  /** In ms since 1970, as the other two. Those that were never set are undefined. */
  mtimeMs: number;
  ctimeMs?: number | undefined;
  atimeMs?: number | undefined;
  uid: number;
  gid: number;
  /** Of a symbolic link: where it leads to, as it was given. */
  target?: string | undefined;
  /** Whether the contents are in pieces; else they are one value, or part of one. */
  pieces?: boolean | undefined;
  /** Of contents that are part of a value. */
  place?: GroupPlace | undefined;
}

/** A node in memory. */
export interface Node extends NodeFacts {
  readonly ino: number;
  readonly type: NodeType;
  /** Of the root: undefined. */
  parent: Node | undefined;
  name: string;
  /** Of a directory. */
  readonly children: Map<string, Node> | undefined;
  /** Counts changes of the contents, for those who keep some. Not stored. */
  version: number;
  /** Whether there may be a value under its ino. Not stored. */
  hasValue: boolean;
}

/** Facts that few nodes have. */
interface Rest {
  c?: number;
  a?: number;
  o?: readonly [number, number];
  t?: string;
  p?: true;
}

/**
 * A node as it is stored: ino, ino of its directory, name, type, mode, size, mtimeMs, the rest; of contents
 * that are part of a value its key, where they begin, and its length.
 */
export type Row = readonly [
  number,
  number,
  string,
  0 | 1 | 2,
  number,
  number,
  number,
  (Rest | undefined)?,
  number?,
  number?,
  number?,
];

const types: readonly NodeType[] = ['file', 'dir', 'symlink'];
const plainOwner = 1;

/** @returns the row of a node. */
export function rowOf(node: Node): Row {
  const { ino, parent, name, type, mode, size, mtimeMs } = node;
  const kind = types.indexOf(type) as 0 | 1 | 2;
  const row = [ino, parent?.ino ?? ino, name, kind, mode, size, mtimeMs] as const;
  const { ctimeMs, atimeMs, uid, gid, target, pieces, place } = node;
  const rest: Rest = {};
  if (ctimeMs !== undefined) rest.c = ctimeMs;
  if (atimeMs !== undefined) rest.a = atimeMs;
  if (uid !== plainOwner || gid !== plainOwner) rest.o = [uid, gid];
  if (target !== undefined) rest.t = target;
  if (pieces === true) rest.p = true;
  const isMore = Object.keys(rest).length > 0;
  // Numbers: an array of them would take as long to read as all the row.
  if (place !== undefined) {
    return [...row, isMore ? rest : undefined, place.group, place.at, place.of];
  }
  return isMore ? [...row, rest] : row;
}

/** Takes the facts of a row for a node. The type of a node never changes. */
export function takeRow(node: Node, row: Row): void {
  const [, , , , mode, size, mtimeMs, rest, group, at = 0, of = 0] = row;
  node.mode = mode;
  node.size = size;
  node.mtimeMs = mtimeMs;
  node.ctimeMs = rest?.c;
  node.atimeMs = rest?.a;
  [node.uid, node.gid] = rest?.o ?? [plainOwner, plainOwner];
  node.target = rest?.t;
  node.pieces = rest?.p ?? false;
  node.place = group === undefined ? undefined : { group, at, of };
  node.hasValue = node.type === 'file' && !node.pieces && node.place === undefined;
  node.version += 1;
}

/** @returns the node of a row, in no directory yet. */
export function nodeOf(row: Row): Node {
  const node: Node = {
    ino: row[0],
    type: types[row[3]] ?? 'file',
    parent: undefined,
    name: '',
    mode: 0,
    size: 0,
    mtimeMs: 0,
    ctimeMs: undefined,
    atimeMs: undefined,
    uid: 0,
    gid: 0,
    target: undefined,
    pieces: false,
    place: undefined,
    version: 0,
    hasValue: false,
    children: row[3] === 1 ? new Map<string, Node>() : undefined,
  };
  takeRow(node, row);
  return node;
}

/** @returns a node that is in no directory yet. */
export function makeNode(ino: number, type: NodeType, facts: NodeFacts): Node {
  const children = type === 'dir' ? new Map<string, Node>() : undefined;
  const here = { parent: undefined, name: '', version: 0, hasValue: false };
  return { ino, type, ...here, children, ...facts };
}

/** What `stat` tells, with the fields and functions of LightningFS's. */
export class Stats {
  /** What it is. */
  readonly type: NodeType;
  /** Permissions, with the bits of the type. */
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  /** Its number in this file system. */
  readonly ino: number;
  /** When the contents changed, in ms since 1970. */
  readonly mtimeMs: number;
  /** When it was read, as far as somebody has set it, in ms since 1970. */
  readonly atimeMs: number;
  /** When the facts changed, as far as somebody has set it, in ms since 1970. */
  readonly ctimeMs: number;
  /** Owner. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
  /** Always 1. */
  readonly dev = 1;

  /** @internal Of a node in memory. */
  constructor(node: Node, size = node.size) {
    this.type = node.type;
    this.mode = node.mode;
    this.size = size;
    this.ino = node.ino;
    this.mtimeMs = node.mtimeMs;
    this.atimeMs = node.atimeMs ?? node.mtimeMs;
    this.ctimeMs = node.ctimeMs ?? node.mtimeMs;
    this.uid = node.uid;
    this.gid = node.gid;
  }

  /** @returns whether it is a file. */
  isFile(): boolean {
    return this.type === 'file';
  }

  /** @returns whether it is a directory. */
  isDirectory(): boolean {
    return this.type === 'dir';
  }

  /** @returns whether it is a symbolic link. */
  isSymbolicLink(): boolean {
    return this.type === 'symlink';
  }
}
