/**
 * Looks whether a fetch has brought what was asked for, before any ref is written: what git's
 * check_connected finds (connected.c), as far as it costs little; ./connectivity.ts has all of it.
 */
import { missingObjects } from '../pack/index/missing-objects.js';
import type { BaseObject } from '../pack/index/index-pack-options.js';
import { linksOf } from './object-links.js';
import { ObjectLookup } from './object-lookup.js';
import { PromisedObjects } from './promised-objects.js';
import { StoredObjects } from './stored-objects.js';
import type { PackIndex } from '../pack/format/pack-index.js';

/** What a fetch was about. All oids are in lower case. */
export interface AskedFor {
  readonly wants: readonly string[];
  /** Objects that are known to be in the repository. */
  readonly haves: ReadonlySet<string>;
  /** Commits of the repository whose parents it need not have. */
  readonly shallow: ReadonlySet<string>;
  /** The same when the fetch is done. */
  readonly cutOff: ReadonlySet<string>;
  /** Whether the server was asked to leave objects out. */
  readonly hasFilter: boolean;
}

/** What has come: the pack's index; undefined for a pack of no objects. */
export interface Fetched {
  readonly fs: object;
  readonly gitdir: string;
  readonly index: PackIndex | undefined;
  /** Those of the wants that were read, as many as were. */
  readonly tips: readonly BaseObject[];
}

/**
 * Every want has to be in the pack or in the repository, and so has what the new tips name
 * themselves: a commit's tree and its parents, a tag's object.
 *
 * @throws GitWsError MISSING_OBJECTS; what the file system throws.
 */
export async function checkFetched(asked: AskedFor, fetched: Fetched): Promise<void> {
  const { wants, haves, shallow, cutOff, hasFilter } = asked;
  const named = hasFilter ? [] : fetched.tips.flatMap((tip) => namesOf(tip, cutOff));
  const lookup = new ObjectLookup(fetched.fs, fetched.gitdir);
  const missing: string[] = [];
  for (const oid of new Set([...wants, ...named])) {
    if (fetched.index?.has(oid) === true || haves.has(oid) || shallow.has(oid)) continue;
    if (!(await lookup.has(oid))) missing.push(oid);
  }
  const lacking = missing.length === 0 ? [] : await notPromised(missing, asked, fetched);
  if (lacking.length > 0) throw missingObjects(lacking);
}

/** @returns those that no promisor has promised. What was asked for itself has to be here all the same. */
async function notPromised(
  missing: readonly string[],
  { wants }: AskedFor,
  { fs, gitdir }: Fetched,
): Promise<readonly string[]> {
  const stored = new StoredObjects(fs, gitdir);
  try {
    const promised = new PromisedObjects(stored);
    const lacking: string[] = [];
    for (const oid of missing) {
      if (wants.includes(oid) || !(await promised.has(oid))) lacking.push(oid);
    }
    return lacking;
  } finally {
    await stored.close();
  }
}

/** @returns what a commit or a tag names in its header. */
function namesOf({ oid, type, bytes }: BaseObject, cutOff: ReadonlySet<string>): string[] {
  const isCut = type === 'commit' && cutOff.has(oid);
  const links = linksOf(type, bytes).filter((link) => !isCut || link.type !== 'commit');
  return links.map((link) => link.oid);
}
