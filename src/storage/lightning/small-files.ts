/**
 * Contents of small files that were read not long ago: refs and configuration are read again and again,
 * and each time would be a transaction. What counts is the version of a node in the tree, which is
 * what is stored whenever somebody reads; so what others write is never missed. Only what came out of
 * the database is kept: who looks whether something was written sees what is there.
 */
import type { Node } from './node.js';

/** Larger ones are not kept, in bytes. */
const largestKept = 8 * 1024;
/** All of them together, in bytes: a repository's refs, and then some. */
const keptBytes = 512 * 1024;

/** See the comment above. */
export class SmallFiles {
  /** The one that was used last comes last. */
  readonly #files = new Map<Node, { readonly version: number; readonly bytes: Uint8Array }>();
  #bytes = 0;

  /** @returns the caller's own; undefined where they are not known. */
  get(node: Node): Uint8Array | undefined {
    const found = this.#files.get(node);
    if (found === undefined) return undefined;
    this.#forget(node);
    if (found.version !== node.version) return undefined;
    this.#keep(node, found.version, found.bytes);
    return new Uint8Array(found.bytes);
  }

  /** @param version of the node when they began to be read. */
  put(node: Node, version: number, bytes: Uint8Array): void {
    if (bytes.length > largestKept || node.version !== version) return;
    this.#forget(node);
    this.#keep(node, version, new Uint8Array(bytes));
    for (const [oldest] of this.#files) {
      if (this.#bytes <= keptBytes) break;
      this.#forget(oldest);
    }
  }

  #keep(node: Node, version: number, bytes: Uint8Array): void {
    this.#files.set(node, { version, bytes });
    this.#bytes += bytes.length;
  }

  #forget(node: Node): void {
    this.#bytes -= this.#files.get(node)?.bytes.length ?? 0;
    this.#files.delete(node);
  }
}
