/** Commits as history is walked: what they name, and when they were made. */
import TinyQueue from 'tinyqueue';
import type { StoredObjects } from './stored-objects.js';
import { linksOf } from './object-links.js';

/** A commit without its words. */
export interface Commit {
  readonly oid: string;
  readonly tree: string;
  /** Empty where the repository is cut off at it. */
  readonly parents: readonly string[];
  /** The committer's, in seconds since 1970; 0 where it says none. */
  readonly time: number;
}

/** Most tags of tags that are followed to a commit. */
const mostTags = 64;

/** Reads commits, each once. */
export class Commits {
  readonly #objects: StoredObjects;
  readonly #shallow: ReadonlySet<string>;
  readonly #read = new Map<string, Promise<Commit | undefined>>();

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
  read(oid: string): Promise<Commit | undefined> {
    let read = this.#read.get(oid);
    if (read === undefined) this.#read.set(oid, (read = this.#find(oid)));
    return read;
  }

  /** @returns whether one commit is another one, or reaches it. @throws what reading throws. */
  async reaches(from: string, oid: string): Promise<boolean> {
    const wanted = await this.read(oid);
    const first = await this.read(from);
    if (wanted === undefined || first === undefined) return false;
    const seen = new Set([first.oid]);
    // What is looked for is mostly near: the newest first.
    const next = new TinyQueue([first], (one, another) => another.time - one.time);
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      if (at.oid === wanted.oid) return true;
      for (const parent of at.parents) {
        if (seen.has(parent)) continue;
        seen.add(parent);
        const commit = await this.read(parent);
        if (commit !== undefined) next.push(commit);
      }
    }
    return false;
  }

  async #find(oid: string): Promise<Commit | undefined> {
    let at = oid;
    for (let depth = 0; depth <= mostTags; depth += 1) {
      const object = await this.#objects.read(at);
      if (object === undefined || object === 'unknown' || object.bytes === undefined)
        return undefined;
      const { type, bytes } = object;
      if (type !== 'commit' && type !== 'tag') return undefined;
      const [first, ...parents] = linksOf(type, bytes);
      if (first === undefined) return undefined;
      if (type === 'commit') {
        const isCut = this.#shallow.has(at);
        return {
          oid: at,
          tree: first.oid,
          parents: isCut ? [] : parents.map((parent) => parent.oid),
          time: timeOf(bytes),
        };
      }
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
