/**
 * What LightningFS keeps (a Map of Maps, and values by ino) as rows. Its inos may be shared: it gives
 * a file that it writes through a symbolic link's name the ino of what the link leads to.
 */
import { rowOf, makeNode, type Node, type NodeType, type Row } from './node.js';

/** LightningFS's entry: its facts under 0, what is in it under names. */
type Superblock = Map<string | 0, unknown>;

/** The rows that a superblock becomes. */
export interface Converted {
  readonly rows: readonly Row[];
  /** The first ino that no node has. */
  readonly next: number;
  /** Values that two files share: the second gets a copy under an ino of its own. */
  readonly copies: readonly { readonly from: number; readonly to: number }[];
}

/**
 * @param superblock what is under `!root`: a Map that has the root under `/`.
 * @param lastKey the highest number that is a key of contents: some may belong to no file any more.
 */
export function convert(superblock: unknown, lastKey: number): Converted {
  const root = (superblock as Superblock | undefined)?.get('/') as Superblock | undefined;
  const rows: Row[] = [];
  const copies: { from: number; to: number }[] = [];
  const waiting: { entry: Superblock; parent: Node | undefined; name: string }[] = [];
  let highest = Math.max(0, lastKey);
  if (root !== undefined) waiting.push({ entry: root, parent: undefined, name: '' });
  for (const { entry } of waiting) {
    highest = Math.max(highest, inoOf(entry));
    for (const [name, inner] of entry)
      if (name !== 0) waiting.push({ entry: inner as Superblock, parent: undefined, name });
  }
  waiting.length = Math.min(1, waiting.length);
  let next = highest + 1;
  const used = new Set<number>();
  for (const { entry, parent, name } of waiting) {
    const { type, ...facts } = statOf(entry);
    let ino = inoOf(entry);
    const isTaken = parent !== undefined && (ino === 0 || used.has(ino));
    if (isTaken) {
      if (type === 'file') copies.push({ from: ino, to: next });
      ino = next++;
    }
    used.add(ino);
    const node = makeNode(parent === undefined ? 0 : ino, type, facts);
    Object.assign(node, { parent, name });
    rows.push(rowOf(node));
    for (const [each, inner] of entry)
      if (each !== 0) waiting.push({ entry: inner as Superblock, parent: node, name: each });
  }
  return { rows, next, copies };
}

/** LightningFS's stat. */
interface PlainStat {
  readonly type?: NodeType;
  readonly [fact: string]: unknown;
}

function inoOf(entry: Superblock): number {
  return number((entry.get(0) as PlainStat | undefined)?.['ino'], 0);
}

function statOf(entry: Superblock) {
  const stat = (entry.get(0) ?? {}) as PlainStat;
  const { type = entry.size > 1 ? 'dir' : 'file', target } = stat;
  return {
    type,
    mode: number(stat['mode'], type === 'dir' ? 0o777 : 0o666),
    size: number(stat['size'], 0),
    mtimeMs: number(stat['mtimeMs'], 0),
    ctimeMs: typeof stat['ctimeMs'] === 'number' ? stat['ctimeMs'] : undefined,
    atimeMs: typeof stat['atimeMs'] === 'number' ? stat['atimeMs'] : undefined,
    uid: number(stat['uid'], 1),
    gid: number(stat['gid'], 1),
    target: type === 'symlink' ? (typeof target === 'string' ? target : '') : undefined,
  };
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
