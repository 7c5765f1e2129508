/**
 * The mass of a clone's history from a static host, as `git clone --bundle-uri` gets it: a bundle, or a list of
 * them. What a bundle says is believed of its objects alone, and only when all that its refs reach is there:
 * then they are offered to the server, which says what the refs are. Whatever goes wrong with one is told,
 * leaves nothing of it, and ends nothing.
 */
import { GitWsError } from '../../base/errors.js';
import { messageOf, useFileSystem } from '../../base/failure.js';
import { foldersOf, foldersOfAll } from '../../base/folders.js';
import { httpUrl } from '../../base/url.js';
import { completeLimits } from '../../pack/index/limits.js';
import { missingObjects } from '../../pack/index/missing-objects.js';
import { keepPack } from '../../repository/keep-pack.js';
import { isHere, ObjectLookup } from '../../repository/object-lookup.js';
import { Refs } from '../../repository/refs.js';
import { updateRefs, type RefChange } from '../../repository/ref-update.js';
import { canceled } from '../../tunnel/client/failures.js';
import { answerLimit, answerLimits } from '../../wire/answer-limits.js';
import {
  BundleHeaderParser,
  isBundle,
  signatureLength,
  type BundleHeader,
} from '../../wire/bundle-header.js';
import { parseBundleList, type BundleList } from '../../wire/bundle-list.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { decodeText, encodeText, quoteText } from '../../wire/text.js';
import type { FetchHow } from '../fetch/objects.js';
import type { ProgressEvent } from '../progress.js';
import { Download, shown } from './download.js';

/** Lists in lists (bundle-uri.c, `max_bundle_uri_depth`). */
const mostDepth = 4;

/** How often a file is got anew that has changed while it came. */
const mostChanges = 2;

/** How bundles are got. */
export type BundleHow = Pick<FetchHow, 'fs' | 'gitdir' | 'listeners' | 'signal' | 'packs'> & {
  /** Told of what went wrong, in a sentence. What it rejects with ends the call. */
  readonly onWarning: (sentence: string) => void | Promise<void>;
};

/**
 * @param uri of a bundle or a list of bundles: http or https.
 * @returns what is here now with all that it reaches.
 * @throws UserCanceledError; what `fs` throws where refs are written, and the listeners.
 */
export async function fetchBundles(uri: URL, how: BundleHow): Promise<ReadonlySet<string>> {
  const bundles = new Bundles(how);
  await bundles.get(uri, 0);
  return bundles.whole;
}

/** What became of one: `lacking`, where it builds upon what is not here. */
type Outcome = 'taken' | 'lacking' | 'failed';

class Bundles {
  /** Tips of what is here. */
  readonly whole = new Set<string>();
  readonly #how: BundleHow;
  /** What a listener or the file system of the caller has failed with, which no bundle is to blame for. */
  #failure: { readonly error: unknown } | undefined;
  /** Bytes that may come still. */
  #left: number;
  #asked = 0;
  /** What each was found to build upon. */
  readonly #prerequisites = new Map<string, readonly string[]>();

  constructor(how: BundleHow) {
    this.#how = how;
    this.#left = completeLimits(how.packs.limits).packBytes;
  }

  /** @param isLast whether what it lacks is not going to come. */
  async get(url: URL, depth: number, isLast = true): Promise<Outcome> {
    try {
      for (let changes = 0; ; changes += 1) {
        const download = this.#open(url);
        try {
          const outcome = await this.#read(download, depth);
          if (outcome === 'lacking' && isLast) {
            throw missingObjects(this.#prerequisites.get(url.href) ?? []);
          }
          return outcome;
        } catch (error) {
          if (!download.hasChanged || changes === mostChanges) throw error;
        } finally {
          download.close();
          this.#left -= download.bytes;
        }
      }
    } catch (error) {
      await this.#warn(`The bundle at ${shown(url)} is of no use: ${messageOf(error)}`);
      return 'failed';
    }
  }

  /** @throws instead what no bundle is to blame for. */
  async #warn(sentence: string): Promise<void> {
    const { signal, onWarning } = this.#how;
    if (signal.aborted) throw canceled(signal.reason);
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await onWarning(sentence);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #open(url: URL): Download {
    this.#asked += 1;
    // A list may lead to others, and they to more and more.
    if (this.#asked > answerLimits.bundles) throw answerLimit('bundles');
    const { signal } = this.#how;
    return new Download(url, {
      signal,
      onProgress: (event) => this.#tell(event),
      most: this.#left,
    });
  }

  async #tell(event: ProgressEvent): Promise<void> {
    try {
      await this.#how.listeners.onProgress?.(event);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  async #read(download: Download, depth: number): Promise<Outcome> {
    const first = await readAtLeast(download, signatureLength);
    if (isBundle(first)) {
      download.unread(first);
      return this.#take(await readHeader(download), download);
    }
    if (depth === mostDepth) {
      throw malformed(`is none, but a list in more than ${mostDepth} lists`);
    }
    const list = parseBundleList(await readText(download, first));
    return this.#getAll(list, download.url, depth + 1);
  }

  /** Takes what a list names. */
  async #getAll(list: BundleList, base: URL, depth: number): Promise<Outcome> {
    const found: { readonly token: bigint; readonly url: URL }[] = [];
    for (const { uri, creationToken: token = 0n } of list.bundles) {
      const url = placeOf(uri, base);
      if (url !== undefined) found.push({ token, url });
      else await this.#warn(`No bundle is fetched from ${quoteText(withoutSecrets(uri))}.`);
    }
    if (list.isOrdered) found.sort((one, other) => (one.token < other.token ? 1 : -1));
    const urls = found.map(({ url }) => url);
    if (list.mode === 'any') return this.#getAny(urls, depth);
    return list.isOrdered ? this.#getInOrder(urls, depth) : this.#getInAnyOrder(urls, depth);
  }

  /** The first one that will do. */
  async #getAny(urls: readonly URL[], depth: number): Promise<Outcome> {
    for (const url of urls) if ((await this.get(url, depth)) === 'taken') return 'taken';
    return 'failed';
  }

  /** Those that build upon what is not here wait for the others. */
  async #getInAnyOrder(urls: readonly URL[], depth: number): Promise<Outcome> {
    let [isAnyTaken, waiting] = [false, urls];
    for (let isLast = false; waiting.length > 0;) {
      const lacking: URL[] = [];
      let isTaken = false;
      for (const url of waiting) {
        const known = this.#prerequisites.get(url.href);
        const isVain: boolean = !isLast && known !== undefined && (await this.#lacksAny(known));
        const outcome: Outcome = isVain ? 'lacking' : await this.get(url, depth, isLast);
        isTaken ||= outcome === 'taken';
        if (outcome === 'lacking') lacking.push(url);
      }
      isAnyTaken ||= isTaken;
      isLast = !isTaken;
      waiting = lacking;
    }
    return isAnyTaken ? 'taken' : 'failed';
  }

  /** From the newest one that will do to the newest. @param urls the newest first. */
  async #getInOrder(urls: readonly URL[], depth: number): Promise<Outcome> {
    let outcome: Outcome = 'failed';
    const newer: URL[] = [];
    for (const [at, url] of urls.entries()) {
      outcome = await this.get(url, depth, at === urls.length - 1);
      if (outcome === 'taken') break;
      if (outcome === 'lacking') newer.unshift(url);
    }
    for (const url of newer) await this.get(url, depth);
    return outcome;
  }

  async #take(header: BundleHeader, download: Download): Promise<Outcome> {
    if (header.filter !== undefined) {
      const message = `It lacks what ${quoteText(header.filter)} leaves out.`;
      throw new GitWsError('MISSING_OBJECTS', message, { data: {} });
    }
    if (header.refs.size === 0) throw malformed('has no refs');
    if (await this.#lacksAny(header.prerequisites)) {
      this.#prerequisites.set(download.url.href, header.prerequisites);
      return 'lacking';
    }
    const { fs, gitdir, packs, signal } = this.#how;
    const wants = [...new Set(header.refs.values())];
    const none: ReadonlySet<string> = new Set();
    await keepPack(download.rest(), {
      ...packs,
      ...{ fs: { promises: fs }, gitdir, signal, completes: true },
      // Defence: all that the refs of a bundle reach has to be here.
      checkConnectivity: 'full',
      asked: () => ({ wants, haves: this.whole, shallow: none, cutOff: none, hasFilter: false }),
      onProgress: (event) => this.#tell(event),
    });
    await this.#write(header);
    for (const oid of wants) this.whole.add(oid);
    return 'taken';
  }

  /** Keeps its branches, as git does: so that `git gc` leaves what comes of it, and a later fetch offers it. */
  async #write({ refs }: BundleHeader): Promise<void> {
    const { fs, gitdir } = this.#how;
    try {
      await useFileSystem(async () => {
        const there = await new Refs(fs, gitdir).list('refs/bundles/');
        await updateRefs(fs, gitdir, branchesOf(refs, there.keys()));
      });
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  async #lacksAny(oids: readonly string[]): Promise<boolean> {
    const { fs, gitdir } = this.#how;
    const lookup = new ObjectLookup({ promises: fs }, gitdir);
    for (const oid of oids) if (!isHere(await lookup.locate(oid))) return true;
    return false;
  }
}

/** Bytes of a ref's name, and of one part of it, that any file system has room for, with the names of locks. */
const longestName = { whole: 500, part: 200 };

function fitsFiles(name: string): boolean {
  const bytes = (text: string): number => encodeText(text).length;
  if (bytes(name) > longestName.whole) return false;
  return name.split('/').every((part) => bytes(part) <= longestName.part);
}

/**
 * @returns where its branches go (bundle-uri.c, `unbundle_from_file`), but for those that are in the way of others,
 *   or whose names are too long for files: no bundle may have the file system fail.
 */
function branchesOf(
  refs: ReadonlyMap<string, string>,
  there: Iterable<string>,
): readonly RefChange[] {
  const names = new Set(there);
  const folders = foldersOfAll(names);
  const changes: RefChange[] = [];
  for (const [ref, oid] of refs) {
    if (!ref.startsWith('refs/heads/')) continue;
    const name = `refs/bundles/${ref.slice('refs/heads/'.length)}`;
    if (!fitsFiles(name)) continue;
    const own = foldersOf(name);
    if (folders.has(name) || own.some((folder) => names.has(folder))) continue;
    names.add(name);
    for (const folder of own) folders.add(folder);
    changes.push({ name, value: { oid } });
  }
  return changes;
}

/**
 * @returns undefined for what is not fetched: another scheme, or one that is less secure than that of its list, or
 *   with a user, which `fetch` refuses in words that show the password.
 */
function placeOf(uri: string, base: URL): URL | undefined {
  const url = httpUrl(uri, base);
  if (url === undefined || url.username + url.password !== '') return undefined;
  return url.protocol === 'https:' || base.protocol === 'http:' ? url : undefined;
}

/** @returns what a list says as a person may see it, also where it is no URL. See {@link shown}. */
function withoutSecrets(uri: string): string {
  return uri.replace(/[?#].*$/s, '').replace(/^([^/\\]*[/\\]{2})[^/]*@/, '$1');
}

async function readHeader(download: Download): Promise<BundleHeader> {
  const parser = new BundleHeaderParser();
  for (;;) {
    const bytes = await download.next();
    if (bytes === undefined) return parser.end();
    const start = parser.push(bytes);
    if (start === undefined) continue;
    download.unread(start.rest);
    return start.header;
  }
}

/** @returns the first bytes, fewer than that many at the end alone. */
async function readAtLeast(download: Download, length: number): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  while (bytes.length < length) {
    const next = await download.next();
    if (next === undefined) break;
    bytes = concatBytes([bytes, next]);
  }
  return bytes;
}

/** @returns all of a list. */
async function readText(download: Download, first: Uint8Array): Promise<string> {
  const parts = [first];
  for await (const part of download.rest()) {
    parts.push(part);
    if (download.bytes > answerLimits.bundleListBytes) throw answerLimit('bundleListBytes');
  }
  return decodeText(concatBytes(parts));
}

function malformed(what: string): GitWsError {
  return new GitWsError('MALFORMED_ADVERTISEMENT', `It ${what}.`, { data: {} });
}
