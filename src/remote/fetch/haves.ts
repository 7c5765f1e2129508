/**
 * What is offered to a server: by what it was last seen to have, in one step, or, where that is not known
 * or was of no use, by all of history, in rounds.
 */
import type { Commits } from '../../repository/commits.js';
import { isHere, type ObjectLookup } from '../../repository/object-lookup.js';
import type { RefValue } from '../../repository/refs.js';
import type { Refspec } from '../refspec.js';
import type { FetchExchange } from './exchange.js';
import { Negotiator } from './negotiator.js';

/** What this side has. */
export interface Possessions {
  readonly commits: Commits;
  /** What the server's refs were when they were fetched last. */
  readonly tracked: readonly string[];
  /** What all refs of this repository say. */
  readonly tips: readonly string[];
  /** What the server's refs are, as far as a ref of this repository says the same. */
  readonly common: readonly string[];
}

/** @returns what the server's refs were when they were fetched last, by these refspecs. */
export function trackedOids(
  refspecs: readonly Refspec[],
  local: ReadonlyMap<string, RefValue>,
): string[] {
  const targets = refspecs.flatMap(({ target }) => target ?? []);
  const isTracked = (name: string) =>
    targets.some((target) => name.startsWith(target.replace(/\*.*$/, '')));
  return Array.from(local).flatMap(([name, value]) =>
    'oid' in value && isTracked(name) ? [value.oid] : [],
  );
}

/**
 * Commits that the server should have, without reading one: what was fetched last, and branches of this repository.
 *
 * @returns none where nothing was fetched before. @throws what the file system throws.
 */
export async function knownHaves(
  refspecs: readonly Refspec[],
  local: ReadonlyMap<string, RefValue>,
  lookup: ObjectLookup,
): Promise<string[]> {
  const tracked = trackedOids(refspecs, local).slice(0, mostAtOnce / 2);
  const branches = Array.from(local).flatMap(([name, value]) =>
    'oid' in value && name.startsWith('refs/heads/') ? [value.oid] : [],
  );
  const all =
    tracked.length === 0 ? [] : new Set([...tracked, ...branches].slice(0, mostAtOnce / 2));
  const haves: string[] = [];
  // A ref may name what is lost: the server would leave out what it reaches.
  for (const oid of all) if (isHere(await lookup.locate(oid))) haves.push(oid);
  return haves;
}

/** Commits that are offered in one step, at most: as long as a network's packet or two. */
export const mostAtOnce = 64;

/**
 * How far back behind each ref that was fetched before one is offered, in commits: powers of two. Each commit on
 * the way is read before anything is asked for; a branch that was set back further is found in rounds.
 */
const furthest = 16;

/** Refs whose ancestors are offered as well. */
const mostFollowed = 4;

/**
 * Commits that the server should have, since it had them when it was last fetched from. Some of their
 * ancestors are among them, since a branch may have been set back since.
 *
 * @returns none where nothing was fetched before. @throws what reading throws.
 */
export async function likelyHaves({ commits, tracked, tips }: Possessions): Promise<string[]> {
  const haves = new Set<string>();
  const ancestors = new Set<string>();
  for (const oid of tracked.slice(0, mostAtOnce / 2)) {
    const tip = await commits.read(oid);
    if (tip === undefined) continue;
    haves.add(tip.oid);
    if (haves.size > mostFollowed) continue;
    let at = tip;
    for (let step = 1; step <= furthest; step += 1) {
      const parent = at.parents[0] === undefined ? undefined : await commits.read(at.parents[0]);
      if (parent === undefined) break;
      at = parent;
      if ((step & (step - 1)) === 0) ancestors.add(at.oid);
    }
  }
  if (haves.size === 0) return [];
  for (const oid of tips) {
    if (haves.size >= mostAtOnce / 2) break;
    const tip = await commits.read(oid);
    if (tip !== undefined) haves.add(tip.oid);
  }
  return [...new Set([...haves, ...ancestors])].slice(0, mostAtOnce);
}

/** Commits of the first batch, as many as git offers (fetch-pack.c, INITIAL_FLUSH). */
const firstBatch = 16;

/** Most commits of one batch: each is a round trip, so they grow. */
const largestBatch = 1_024;

/** Commits in vain until one gives up, once some were common (fetch-pack.c, MAX_IN_VAIN). */
const mostInVain = 256;

/**
 * Offers history in batches, one of them ahead of what is answered, until the server knows enough.
 *
 * @returns what was offered. @throws what reading and the exchange throw.
 */
export async function negotiate(
  exchange: FetchExchange,
  { commits, tips, common }: Possessions,
): Promise<ReadonlySet<string>> {
  const negotiator = new Negotiator((oid) => commits.read(oid));
  for (const oid of common) {
    const commit = await commits.read(oid);
    if (commit !== undefined) await negotiator.addCommon(commit.oid);
  }
  for (const oid of tips) {
    const commit = await commits.read(oid);
    if (commit !== undefined) await negotiator.addTip(commit.oid);
  }
  const offered = new Set<string>();
  let [size, unanswered, inVain] = [firstBatch, 0, 0];
  let hasCommon = false;
  for (;;) {
    const batch: string[] = [];
    while (batch.length < size) {
      const oid = await negotiator.next();
      if (oid === undefined) break;
      batch.push(oid);
      offered.add(oid);
    }
    if (batch.length === 0) break;
    await exchange.offer(batch);
    inVain += batch.length;
    unanswered += 1;
    size = Math.min(size * 2, largestBatch);
    if (unanswered < 2) continue;
    const { acknowledged, isReady } = await exchange.answer();
    unanswered -= 1;
    for (const oid of acknowledged) await negotiator.acknowledge(oid);
    if (acknowledged.length > 0) [hasCommon, inVain] = [true, 0];
    if (isReady || (hasCommon && inVain > mostInVain)) break;
  }
  return offered;
}
