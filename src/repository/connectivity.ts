/**
 * Looks whether all that the new tips reach is in the pack or in the repository: what git's
 * check_connected finds (connected.c: `rev-list --objects --stdin --not --all`), all of it.
 */
import { GitWsError } from '../base/errors.js';
import { missingObjects } from '../pack/index/missing-objects.js';
import { bytesOfOid, formatOid } from '../pack/format/oid.js';
import type { PackIndex } from '../pack/format/pack-index.js';
import type { ObjectType } from '../pack/index/index-pack-options.js';
import { Pace, callersSlice } from '../pack/index/pace.js';
import type { AskedFor } from './fetched-objects.js';
import { linksOf, treeLinks } from './object-links.js';
import { PromisedObjects } from './promised-objects.js';
import { PackedObjects, type ReadablePack, type StoredObject } from './packed-objects.js';
import { ReachedObjects } from './reached-objects.js';
import { StoredObjects } from './stored-objects.js';

/** Objects that are looked for after the first one that is missing: the error names some. */
const mostMissing = 10;

/** What has come, and into what. */
export interface FetchedPack {
  readonly fs: object;
  readonly gitdir: string;
  /** Undefined for a pack of no objects. */
  readonly pack: ReadablePack<PackIndex> | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Walks from what was asked for to all that it reaches: commits first, up to those that the
 * repository's refs reach and to the shallow ones, then trees. Submodules' commits are not followed, nor
 * is what a promisor has sent, and what is promised need not be there.
 *
 * @throws GitWsError MISSING_OBJECTS, CORRUPT_PACK, UserCanceledError; what the file system throws.
 */
export async function checkConnected(asked: AskedFor, fetched: FetchedPack): Promise<void> {
  const pace = new Pace(callersSlice, fetched.signal);
  const stored = new StoredObjects(fetched.fs, fetched.gitdir, { pace });
  try {
    await new Walk(asked, fetched.pack, stored, pace).run();
  } finally {
    pace.close();
    await stored.close();
  }
}

class Walk {
  readonly #asked: AskedFor;
  readonly #index: PackIndex | undefined;
  readonly #packed: PackedObjects | undefined;
  readonly #stored: StoredObjects;
  readonly #reached: ReachedObjects;
  readonly #pace: Pace;
  /** Of the pack, by their offsets: an oid takes ten times as much memory. */
  readonly #seenPacked = new Set<number>();
  readonly #seenStored = new Set<string>();
  /** Oids of trees that are to be looked into. */
  readonly #trees: Uint8Array[] = [];
  readonly #missing = new Set<string>();
  readonly #promised: PromisedObjects;

  constructor(
    asked: AskedFor,
    pack: ReadablePack<PackIndex> | undefined,
    stored: StoredObjects,
    pace: Pace,
  ) {
    this.#asked = asked;
    this.#index = pack?.index;
    this.#packed = pack && new PackedObjects(pack);
    this.#stored = stored;
    this.#pace = pace;
    this.#promised = new PromisedObjects(stored);
    // Where the boundary moves, git trusts no ref: what one reaches may lie behind the old one.
    const refs = isSame(asked.shallow, asked.cutOff) ? asked.haves : [];
    this.#reached = new ReachedObjects(stored, refs, asked.shallow);
  }

  async run(): Promise<void> {
    await this.#walkHistory();
    await this.#walkTrees();
    if (this.#missing.size > 0) throw missingObjects([...this.#missing]);
  }

  async #walkHistory(): Promise<void> {
    /** Oids, and of what type they have to be, where anybody says. */
    const work: (readonly [oid: string, type: ObjectType | undefined])[] = [];
    for (const oid of this.#asked.wants) work.push([oid, undefined]);
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (this.#isEnough()) return;
      const [oid, expected] = next;
      if (expected === 'blob' || expected === 'tree') {
        await this.#meet(bytesOfOid(oid), expected);
        continue;
      }
      const oidBytes = bytesOfOid(oid);
      const offset = this.#index?.find(oidBytes);
      if (this.#isSeen(offset, oid)) continue;
      await this.#pace.turn();
      const object = await this.#read(oid, offset, 'commit');
      if (object === undefined) continue;
      const { type, bytes } = object;
      if (expected !== undefined && type !== expected) this.#missing.add(oid);
      else if (type === 'tree') this.#trees.push(oidBytes);
      if (bytes === undefined || !(type === 'commit' || type === 'tag')) continue;
      const links = linksOf(type, bytes);
      if (links[0] === undefined || (type === 'commit' && links[0].type !== 'tree')) {
        throw unreadable(type);
      }
      const isCut = type === 'commit' && this.#asked.cutOff.has(oid);
      for (const link of links) {
        if (!isCut || link.type !== 'commit') work.push([link.oid, link.type]);
      }
    }
  }

  async #walkTrees(): Promise<void> {
    for (let next = this.#trees.pop(); next !== undefined; next = this.#trees.pop()) {
      await this.#pace.turn();
      const oid = formatOid(next);
      const object = await this.#read(oid, this.#index?.find(next), 'tree');
      if (object === undefined) continue;
      if (object.type !== 'tree' || object.bytes === undefined) {
        this.#missing.add(oid);
        continue;
      }
      for (const link of treeLinks(object.bytes)) {
        if (this.#isEnough()) return;
        await this.#meet(link.oid, link.type);
      }
    }
  }

  /** A tree or a blob that another object names: a tree is looked into later. */
  async #meet(oid: Uint8Array, type: 'tree' | 'blob'): Promise<void> {
    const offset = this.#index?.find(oid);
    if (type === 'blob' && offset !== undefined) return;
    const text = offset === undefined ? formatOid(oid) : '';
    if (this.#isSeen(offset, text)) return;
    if (type === 'tree') this.#trees.push(oid);
    else if (!(await this.#isThere(text))) this.#missing.add(text);
  }

  async #isThere(oid: string): Promise<boolean> {
    if (await this.#reached.hasContent(oid)) return true;
    return (await this.#stored.has(oid)) || this.#promised.has(oid);
  }

  /**
   * Takes note of what is missing.
   *
   * @param offset where it is in the pack, if it is there.
   * @returns undefined for what need not be followed.
   */
  async #read(
    oid: string,
    offset: number | undefined,
    kind: 'commit' | 'tree',
  ): Promise<StoredObject | undefined> {
    if (offset !== undefined) return this.#packed?.read(offset);
    if (kind === 'commit' && (await this.#reached.hasCommit(oid))) {
      this.#reached.addContentOf(oid);
      return undefined;
    }
    if (kind === 'tree' && (await this.#reached.hasContent(oid))) return undefined;
    const place = await this.#stored.locate(oid);
    // What a promisor has sent may lack anything: git looks no further there (`--exclude-promisor-objects`).
    if (typeof place === 'object' && 'pack' in place && place.pack.isPromisor) return undefined;
    const object = await this.#stored.read(oid);
    if (typeof object === 'object') return object;
    if (object !== 'unknown' && !(await this.#promised.has(oid))) this.#missing.add(oid);
    return undefined;
  }

  /** @param offset where it is in the pack; else its oid tells it apart. */
  #isSeen(offset: number | undefined, oid: string): boolean {
    if (offset === undefined) return isIn(this.#seenStored, oid);
    return isIn(this.#seenPacked, offset);
  }

  #isEnough(): boolean {
    return this.#missing.size > mostMissing;
  }
}

/** @returns whether a set has it, which it then does. */
function isIn<Value>(set: Set<Value>, value: Value): boolean {
  if (set.has(value)) return true;
  set.add(value);
  return false;
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function unreadable(type: ObjectType): GitWsError {
  return new GitWsError('CORRUPT_PACK', `The pack has a ${type} that cannot be read.`);
}
