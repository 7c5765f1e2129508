/**
 * A fetch that asks before the server has said anything (gitprotocol-v2(5)): for the refs, and for one of them
 * by its name, since nobody knows yet what it stands for (`want-ref`), with what is here of its history. Over
 * a connection that is there already all of it is one round trip. Where the answer is not all that is needed,
 * the ordinary way is left to go.
 */
import { concatBytes } from '../../base/concat-bytes.js';
import { isGitWsError } from '../../base/errors.js';
import type { RefAdvertisement } from '../../wire/v0/advertisement.js';
import { maxInputLength } from '../../tunnel/machine/message.js';
import { remoteError } from '../../wire/remote-error.js';
import { decodeText } from '../../wire/text.js';
import { encodeCommand, hasFeature } from '../../wire/v2/command.js';
import type { ListedRef } from '../../wire/v2/ls-refs.js';
import { closeAfterAdvertisement } from '../advertisement.js';
import type { AdvertisedRun, Connection } from '../connection.js';
import { FetchSections } from '../fetch-sections.js';
import { readListedRefs } from '../listed-refs.js';
import { ByteProgress } from '../progress.js';
import type { MessageListeners } from '../remote-messages.js';
import { targetsOf } from '../refspec.js';
import type { ServiceRun } from '../service-run.js';
import { keepFetched, type KeepHow } from './objects.js';
import { promisorLines, type Asking } from './selection.js';

/** What is asked for. */
export interface AskedAtOnce {
  /** Beginnings of the names of the refs that are listed. */
  readonly prefixes: readonly string[];
  /** The ref that is wanted, by its full name. */
  readonly ref: string;
  /** Commits that are here, which the server should have. */
  readonly haves: readonly string[];
  /** Commits at which the repository is cut off. */
  readonly shallow: ReadonlySet<string>;
  /** Whether tags that lead to what comes should come as well. */
  readonly includesTags: boolean;
  /** Whether a delta may be made from what is here. */
  readonly isThin: boolean;
  /** What the server leaves out, as `objectFilter` gives it. */
  readonly filter: string | undefined;
}

/** What the server has answered, up to its pack. */
interface AnswerAtOnce {
  readonly advertisement: RefAdvertisement;
  /** What the ref stands for. */
  readonly oid: string;
  readonly run: ServiceRun;
  /** What is left of the second answer. */
  readonly sections: FetchSections;
}

/** @returns the one ref that can be asked for by name: it was fetched before; undefined where there is none. */
export function namedRef(
  { remoteRef, refspecs }: Asking,
  isHere: (ref: string) => boolean,
): string | undefined {
  const wasFetched = (name: string): boolean =>
    targetsOf(refspecs, name).some(({ target }) => isHere(target));
  const full = remoteRef.startsWith('refs/') ? remoteRef : `refs/heads/${remoteRef}`;
  return wasFetched(full) ? full : undefined;
}

/** @returns beginnings of all names that a fetch may look at. */
export function prefixesOf({ refspecs, remoteRef, tags }: Asking, pruneTags: boolean): string[] {
  const sources = refspecs.map(({ source }) => source.replace(/\*.*$/, ''));
  // In short it may be `refs/x`, which comes before branches.
  const asked = remoteRef.startsWith('refs/') ? remoteRef : `refs/${remoteRef}`;
  const ofTags = tags !== 'none' || pruneTags ? ['refs/tags/'] : [];
  return [...new Set(['HEAD', 'refs/heads/', ...ofTags, ...sources, asked])];
}

/**
 * Asks.
 *
 * @returns undefined where it is too much to ask, or is left to the ordinary way.
 * @throws GitWsError MALFORMED_ADVERTISEMENT, INVALID_REF_NAME; what {@link Connection.open} throws, unless
 *   it is CONNECTION_LOST.
 */
export async function openAtOnce(
  connection: Connection,
  asked: AskedAtOnce,
): Promise<AdvertisedRun | undefined> {
  const input = encodeRequest(asked);
  if (JSON.stringify(input).length > maxInputLength) return undefined;
  try {
    return await connection.open('git-upload-pack', { gitProtocol: 'version=2', input });
  } catch (error) {
    if (isForOrdinaryWay(error) || isGitWsError(error, 'CONNECTION_LOST')) return undefined;
    throw error;
  }
}

/** What came of it. */
export interface TakenAtOnce {
  readonly advertisement: RefAdvertisement;
  /** What the ref stands for, where that came: else it was here. */
  readonly oid: string | undefined;
}

/**
 * Reads what is answered, and has what comes kept.
 *
 * @param here what need not come.
 * @returns undefined where the server cannot do that, or knows too little of what is here, or says something
 *   that the ordinary way has to hear: then nothing has come of it.
 * @throws GitWsError MALFORMED_PKT_LINE, INVALID_REF_NAME; what the run throws, and `keepFetched`. The run is
 *   over then.
 */
export async function takeAtOnce(
  { run, advertisement }: AdvertisedRun,
  asked: AskedAtOnce,
  here: ReadonlySet<string>,
  how: KeepHow,
): Promise<TakenAtOnce | undefined> {
  try {
    const isKnown =
      run.hasInput &&
      advertisement.version === 2 &&
      hasFeature(advertisement.capabilities, 'fetch', 'ref-in-want') &&
      (asked.filter === undefined || hasFeature(advertisement.capabilities, 'fetch', 'filter'));
    const answer = isKnown ? await readAnswer(run, asked) : undefined;
    const isHere = answer !== undefined && here.has(answer.oid);
    if (answer !== undefined && !isHere) await keepAnswer(answer, asked, how);
    else leave(run);
    return answer && { ...answer, oid: isHere ? undefined : answer.oid };
  } catch (error) {
    if (!isForOrdinaryWay(error)) {
      run.abort(error);
      throw error;
    }
    leave(run);
    return undefined;
  }
}

async function keepAnswer(
  { run, advertisement, oid, sections }: AnswerAtOnce,
  { haves, shallow, filter, isThin }: AskedAtOnce,
  how: KeepHow,
): Promise<void> {
  const hasFilter = filter !== undefined;
  const judged = { wants: [oid], haves: new Set(haves), shallow, cutOff: shallow, hasFilter };
  const partial = hasFilter ? { filter, promisor: promisorLines(advertisement, [oid]) } : undefined;
  const pack = sections.pack([oid], how.listeners, () => leave(run));
  await keepFetched(
    run,
    counted(pack, how.listeners),
    judged,
    { isPartial: !isThin, partial },
    how,
  );
}

/** The next run may take its connection at once. */
function leave(run: ServiceRun): void {
  void closeAfterAdvertisement(run);
}

/** Whether it need not fail in the ordinary way: the ref is gone. */
function isForOrdinaryWay(error: unknown): boolean {
  return isGitWsError(error, 'REMOTE_ERROR') || isGitWsError(error, 'REMOTE_EXIT');
}

/** Both commands. Of their answers the one begins where the other ends. */
function encodeRequest(asked: AskedAtOnce): string {
  const { prefixes, ref, haves, shallow, includesTags, isThin, filter } = asked;
  // What the server's capabilities would have said back is its object format, which is git's first.
  const none = new Map<string, readonly string[]>();
  const refs = ['peel', 'symrefs', ...prefixes.map((prefix) => `ref-prefix ${prefix}`)];
  const objects = [
    ...(isThin ? ['thin-pack'] : []),
    'ofs-delta',
    ...(includesTags ? ['include-tag'] : []),
    ...Array.from(shallow, (oid) => `shallow ${oid}`),
    ...(filter === undefined ? [] : [`filter ${filter}`]),
    `want-ref ${ref}`,
    ...haves.map((oid) => `have ${oid}`),
  ];
  return decodeText(
    concatBytes([encodeCommand('ls-refs', none, refs), encodeCommand('fetch', none, objects)]),
  );
}

/** @returns undefined where it is left to the ordinary way. */
async function readAnswer(run: ServiceRun, asked: AskedAtOnce): Promise<AnswerAtOnce | undefined> {
  const listed = await readListedRefs(run);
  const sections = new FetchSections(run);
  const offered = new Set(asked.haves);
  let oid: string | undefined;
  for (;;) {
    const event = await sections.next();
    switch (event.type) {
      case 'error':
        throw remoteError(event.message);
      // Where it is cut off itself, or cuts off, what comes is to be looked at closely.
      case 'shallow':
      case 'unshallow':
        return undefined;
      case 'ack':
        if (!offered.has(event.oid)) return undefined;
        continue;
      case 'wanted-ref':
        if (event.name !== asked.ref) return undefined;
        ({ oid } = event);
        continue;
      case 'nak':
      case 'ready':
        continue;
      // Without a pack it knows too little of what is here.
      case 'end':
        return undefined;
      case 'pack':
      case 'progress': {
        const isListed = listed.some((ref) => ref.name === asked.ref && ref.oid === oid);
        // It has moved meanwhile, or just been made: what else was said is older.
        if (oid === undefined || !isListed) return undefined;
        const advertisement = advertisementOf(listed);
        sections.unread(event);
        return { advertisement, oid, run, sections };
      }
    }
  }
}

/** The same bytes; tells how many they are. */
async function* counted(
  pack: AsyncIterable<Uint8Array>,
  { onProgress }: MessageListeners,
): AsyncGenerator<Uint8Array, void, undefined> {
  const progress = new ByteProgress('Receiving', onProgress);
  for await (const bytes of pack) {
    await progress.add(bytes.length);
    yield bytes;
  }
  await progress.finish();
}

/** As version 0 would have it. */
function advertisementOf(listed: readonly ListedRef[]): RefAdvertisement {
  const refs = listed.flatMap(({ name, oid, peeled }) =>
    oid === undefined ? [] : [{ name, oid, ...(peeled === undefined ? {} : { peeled }) }],
  );
  const symrefs = listed.flatMap(({ name, symrefTarget }) =>
    symrefTarget === undefined ? [] : [[name, symrefTarget] as const],
  );
  const nothing = { capabilities: new Map<string, readonly string[]>(), haves: [], shallow: [] };
  return { version: 0, ...nothing, refs, symrefs: new Map(symrefs) };
}
