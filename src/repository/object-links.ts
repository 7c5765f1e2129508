/** What an object names: what has to be there where it is (gitrepository-layout(5)). */
import { GitWsError } from '../base/errors.js';
import type { ObjectType } from '../pack/index/index-pack-options.js';

/** An object, as another one names it. */
export interface Link {
  /** In lower case. */
  readonly oid: string;
  readonly type: ObjectType;
}

/** An entry of a tree. */
export interface TreeLink {
  /** 20 bytes, in the tree's memory. */
  readonly oid: Uint8Array;
  readonly type: 'tree' | 'blob';
  /** Where its name begins in the tree, and ends. */
  readonly name: number;
  readonly nameEnd: number;
}

/**
 * @param type of what the bytes are: a commit or a tag.
 * @returns its tree first and its parents then, or the object of a tag.
 */
export function linksOf(type: ObjectType, bytes: Uint8Array): readonly Link[] {
  const end = endOfHeader(bytes);
  const header = new TextDecoder().decode(bytes.subarray(0, end));
  if (type === 'tag') {
    const [, oid, named] =
      /^object ([0-9a-f]{40})\ntype (commit|tree|blob|tag)$/m.exec(header) ?? [];
    return oid === undefined ? [] : [{ oid, type: named as ObjectType }];
  }
  return [...header.matchAll(/^(tree|parent) ([0-9a-f]{40})$/gm)].flatMap(([, word, oid]) =>
    oid === undefined ? [] : [{ oid, type: word === 'tree' ? 'tree' : 'commit' }],
  );
}

/** A message may be long. */
function endOfHeader(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at;
  }
  return bytes.length;
}

const typeBits = 0o170000;
const treeMode = 0o040000;
const fileMode = 0o100000;
const symlinkMode = 0o120000;

/**
 * @param tree its bytes.
 * @returns its entries but for submodules, whose commits are in other repositories; git takes all that it
 *   does not know for one (cache.h, `canon_mode`).
 * @throws GitWsError CORRUPT_PACK for what is no tree.
 */
export function* treeLinks(tree: Uint8Array): Generator<TreeLink, void, undefined> {
  for (let at = 0; at < tree.length;) {
    let mode = 0;
    for (; tree[at] !== 0x20; at += 1) mode = mode * 8 + digitOf(tree[at]);
    const nameEnd = tree.indexOf(0, at);
    const end = nameEnd + 21;
    if (nameEnd < 0 || end > tree.length) throw malformed();
    const kind = mode & typeBits;
    const type = kind === treeMode ? 'tree' : 'blob';
    if (type === 'tree' || kind === fileMode || kind === symlinkMode) {
      yield { oid: tree.subarray(nameEnd + 1, end), type, name: at + 1, nameEnd };
    }
    at = end;
  }
}

function digitOf(byte: number | undefined): number {
  const digit = (byte ?? 0) - 0x30;
  if (digit < 0 || digit > 7) throw malformed();
  return digit;
}

function malformed(): GitWsError {
  return new GitWsError('CORRUPT_PACK', 'The pack has a tree that cannot be read.');
}
