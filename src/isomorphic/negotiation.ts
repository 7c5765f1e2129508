/**
 * What a fetch has asked for and what the server has said to that: by it is known which objects have
 * to be in the pack (git's upload-pack.c: the pack lacks only what is reached from a common object).
 */
import { missingObjects } from '../pack/index/missing-objects.js';
import type { AdvertisedRef } from '../wire/v0/advertisement.js';
import type { FetchRequest } from '../wire/fetch-request.js';
import type { FetchResponseEvent } from '../wire/fetch-response.js';

/** Keeps what one fetch asks for and what the server says to it. */
export class Negotiation {
  readonly request: FetchRequest;
  /** Commits whose parents neither side has to have: the client's own, and those of the answer. */
  readonly shallow: Set<string>;
  readonly #refs: readonly AdvertisedRef[];
  #hasCommon = false;
  #hasPack = false;

  /** @param refs what the server has advertised. */
  constructor(request: FetchRequest, refs: readonly AdvertisedRef[]) {
    this.request = request;
    this.shallow = new Set(request.shallow);
    this.#refs = refs;
  }

  hear(event: FetchResponseEvent): void {
    if (event.type === 'pack') this.#hasPack = true;
    if (event.type === 'shallow') this.shallow.add(event.oid);
    if (event.type === 'unshallow') this.shallow.delete(event.oid);
    // Another than was offered says nothing.
    if (event.type === 'ack') this.#hasCommon ||= this.request.haves.has(event.oid);
  }

  /** @throws GitWsError MISSING_OBJECTS where something was asked for, and no pack has come. */
  checkPack(): void {
    const { wants } = this.request;
    if (!this.#hasPack && wants.length > 0) throw missingObjects(wants);
  }

  /**
   * Of what was asked for, the commits and tags that the pack must have, as far as they can be
   * known without the repository. To be called when the pack begins.
   *
   * @returns nothing where the server has found an object in common: all may be reached from that.
   */
  expected(): readonly string[] {
    if (this.#hasCommon) return [];
    const { wants, haves, shallow } = this.request;
    // A branch, or HEAD, is a commit, and what is peeled is a tag. All else may be anything.
    const isTip = ({ name, peeled }: AdvertisedRef): boolean =>
      name === 'HEAD' || name.startsWith('refs/heads/') || peeled !== undefined;
    const tips = new Set(this.#refs.filter(isTip).map(({ oid }) => oid));
    // A commit whose parents are asked for is not sent again (`deepen`).
    return wants.filter((oid) => tips.has(oid) && !haves.has(oid) && !shallow.has(oid));
  }
}
