/** What git calls an object by: the SHA-1 of its header and its content. */
import { sha1 } from '@noble/hashes/legacy.js';
import { concatBytes } from '../base/concat-bytes.js';
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

/** Fewer bytes are hashed sooner here than the platform is asked. */
const fewBytes = 2048;

/**
 * @returns the oid of a file's content: by the platform's own SHA-1 where it has one, ten times as fast. A page
 *   that is no secure context has none.
 */
export async function blobOid(bytes: Uint8Array): Promise<string> {
  const { crypto } = globalThis as { crypto?: { readonly subtle?: SubtleCrypto } };
  if (crypto?.subtle === undefined || bytes.length < fewBytes) return oidOf('blob', bytes);
  const whole = concatBytes([headerOf('blob', bytes), bytes]);
  return formatOid(
    new Uint8Array(await crypto.subtle.digest('SHA-1', whole as Uint8Array<ArrayBuffer>)),
  );
}
