/** Commits as history is walked: what they name, and when they were made. */
import type { ObjectType } from '../pack/index/index-pack-options.js';
import { linksOf } from './object-links.js';
import type { StoredObjects } from './stored-objects.js';
import { TwoSides, type Commit } from './two-sides.js';

export type { Commit } from './two-sides.js';

/** What an oid leads to, by its tags. */
export interface Peeled {
  /** Oids of the tags on the way. */
  readonly tags: readonly string[];
  readonly oid: string;
  readonly type: Exclude<ObjectType, 'tag'>;
  /** Where it leads to one. */
  readonly commit: Commit | undefined;
}

/** Most tags of tags that are followed to a commit. */
const mostTags = 64;

/** Reads commits, each once. */
export class Commits {
  readonly #objects: StoredObjects;
  readonly #shallow: ReadonlySet<string>;
  readonly #read = new Map<string, Promise<Peeled | undefined>>();

  /** @param shallow commits whose parents count as not there. */
  constructor(objects: StoredObjects, shallow: ReadonlySet<string> = new Set()) {
    this.#objects = objects;
    this.#shallow = shallow;
  }

  /**
   * @param oid of a commit, or of a tag that leads to one.
   * @returns undefined for what leads to none, or is not there.
   * @throws what reading throws.
   */
  async read(oid: string): Promise<Commit | undefined> {
    return (await this.peel(oid))?.commit;
  }

  /**
   * @param oid of any object.
   * @returns undefined where something on the way is not there, or damaged.
   * @throws what reading throws.
   */
  peel(oid: string): Promise<Peeled | undefined> {
    let read = this.#read.get(oid);
    if (read === undefined) this.#read.set(oid, (read = this.#peel(oid)));
    return read;
  }

  /** @returns whether one commit is another one, or reaches it. @throws what reading throws. */
  async reaches(from: string, oid: string): Promise<boolean> {
    const wanted = await this.read(oid);
    const first = await this.read(from);
    if (wanted === undefined || first === undefined) return false;
    const walk = new TwoSides(first, wanted);
    for (let next = walk.next(); next !== undefined; next = walk.next()) {
      for (const parent of next.parents) {
        const commit = await this.read(parent);
        if (commit !== undefined) walk.reach(commit, next.oid);
      }
    }
    return walk.isReached;
  }

  async #peel(oid: string): Promise<Peeled | undefined> {
    const tags: string[] = [];
    for (let at = oid; tags.length <= mostTags;) {
      const object = await this.#objects.readHere(at);
      if (typeof object !== 'object') return undefined;
      const { type, bytes = new Uint8Array(0) } = object;
      if (type === 'tree' || type === 'blob') return { tags, oid: at, type, commit: undefined };
      const [first, ...parents] = linksOf(type, bytes);
      if (first === undefined) return undefined;
      if (type === 'commit') {
        const isCut = this.#shallow.has(at);
        const commit = {
          oid: at,
          tree: first.oid,
          parents: isCut ? [] : parents.map((parent) => parent.oid),
          time: timeOf(bytes),
        };
        return { tags, oid: at, type, commit };
      }
      tags.push(at);
      at = first.oid;
    }
    return undefined;
  }
}

/** Read as bytes: names may be in any encoding. */
function timeOf(bytes: Uint8Array): number {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 4_096));
  const [header = ''] = text.split('\n\n', 1);
  const [, time] = /^committer .*> (\d+)/m.exec(header) ?? [];
  return time === undefined ? 0 : Number(time);
}
