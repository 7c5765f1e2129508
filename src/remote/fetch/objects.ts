/** Gets objects of a remote into the repository: negotiates, has the pack kept, and moves the boundary of history. */
import { GitWsError } from '../../base/errors.js';
import { missingObjects } from '../../pack/index/missing-objects.js';
import { isHere, ObjectLookup } from '../../repository/object-lookup.js';
import { temporaryName } from '../../repository/new-pack.js';
import { changeShallow } from '../../repository/shallow-file.js';
import { keepPack, type KeepPackOptions } from '../../repository/keep-pack.js';
import { unpackOrKeep } from '../../repository/small-pack.js';
import type { PromiseFileSystem } from '../../storage/file-system.js';
import { decodeText } from '../../wire/text.js';
import { encodeWants, isDeepening, type DeepenRequest } from '../../wire/fetch-request.js';
import type { RefAdvertisement } from '../../wire/v0/advertisement.js';
import { refsOf } from '../advertisement.js';
import type { AdvertisedRun, Connection } from '../connection.js';
import type { MessageListeners } from '../remote-messages.js';
import type { ServiceRun } from '../service-run.js';
import { Restarts, type RestartOptions } from '../restart.js';
import { checkBoundary } from './boundary.js';
import { FetchExchange } from './exchange.js';
import { likelyHaves, negotiate, type Possessions } from './haves.js';
import { gatheredBytes, KeptPack, streamPosition, type FetchKeeper } from './kept-fetch.js';

/** What is set for the packs that come: see `BindRepositoryOptions`. */
export type PackSettings = Pick<
  KeepPackOptions<object>,
  'packWorker' | 'wasm' | 'limits' | 'checkConnectivity' | 'detectCollisions'
> & {
  /** How many objects make a pack stay one: see `unpackOrKeep`. Default: every pack stays one. */
  readonly unpackLimit?: number | undefined;
};

/** How one fetch is done. */
export interface FetchHow {
  readonly fs: PromiseFileSystem;
  /** As `findGitDirectory` has it. */
  readonly gitdir: string;
  readonly connection: Connection;
  readonly listeners: MessageListeners;
  readonly signal: AbortSignal;
  readonly packs: PackSettings;
  readonly restart: RestartOptions;
  /** Stores the pack while it comes, where that can be. */
  readonly keeper?: FetchKeeper | undefined;
}

/** What is fetched. */
export interface ObjectRequest {
  readonly wants: readonly string[];
  readonly deepen: DeepenRequest;
  /** Commits at which the repository is cut off. */
  readonly shallow: ReadonlySet<string>;
  readonly possessions: Possessions;
  /** Whether the repository lacks what a promisor has promised, or will. */
  readonly isPartial: boolean;
  /** Whether tags that lead to what comes should come as well. */
  readonly includesTags: boolean;
  /**
   * Of a partial fetch: what the server is asked to leave out, as `objectFilter` gives it, and what is
   * written beside the pack, since the server promises it.
   */
  readonly partial?: { readonly filter: string; readonly promisor: string } | undefined;
}

/**
 * @param opened an upload-pack whose advertisement was read: used first, and another one where it is lost.
 * @throws GitWsError MISSING_OBJECTS, CORRUPT_PACK, PACK_LIMIT, PACK_ENGINE_FAILED, REMOTE_ERROR,
 *   REMOTE_EXIT, RemoteCapabilityError, CONNECTION_LOST, UserCanceledError; what `fs` and the listeners throw.
 *   Nothing of it is in the repository then, or all of the pack where only `shallow` could not be written,
 *   or would be wrong.
 */
export async function fetchObjects(
  opened: AdvertisedRun,
  request: ObjectRequest,
  how: FetchHow,
): Promise<void> {
  const restarts = new Restarts(how.restart);
  const again = (failure: unknown): Promise<AdvertisedRun> =>
    restarts.again(failure, () => how.connection.open('git-upload-pack'), [how.signal]);
  let likely = await likelyHaves(request.possessions);
  let current = opened;
  for (;;) {
    const { run } = current;
    try {
      const isEnough = await fetchOnce(current, request, likely, how);
      if (isEnough) return;
      // None of it is there any more: all of history may help.
      likely = [];
      run.abort();
      current = await how.connection.open('git-upload-pack');
    } catch (failure) {
      run.abort();
      current = await again(failure);
    }
  }
}

/** @returns whether all has come; false where the likely haves were of no use. */
async function fetchOnce(
  opened: AdvertisedRun,
  request: ObjectRequest,
  likely: readonly string[],
  how: FetchHow,
): Promise<boolean> {
  const { run, advertisement, interrupted } = opened;
  const { wants, shallow, deepen, possessions } = request;
  const known = refsOf(advertisement);
  const capabilities = chooseCapabilities(known, request);
  const start = interrupted ? streamPosition(interrupted.progress) : opened.bytes.length;
  const isBegun = interrupted !== undefined;
  const boundary = { isDeepening: isDeepening(deepen), shallow };
  const exchange = new FetchExchange(run, boundary, how.listeners, start, isBegun);
  const filter = capabilities.has('filter') ? request.partial?.filter : undefined;
  const asking = encodeWants({ wants, capabilities, shallow, deepen, filter });
  let offered: ReadonlySet<string> = new Set(likely);
  // Of a repository in which there is nothing: so all of the conversation is one request and one answer.
  const isFirst = likely.length + possessions.tips.length + shallow.size === 0;
  let pack: KeptPack | undefined;
  if (interrupted !== undefined) {
    await exchange.goOn(interrupted, decodeText(asking));
    const { kept, progress } = interrupted;
    pack = how.keeper && new KeptPack(run, how.keeper, kept, progress);
  } else {
    const hasRoom = gatheredBytes(run.window) > 0;
    const isKept = isFirst && how.keeper?.isReady === true && hasRoom && run.keep();
    await exchange.begin(asking);
    if (likely.length === 0) offered = await negotiate(exchange, possessions);
    await exchange.finish(likely);
    if (!(await exchange.packBegins())) throw missingObjects(wants);
    if (likely.length > 0 && exchange.acknowledged.size === 0) return false;
    if (isKept) pack = storedAs(run, exchange, opened.bytes, decodeText(asking), how);
  }
  // A server that is cut off itself says where: that counts here for what comes from it.
  const servers = await notHere(known.shallow, how);
  const cutOff = new Set([...shallow, ...servers, ...exchange.shallow]);
  for (const oid of exchange.unshallow) cutOff.delete(oid);
  const hasFilter = request.partial !== undefined;
  const asked = { wants, haves: offered, shallow, cutOff, hasFilter };
  if (interrupted?.isPlaced !== true) {
    await keepFetched(run, exchange.pack(pack), asked, { ...request, stored: pack }, how);
    if (pack !== undefined) await how.keeper?.placed();
  }
  const stillNotHere = new Set(await notHere(servers, how));
  const cut = [...exchange.shallow, ...servers.filter((oid) => !stillNotHere.has(oid))];
  if (cut.length + exchange.unshallow.size === 0) return true;
  await checkBoundary({ cut, whole: [...exchange.unshallow] }, how);
  await changeShallow(how.fs, how.gitdir, (before) => {
    const after = new Set([...before, ...cut]);
    for (const oid of exchange.unshallow) after.delete(oid);
    return after;
  });
  return true;
}

async function notHere(oids: readonly string[], { fs, gitdir }: FetchHow): Promise<string[]> {
  const lookup = new ObjectLookup({ promises: fs }, gitdir);
  const found: string[] = [];
  for (const oid of oids) if (!isHere(await lookup.locate(oid))) found.push(oid);
  return found;
}

/** How what comes is kept. */
export type KeepHow = Pick<FetchHow, 'fs' | 'gitdir' | 'packs' | 'signal' | 'listeners'>;

type Asked = ReturnType<NonNullable<KeepPackOptions<object>['asked']>>;

/** @returns what the pack that begins is stored as; undefined where it cannot be before it is whole. */
function storedAs(
  run: ServiceRun,
  exchange: FetchExchange,
  advertisement: Uint8Array,
  request: string,
  { keeper }: FetchHow,
): KeptPack | undefined {
  if (keeper === undefined || exchange.isSideBand !== true) {
    run.settle(Infinity, false);
    return undefined;
  }
  const shallow = [...exchange.shallow];
  const kept = { advertisement, request, shallow, packName: temporaryName() };
  return new KeptPack(run, keeper, kept, undefined);
}

/**
 * Has a pack kept that was fetched.
 *
 * @param source the pack.
 * @param asked what it was asked for, and by what it is judged.
 * @param stored what it is stored as while it comes.
 * @throws as {@link fetchObjects}; the run is over then.
 */
export async function keepFetched(
  run: ServiceRun,
  source: AsyncIterable<Uint8Array>,
  asked: Asked,
  {
    isPartial,
    partial,
    stored,
  }: Pick<ObjectRequest, 'isPartial' | 'partial'> & { readonly stored?: KeptPack | undefined },
  { fs, gitdir, packs: { unpackLimit, ...packs }, signal, listeners }: KeepHow,
): Promise<void> {
  const options: KeepPackOptions<object> = {
    ...packs,
    ...{ fs: { promises: fs }, gitdir, signal, completes: true, stored },
    promisor: partial?.promisor,
    asked: () => asked,
    onProgress: (event) => listeners.onProgress?.(event),
  };
  try {
    // What a promisor sends stays with the word that it has promised the rest.
    if (unpackLimit === undefined || isPartial || stored !== undefined) {
      await keepPack(source, options);
    } else {
      await unpackOrKeep(source, unpackLimit, options);
    }
  } catch (error) {
    // Nobody reads on.
    run.abort(error);
    throw error;
  } finally {
    await stored?.over();
  }
}

function chooseCapabilities(
  { capabilities }: RefAdvertisement,
  { deepen, includesTags, shallow, isPartial, partial }: ObjectRequest,
): ReadonlyMap<string, readonly string[]> {
  const { depth, since, exclude = [], isRelative = false } = deepen;
  const needed = [
    ...(depth === undefined && shallow.size === 0 ? [] : ['shallow']),
    ...(since === undefined ? [] : ['deepen-since']),
    ...(exclude.length === 0 ? [] : ['deepen-not']),
    ...(isRelative ? ['deepen-relative'] : []),
  ];
  for (const capability of needed) {
    if (capabilities.has(capability)) continue;
    const message = `The server cannot do ${capability}, which this fetch needs.`;
    throw new GitWsError('RemoteCapabilityError', message, { data: { capability } });
  }
  // What is here need not have all that it names: a delta may be made from what is not.
  const thin = isPartial ? [] : ['thin-pack'];
  const liked = ['multi_ack_detailed', 'side-band-64k', ...thin, 'ofs-delta'];
  const wanted = [
    ...liked.filter((name) => capabilities.has(name)),
    ...(includesTags && capabilities.has('include-tag') ? ['include-tag'] : []),
    ...(partial !== undefined && capabilities.has('filter') ? ['filter'] : []),
    ...needed.filter((name) => name.startsWith('deepen-')),
  ];
  return new Map(wanted.map((name) => [name, []]));
}
