/**
 * What a push has to send: all that its tips reach and the remote lacks, as
 * `git pack-objects --revs --thin` finds it. Commits first, then trees and blobs.
 */
import type { ObjectType } from '../pack/index/index-pack-options.js';
import { findNewCommits } from './new-commits.js';
import type { Commits, Peeled } from './commits.js';
import { ContentWalk } from './new-content.js';
import type { StoredObjects } from './stored-objects.js';
import { unavailable } from './unavailable.js';

/** An object that is to be sent. */
export interface ObjectToSend {
  readonly oid: string;
  readonly type: ObjectType;
  /** See `NewContent.path`; undefined for commits and tags. */
  readonly path: number | undefined;
}

/** What is sent, and what may be taken to be on the remote. */
export interface ObjectsToSend {
  readonly objects: readonly ObjectToSend[];
  /** Oids of trees and blobs that the remote has. */
  readonly known: ReadonlySet<string>;
  /** By paths: what the remote has there. */
  readonly edge: ReadonlyMap<number, string>;
}

/** What is asked for. */
export interface SendAsked {
  /** Oids of any type. */
  readonly tips: readonly string[];
  /** What the remote says that it has; what of it is not here says nothing. */
  readonly haves: Iterable<string>;
  /** Commits at which the remote's repository is cut off. */
  readonly remoteShallow: ReadonlySet<string>;
  /** Told of each object that is found. */
  readonly onObject?: (() => unknown) | undefined;
}

/**
 * @throws GitWsError OBJECT_UNAVAILABLE for what is to be sent and not there, CORRUPT_PACK; what the
 *   file system and `onObject` throw.
 */
export async function findObjectsToSend(
  objects: StoredObjects,
  commits: Commits,
  asked: SendAsked,
): Promise<ObjectsToSend> {
  const found: ObjectToSend[] = [];
  const add = async (object: ObjectToSend): Promise<void> => {
    found.push(object);
    await asked.onObject?.();
  };
  const haves = new Set(asked.haves);
  const known = await peelAll(commits, await objects.present(haves));
  const tips: Peeled[] = [];
  const tags = new Set<string>();
  for (const oid of asked.tips) {
    if (haves.has(oid)) continue;
    const peeled = await commits.peel(oid);
    if (peeled === undefined) throw unavailable(oid);
    tips.push(peeled);
    for (const tag of peeled.tags) if (!haves.has(tag)) tags.add(tag);
  }
  for (const oid of tags) await add({ oid, type: 'tag', path: undefined });
  const { remoteShallow } = asked;
  const { commits: fresh, edge } = await findNewCommits(commits, {
    ...{ tips: ofType(tips, 'commit'), haves: ofType(known, 'commit'), remoteShallow },
  });
  for (const { oid } of fresh) await add({ oid, type: 'commit', path: undefined });
  const content = new ContentWalk(objects);
  const trees = [...fresh.map(({ tree }) => tree), ...ofType(tips, 'tree')];
  await content.markKnown(trees, [...edge.map(({ tree }) => tree), ...ofType(known, 'tree')]);
  for (const oid of ofType(known, 'blob')) content.known.add(oid);
  for (const tree of trees) await content.collect(tree, add);
  for (const oid of ofType(tips, 'blob')) {
    if (!content.known.has(oid)) await content.collectBlob(oid, add);
  }
  return { objects: found, known: content.known, edge: content.edge };
}

/** @returns what they lead to; nothing of what is not there, or damaged: the remote has it. */
async function peelAll(commits: Commits, oids: Iterable<string>): Promise<Peeled[]> {
  const peeled: Peeled[] = [];
  for (const oid of oids) {
    const one = await commits.peel(oid);
    if (one !== undefined) peeled.push(one);
  }
  return peeled;
}

function ofType(peeled: readonly Peeled[], type: Peeled['type']): string[] {
  return peeled.filter((one) => one.type === type).map(({ oid }) => oid);
}
