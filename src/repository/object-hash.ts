/** What git calls an object by: the SHA-1 of its header and its content. */
import { sha1 } from '@noble/hashes/legacy.js';
import { formatOid } from '../pack/format/oid.js';
import type { ObjectType } from '../pack/index/options.js';

/** @returns the oid of an object with this content. */
export function oidOf(type: ObjectType, bytes: Uint8Array): string {
  const hash = sha1.create().update(new TextEncoder().encode(`${type} ${bytes.length}\0`));
  return formatOid(hash.update(bytes).digest());
}
