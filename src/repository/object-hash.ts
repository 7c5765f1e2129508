/** What git calls an object by: the SHA-1 of its header and its content. */
import { sha1 } from '@noble/hashes/legacy.js';
import { formatOid } from '../pack/format/oid.js';
import type { ObjectType } from '../pack/index/index-pack-options.js';

/** @returns what stands before an object's content, in its hash and in a file of its own. */
export function headerOf(type: ObjectType, bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(`${type} ${bytes.length}\0`);
}

/** @returns the oid of an object with this content. */
export function oidOf(type: ObjectType, bytes: Uint8Array): string {
  const hash = sha1.create().update(headerOf(type, bytes));
  return formatOid(hash.update(bytes).digest());
}
