/** `packed-refs`: many refs in one file, a line each (git-pack-refs(1), refs/packed-backend.c). */
import { compareBytes } from '../base/compare-bytes.js';

/** A ref of the file. */
export interface PackedRef {
  readonly oid: string;
  /** Of an annotated tag: the object that it stands for in the end. */
  readonly peeled?: string | undefined;
}

/** What is said of the refs of a file that is written anew: all that can be peeled are, and in order. */
const header = '# pack-refs with: peeled fully-peeled sorted ';

const refLine = /^([0-9a-f]{40}) (.+)$/;
const peeledLine = /^\^([0-9a-f]{40})$/;

/** @returns the refs of a file, by their names. What is no ref is left out, as git leaves it out. */
export function parsePackedRefs(text: string): Map<string, PackedRef> {
  const refs = new Map<string, PackedRef>();
  let last: string | undefined;
  for (const line of text.split('\n')) {
    const [, oid, name] = refLine.exec(line) ?? [];
    const [, peeled] = peeledLine.exec(line) ?? [];
    if (oid !== undefined && name !== undefined) {
      last = name;
      refs.set(name, { oid });
    } else if (peeled !== undefined && last !== undefined) {
      const tag = refs.get(last);
      if (tag !== undefined) refs.set(last, { ...tag, peeled });
    }
  }
  return refs;
}

/**
 * @param before the file that this one takes the place of; empty for none. What its first line says of
 *   its refs is said of these as well.
 */
export function formatPackedRefs(refs: ReadonlyMap<string, PackedRef>, before: string): string {
  const [first = ''] = before.split('\n', 1);
  const isSaid = before === '' || first.startsWith('# pack-refs with:');
  const encoder = new TextEncoder();
  const named = Array.from(refs, ([name, ref]) => ({ bytes: encoder.encode(name), name, ref }));
  named.sort((one, other) => compareBytes(one.bytes, other.bytes));
  const lines = named.flatMap(({ name, ref }) => [
    `${ref.oid} ${name}`,
    ...(ref.peeled === undefined ? [] : [`^${ref.peeled}`]),
  ]);
  const head = before === '' ? [header] : isSaid ? [withSorted(first)] : [];
  return [...head, ...lines, ''].join('\n');
}

function withSorted(first: string): string {
  return / sorted(?: |$)/.test(first) ? first : `${first.trimEnd()} sorted `;
}
