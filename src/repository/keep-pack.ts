/**
 * Keeps the pack of a fetch: has it indexed while it comes, and puts it into the repository. Loaded
 * when the first pack comes.
 */
import { callBack, callbackFailure, useFileSystem } from '../base/failure.js';
import { Listeners } from '../base/listeners.js';
import { indexPack } from '../pack/index/index-pack.js';
import type {
  BaseObject,
  IndexPackOptions,
  IndexedPack,
  ObjectType,
  PackProgress,
  PackSink,
} from '../pack/index/index-pack-options.js';
import { startScript } from '../pack/index/start-script.js';
import { checkConnected } from './connectivity.js';
import { checkFetched, type AskedFor } from './fetched-objects.js';
import { promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import { findGitDirectory } from './git-directory.js';
import { writeLooseObjects } from './loose-objects.js';
import { afterStored, NewPack, type StoredPack } from './new-pack.js';
import { PackIndex } from '../pack/format/pack-index.js';
import { readTips, type ReadablePack } from './packed-objects.js';
import { StoredObjects } from './stored-objects.js';
import { hasZlib } from './zlib.js';

/**
 * Tips that are kept as files of their own, at most. isomorphic-git is going to ask for them by their
 * oids, in every operation: whether the tips are there, and what HEAD's commit says. Of a pack it
 * would have to read all of the index, and all of the pack, in one task. Where they are many, only
 * the first ones are kept, of which HEAD is one.
 */
export const tipsKept = 64;

/** See `BindRepositoryOptions.checkConnectivity`. */
export type ConnectivityCheck = 'tips' | 'full';

/** isomorphic-git's `readObject`, as far as it is used. */
export type ReadObject<Fs> = (args: {
  fs: Fs;
  gitdir: string;
  oid: string;
  format: 'content';
  cache: object;
}) => Promise<{ readonly type?: string; readonly object: unknown }>;

/**
 * Loads what {@link keepPack} is going to need.
 *
 * @throws GitWsError PACK_ENGINE_UNAVAILABLE
 */
export async function loadEngine(
  options: Pick<IndexPackOptions, 'wasm' | 'packWorker'>,
): Promise<void> {
  const { loadParts } = await startScript.load();
  await loadParts(options);
}

/** What {@link keepPack} works with: see `IndexPackOptions` and `BindRepositoryOptions`. */
export interface KeepPackOptions<Fs extends object> extends Pick<
  IndexPackOptions,
  'signal' | 'limits' | 'detectCollisions' | 'packWorker' | 'wasm'
> {
  readonly fs: Fs;
  readonly gitdir: string;
  readonly readObject?: ReadObject<Fs> | undefined;
  /** Whether what a thin pack is made from is read out of the repository. `readObject` is not asked then. */
  readonly completes?: boolean | undefined;
  /** Bytes as isomorphic-git hands them out: `fs` is handed its own of that kind. */
  readonly like?: Uint8Array | undefined;
  /** @returns what the pack was asked for; called when it is whole. */
  readonly asked?: (() => AskedFor) | undefined;
  /** How far it is looked whether the pack is whole; default `tips`. */
  readonly checkConnectivity?: ConnectivityCheck | undefined;
  /** Of a pack that a promisor sends: what is written beside it. See `NewPack.finish`. */
  readonly promisor?: string | undefined;
  /** Where what comes is to outlive this page or process, or some of it was there before. */
  readonly stored?: StoredPack | undefined;
  /** What it rejects with fails the call. */
  readonly onProgress?: ((progress: PackProgress) => void | Promise<void>) | undefined;
}

/**
 * @param source the bytes of the pack.
 * @throws GitWsError as {@link indexFetched} documents.
 * Nothing of the pack is left then, or all of it where only its tips could not be kept as files.
 */
export async function keepPack<Fs extends object>(
  source: AsyncIterable<Uint8Array>,
  options: KeepPackOptions<Fs>,
): Promise<void> {
  const place = await placeOf(options);
  const { stored } = options;
  const pack = await NewPack.begin(place.fs, place.gitdir, stored);
  try {
    const whole = stored === undefined ? source : afterStored(pack.sink, stored.bytes, source);
    const { indexed, readable, tips } = await indexFetched(whole, pack.sink, place, options);
    if (readable === undefined) {
      await pack.discard();
      return;
    }
    await pack.finish(indexed, options.promisor);
    if (hasZlib()) await writeLooseObjects(place.fs, place.gitdir, tips);
  } catch (error) {
    await pack.discard();
    throw error;
  }
}

/** Where a pack comes to. */
export interface PackPlace {
  readonly fs: { readonly promises: PromiseFileSystem };
  /** As `findGitDirectory` has it. */
  readonly gitdir: string;
}

/** @throws GitWsError INVALID_OPTION for a linked worktree; what `fs` throws. */
export async function placeOf({
  fs,
  gitdir,
  like,
}: Pick<KeepPackOptions<object>, 'fs' | 'gitdir' | 'like'>): Promise<PackPlace> {
  const promises = promisesOf(fs, like);
  const found = await useFileSystem(() => findGitDirectory(promises, gitdir));
  return { fs: { promises }, gitdir: found };
}

/** A pack that has come, and is what was asked for. */
export interface FetchedPack {
  readonly indexed: IndexedPack;
  /** Undefined for a pack of no objects. */
  readonly readable: ReadablePack<PackIndex> | undefined;
  /** Those of the wants that are small commits and tags, {@link tipsKept} at most. */
  readonly tips: readonly BaseObject[];
}

/**
 * Indexes a pack, and looks whether it is what was asked for.
 *
 * @param sink where its bytes go; undefined for memory.
 * @throws GitWsError as `indexPack` documents, MISSING_OBJECTS, INVALID_OPTION for a linked worktree;
 * what `fs`, `readObject` and `onProgress` throw.
 */
export async function indexFetched<Fs extends object>(
  source: AsyncIterable<Uint8Array>,
  sink: PackSink | undefined,
  { fs, gitdir }: PackPlace,
  options: KeepPackOptions<Fs>,
): Promise<FetchedPack> {
  const { readObject, onProgress } = options;
  const { signal, limits, detectCollisions, packWorker, wasm } = options;
  let failure: { readonly error: unknown } | undefined;
  // The engine does not wait for them.
  const listeners = new Listeners((error) => (failure ??= { error }));
  const indexed = await indexPack({
    ...{ signal, limits, detectCollisions, packWorker, wasm, source, sink },
    base:
      options.completes === true
        ? (oids) => storedBases(fs, gitdir, oids)
        : readObject && readBases(readObject, options.fs, gitdir),
    onProgress: (event) => {
      if (failure !== undefined) throw failure.error;
      listeners.add(callBack('onProgress', () => onProgress?.(event)));
    },
  });
  await listeners.done();
  const asked = options.asked?.();
  const index = indexed.objects === 0 ? undefined : new PackIndex(indexed.idx);
  // From a file, which is closed when it is put in place.
  const readable = index && readablePack(indexed, index, sink);
  const tips = readable ? await readTips(readable, (asked?.wants ?? []).slice(0, tipsKept)) : [];
  if (asked !== undefined) {
    const isFull = options.checkConnectivity === 'full' && !asked.hasFilter;
    await useFileSystem(() =>
      isFull
        ? checkConnected(asked, { fs, gitdir, pack: readable, signal })
        : checkFetched(asked, { fs, gitdir, index, tips }),
    );
  }
  return { indexed, readable, tips };
}

/** The pack that has just been indexed, from memory or from where it was put. */
function readablePack(
  { bytes, pack }: IndexedPack,
  index: PackIndex,
  sink: PackSink | undefined,
): ReadablePack<PackIndex> {
  const read = (at: number, length: number) =>
    pack?.subarray(at, at + length) ?? sink?.read?.(at, length) ?? new Uint8Array(0);
  return { index, end: bytes - 20, read };
}

/** @returns the objects that a thin pack is made from, but those that are not there. */
async function storedBases(
  fs: object,
  gitdir: string,
  oids: readonly string[],
): Promise<readonly BaseObject[]> {
  const objects = new StoredObjects(fs, gitdir, { blobs: true });
  const bases: BaseObject[] = [];
  try {
    for await (const [oid, object] of objects.readMany(oids)) {
      if (object?.bytes === undefined) continue;
      bases.push({ oid, type: object.type, bytes: object.bytes });
    }
  } finally {
    await objects.close();
  }
  return bases;
}

/** @returns what gives the objects that a thin pack is made from, but those that are not there. */
function readBases<Fs>(
  readObject: ReadObject<Fs>,
  fs: Fs,
  gitdir: string,
): NonNullable<IndexPackOptions['base']> {
  return async (oids) => {
    const bases: BaseObject[] = [];
    // Shared, or each call would read a whole pack.
    const cache = {};
    for (const oid of oids) {
      try {
        const { type, object } = await readObject({ fs, gitdir, oid, format: 'content', cache });
        bases.push({ oid, type: type as ObjectType, bytes: object as Uint8Array });
      } catch (reason) {
        if ((reason as { code?: unknown } | null | undefined)?.code === 'NotFoundError') continue;
        throw callbackFailure(reason, 'readObject');
      }
    }
    return bases;
  };
}
