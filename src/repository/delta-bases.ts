/** What a tree or a blob may be sent as a delta of: the version of the same path that is next to it. */
import type { Pace } from '../pack/index/pace.js';
import { makeDelta } from '../pack/write/delta.js';
import type { ObjectToSend, ObjectsToSend } from './objects-to-send.js';
import type { StoredObjects } from './stored-objects.js';

/** Bytes of an object from which on no delta is made of it. */
const largest = 0x400000;
/** Deltas of deltas that are made: whoever reads the last one has to read them all. */
const deepest = 30;
/** Bytes of contents that are kept. */
const contentsKept = 0x1000000;

/** A delta, and the oid of what it is made from. */
export interface Made {
  readonly base: string;
  readonly delta: Uint8Array;
}

/** Makes deltas for what the packs have none for. */
export class DeltaBases {
  readonly #objects: StoredObjects;
  readonly #edge: ReadonlyMap<number, string>;
  readonly #pace: Pace;
  /** By paths: what was sent there last, and how many deltas it takes. */
  readonly #sent = new Map<number, { readonly oid: string; readonly depth: number }>();
  readonly #contents = new Map<string, Uint8Array>();
  #bytes = 0;

  /** @param found whose edge the remote has; without one there are no thin packs. */
  constructor(objects: StoredObjects, found: Partial<Pick<ObjectsToSend, 'edge'>>, pace: Pace) {
    this.#objects = objects;
    this.#edge = found.edge ?? new Map<number, string>();
    this.#pace = pace;
  }

  /** @returns whether the remote has something at the same path. */
  hasEdge({ path }: ObjectToSend): boolean {
    return path !== undefined && this.#edge.has(path);
  }

  /**
   * @param bytes of the object.
   * @param fromSent whether it may be made from what was sent.
   * @returns the shortest delta that is much shorter; undefined where there is none.
   * @throws as `StoredObjects.read`.
   */
  async make(
    { path, type }: ObjectToSend,
    bytes: Uint8Array,
    fromSent: boolean,
  ): Promise<Made | undefined> {
    if (path === undefined || bytes.length > largest) return undefined;
    const sent = fromSent ? this.#sent.get(path) : undefined;
    const bases = new Set<string>();
    if (sent !== undefined && sent.depth < deepest) bases.add(sent.oid);
    const edge = this.#edge.get(path);
    if (edge !== undefined) bases.add(edge);
    let made: Made | undefined;
    // git's own measure: half of it, and its name.
    let limit = (bytes.length >> 1) - 20;
    for (const base of limit > 0 ? bases : []) {
      const content = await this.#contentOf(base, type);
      if (content === undefined || content.length > largest) continue;
      const delta = await makeDelta(content, bytes, limit, this.#pace);
      if (delta === undefined) continue;
      made = { base, delta };
      limit = delta.length - 1;
    }
    return made;
  }

  /** Takes note of what was sent out of a pack: the first one there is the youngest. */
  note({ oid, path }: ObjectToSend): void {
    if (path !== undefined && !this.#sent.has(path)) this.#sent.set(path, { oid, depth: 0 });
  }

  /**
   * Takes note of what was sent, for those that come after it.
   *
   * @param base what it was made from, if it was.
   */
  keep({ oid, path }: ObjectToSend, bytes: Uint8Array, base: string | undefined): void {
    if (path === undefined || bytes.length > largest) return;
    const before = this.#sent.get(path);
    const depth = base === undefined ? 0 : base === before?.oid ? before.depth + 1 : 1;
    this.#sent.set(path, { oid, depth });
    this.#keepContent(oid, bytes);
  }

  /** @returns undefined for what is not there after all, or is of another type. */
  async #contentOf(oid: string, type: string): Promise<Uint8Array | undefined> {
    const kept = this.#contents.get(oid);
    if (kept !== undefined) return kept;
    const object = await this.#objects.read(oid);
    if (typeof object !== 'object' || object.type !== type) return undefined;
    if (object.bytes !== undefined) this.#keepContent(oid, object.bytes);
    return object.bytes;
  }

  #keepContent(oid: string, bytes: Uint8Array): void {
    if (this.#contents.has(oid)) return;
    this.#contents.set(oid, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#contents) {
      if (this.#bytes <= contentsKept) return;
      this.#contents.delete(oldest);
      this.#bytes -= length;
    }
  }
}
