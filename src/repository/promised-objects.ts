/**
 * What a partial clone need not have: the objects of packs that a promisor has sent, and whatever these
 * name (git's packfile.c, `is_promisor_object`). Whoever asks pays for reading all of those packs, once.
 */
import { formatOid } from '../pack/format/oid.js';
import { linksOf, treeLinks } from './object-links.js';
import type { StoredObject } from './packed-objects.js';
import type { StoredObjects } from './stored-objects.js';

/** The promised objects of one repository, as it was when somebody first asked. */
export class PromisedObjects {
  readonly #objects: StoredObjects;
  #named: Promise<ReadonlySet<string>> | undefined;

  /** @param objects without a promisor: nothing is fetched here. */
  constructor(objects: StoredObjects) {
    this.#objects = objects;
  }

  /**
   * @param oid in lower case, of an object that is not here.
   * @returns whether a promisor has promised it.
   * @throws GitWsError CORRUPT_PACK, UserCanceledError; what the file system throws.
   */
  async has(oid: string): Promise<boolean> {
    return (await (this.#named ??= this.#read())).has(oid);
  }

  async #read(): Promise<ReadonlySet<string>> {
    const named = new Set<string>();
    for (const { isPromisor, index } of await this.#objects.packs()) {
      if (!isPromisor) continue;
      for (let first = 0; first < 256; first += 1) {
        for await (const [, object] of this.#objects.readMany(await index.oidsUnder(first))) {
          if (object?.bytes !== undefined) for (const oid of namesOf(object)) named.add(oid);
        }
      }
    }
    return named;
  }
}

/** @returns the oids that an object names. @throws GitWsError CORRUPT_PACK for a damaged tree. */
function namesOf({ type, bytes = new Uint8Array(0) }: StoredObject): readonly string[] {
  if (type === 'tree') return Array.from(treeLinks(bytes), ({ oid }) => formatOid(oid));
  return type === 'blob' ? [] : linksOf(type, bytes).map(({ oid }) => oid);
}
