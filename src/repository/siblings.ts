/**
 * What comes along with an object that a partial clone lacks: others of its folder, once somebody reads
 * one after the other there. As disks read ahead: nothing for the first, and twice as much each time for
 * as long as it is read, so that little comes unread.
 */
import { formatOid } from '../pack/format/oid.js';
import { treeLinks } from './object-links.js';
import type { StoredObject } from './packed-objects.js';
import { defaultPrefetch } from './prefetch.js';

/** Objects that come along first with one that follows another that was read. */
const firstAhead = 4;

/** Of how many that come before one in the tree one must have been read: whoever reads on may pass some over. */
const near = 3;

/** Bytes that come along with one, at most, going by those of the folder that were read. */
export const mostBytesAhead = 0x100000;

/** Trees that are remembered, at most, and bytes of one. */
const mostTrees = 32;
const longestTree = 0x100000;

/** The siblings of one repository's objects, by the trees that were read. */
export class Siblings {
  readonly #most: number;
  /** Those read last, the latest at the end. */
  readonly #trees = new Map<string, Uint8Array | readonly Kin[]>();

  /** @param most objects that come along with one, at most; 0 for none. */
  constructor(most = defaultPrefetch) {
    this.#most = most;
  }

  /** An object was read. */
  saw(oid: string, { type, bytes }: StoredObject): void {
    if (this.#most === 0 || bytes === undefined) return;
    for (const kinds of this.#trees.values()) {
      if (!(kinds instanceof Uint8Array)) for (const kin of kinds) kin.saw(oid, bytes.length);
    }
    if (type !== 'tree' || bytes.length > longestTree) return;
    const known = this.#trees.get(oid) ?? bytes;
    this.#trees.delete(oid);
    this.#trees.set(oid, known);
    const [oldest] = this.#trees.keys();
    if (this.#trees.size > mostTrees && oldest !== undefined) this.#trees.delete(oldest);
  }

  /**
   * An object is missed.
   *
   * @param isMissing says whether another one is.
   * @param get gets it, and others along with it, none of which it need get.
   * @throws what these two throw.
   */
  async along(
    oid: string,
    isMissing: (oid: string) => Promise<boolean>,
    get: (along: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const kin = this.#kinOf(oid);
    // Those who read at once are one miss: nobody knows yet whether they go on.
    if (kin === undefined || kin.isBusy) return get([]);
    kin.isBusy = true;
    try {
      // Whoever reads one object need not hear of what others are good for.
      await get(await kin.next(oid, this.#most, isMissing).catch(() => []));
    } finally {
      kin.isBusy = false;
    }
  }

  #kinOf(oid: string): Kin | undefined {
    if (this.#most === 0) return undefined;
    for (const [tree, known] of [...this.#trees].reverse()) {
      const kinds = known instanceof Uint8Array ? kindsOf(known) : known;
      this.#trees.set(tree, kinds);
      const kin = kinds.find((one) => one.has(oid));
      if (kin !== undefined) return kin;
    }
    return undefined;
  }
}

/** @returns the files of a tree, and its folders; none of a damaged one, of which its reader has heard. */
function kindsOf(tree: Uint8Array): readonly Kin[] {
  const oids = { blob: new Set<string>(), tree: new Set<string>() };
  try {
    for (const { oid, type } of treeLinks(tree)) oids[type].add(formatOid(oid));
  } catch {
    return [];
  }
  return [new Kin(oids.blob), new Kin(oids.tree)];
}

/** The files of a tree, or its folders. */
class Kin {
  isBusy = false;
  /** In the tree's order. */
  readonly #oids: ReadonlySet<string>;
  /** What was missed, or came along: what did not come then is left to whoever needs it. */
  readonly #asked = new Set<string>();
  /** What came along last. */
  #last: readonly string[] = [];
  readonly #read = new Set<string>();
  /** Of those that were read. */
  #bytes = 0;

  constructor(oids: ReadonlySet<string>) {
    this.#oids = oids;
  }

  has(oid: string): boolean {
    return this.#oids.has(oid);
  }

  saw(oid: string, bytes: number): void {
    if (!this.#oids.has(oid) || this.#read.has(oid)) return;
    this.#read.add(oid);
    this.#bytes += bytes;
  }

  /** @returns what comes along with one that is missed: those after it first. */
  async next(
    oid: string,
    most: number,
    isMissing: (oid: string) => Promise<boolean>,
  ): Promise<readonly string[]> {
    const oids = [...this.#oids];
    const at = oids.indexOf(oid);
    const isRead = (one: string): boolean => this.#read.has(one);
    const isUsed = this.#last.filter(isRead).length * 2 >= this.#last.length;
    const isFollowing = oids.slice(Math.max(0, at - near), at).some(isRead);
    const ahead = this.#last.length > 0 && isUsed ? 2 * this.#last.length : firstAhead;
    const average = this.#bytes / this.#read.size || 0;
    const fitting = Math.min(ahead, most, Math.floor(mostBytesAhead / average));
    const room = isFollowing ? fitting : 0;
    this.#asked.add(oid);
    const along: string[] = [];
    for (const other of [...oids.slice(at + 1), ...oids.slice(0, at)]) {
      if (along.length >= room) break;
      if (this.#asked.has(other)) continue;
      this.#asked.add(other);
      if (await isMissing(other)) along.push(other);
    }
    this.#last = along;
    return along;
  }
}
