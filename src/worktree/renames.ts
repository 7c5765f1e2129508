/**
 * Finds the files that one side of a merge has renamed, as git does (diffcore-rename.c): those with the same content,
 * those that have kept their name and are alike, and then whatever is most alike.
 */
import { folderOf, nameOf } from '../base/folders.js';
import type { Pace } from '../pack/index/pace.js';
import { unavailable } from '../repository/unavailable.js';
import { FolderCounts, type Rename } from './folder-counts.js';
import type { Candidates } from './rename-candidates.js';
import { bestPairs } from './rename-scores.js';
import { alike, SpanReader, similarity, type Spans } from './similarity.js';
import { isFile, type TreeFile } from './tree-files.js';

/** What is looked at, and how. */
export interface RenameSearch {
  /** Reads many files at once, as `StoredObjects` does. */
  readonly readMany: (
    oids: readonly string[],
  ) => AsyncIterable<readonly [oid: string, bytes: Uint8Array | undefined]>;
  /** Up to this number squared, each is compared with each; beyond it only what has the same content or name. */
  readonly limit: number;
  /** Lets others have their turn; ends the search. */
  readonly pace: Pace;
}

/** What one side has renamed. */
export interface Renames {
  readonly files: readonly Rename[];
  /** Of folders that it has not any more, where their files have gone, and how many. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

const emptyBlob = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';

/** What two files must come to; with the same name where there is no other of it, they are sought first and must come to more. */
const leastAlike = alike / 2;
const leastAlikeByName = leastAlike + (alike - leastAlike) / 2;

/** @throws GitWsError OBJECT_UNAVAILABLE, UserCanceledError; what `readMany` throws. */
export async function findRenames(found: Candidates, search: RenameSearch): Promise<Renames> {
  // Nothing would change.
  if (found.relevance.size === 0) return { files: [], folders: new Map() };
  const renames = new Search(found, search);
  if (renames.isPossible) {
    renames.pairSame();
    await renames.pairNames();
    await renames.pairAlike();
  }
  return renames.result();
}

class Search {
  readonly #relevance: Candidates['relevance'];
  readonly #search: RenameSearch;
  readonly #counts: FolderCounts;
  readonly #reader = new SpanReader();
  readonly #spans = new Map<string, Spans>();
  readonly #renames: Rename[] = [];
  /** What is not paired. */
  #sources: TreeFile[];
  #targets: TreeFile[];

  constructor({ removed, added, relevance, gone }: Candidates, search: RenameSearch) {
    this.#sources = removed.filter(({ oid }) => oid !== emptyBlob);
    this.#targets = added.filter(({ oid }) => oid !== emptyBlob);
    this.#relevance = relevance;
    this.#search = search;
    this.#counts = new FolderCounts(gone);
  }

  get isPossible(): boolean {
    return this.#sources.length > 0 && this.#targets.length > 0;
  }

  result(): Renames {
    return { files: this.#renames, folders: this.#counts.renamed() };
  }

  /** Pairs what has the same content; of several those with the same name. */
  pairSame(): void {
    const byOid = new Map<string, TreeFile[]>();
    for (const source of this.#sources) {
      const same = byOid.get(source.oid);
      if (same === undefined) byOid.set(source.oid, [source]);
      else same.push(source);
    }
    for (const target of this.#targets) {
      const left = byOid.get(target.oid) ?? [];
      const fitting = left.filter((source) => isFitting(source, target));
      const name = nameOf(target.path);
      const source = fitting.find(({ path }) => nameOf(path) === name) ?? fitting[0];
      if (source === undefined) continue;
      left.splice(left.indexOf(source), 1);
      this.#pair({ source, target });
    }
    this.#dropPaired();
  }

  /** Pairs what has kept a name that is there once, or is where most of its folder has gone. */
  async pairNames(): Promise<void> {
    const [sources, targets] = [byName(this.#sources), byName(this.#targets)];
    const places = new Map(this.#targets.map((target) => [target.path, target]));
    const guesses = this.#counts.guesses();
    const pairs: Rename[] = [];
    for (const source of this.#sources) {
      const name = nameOf(source.path);
      const among = targets.get(name);
      if (!this.#relevance.has(source.path) || among === undefined) continue;
      const folder = guesses.get(folderOf(source.path));
      const isOnly = among.length === 1 && sources.get(name)?.length === 1;
      const target = isOnly ? among[0] : places.get(`${folder ?? ''}/${name}`);
      if (target !== undefined) pairs.push({ source, target });
    }
    await this.#read(pairs.flatMap(({ source, target }) => [source, target]));
    const taken = new Set<TreeFile>();
    for (const pair of pairs) {
      if (taken.has(pair.target)) continue;
      if (this.#score(pair.source, pair.target, leastAlikeByName) < leastAlikeByName) continue;
      taken.add(pair.target);
      this.#pair(pair);
    }
    this.#dropPaired();
  }

  /** Compares each with each, of what matters. */
  async pairAlike(): Promise<void> {
    const { limit, pace } = this.#search;
    const relevant = this.#sources.filter(({ path }) => this.#relevance.has(path));
    this.#counts.settle(relevant);
    const sources = relevant.filter((source) => {
      const isContent = this.#relevance.get(source.path) === 'content';
      return isContent || !this.#counts.isSettled(source);
    });
    const targets = this.#targets;
    if (sources.length * targets.length > limit * limit) return;
    if (sources.length === 0 || targets.length === 0) return;
    await this.#read([...sources, ...targets]);
    const score = (source: TreeFile, target: TreeFile) => this.#score(source, target, leastAlike);
    for (const pair of await bestPairs(sources, targets, { score, least: leastAlike, pace })) {
      this.#pair(pair);
    }
  }

  #pair(rename: Rename): void {
    this.#renames.push(rename);
    this.#counts.add(rename);
  }

  #dropPaired(): void {
    const paired = new Set(this.#renames.flatMap(({ source, target }) => [source, target]));
    this.#sources = this.#sources.filter((file) => !paired.has(file));
    this.#targets = this.#targets.filter((file) => !paired.has(file));
  }

  /** Links and submodules are renamed as they are, or not. */
  #score(source: TreeFile, target: TreeFile, least: number): number {
    const [one, other] = [this.#spans.get(source.oid), this.#spans.get(target.oid)];
    const isPossible = isFile(source) && isFile(target) && one && other;
    return isPossible ? similarity(one, other, least) : 0;
  }

  /** All at once: where they are fetched, that is one request. */
  async #read(files: readonly TreeFile[]): Promise<void> {
    const { readMany, pace } = this.#search;
    const wanted = files.filter((file) => isFile(file) && !this.#spans.has(file.oid));
    const oids = new Set(wanted.map(({ oid }) => oid));
    for await (const [oid, bytes] of readMany([...oids])) {
      if (bytes === undefined) throw unavailable(oid);
      this.#spans.set(oid, this.#reader.read(bytes));
      await pace.turn();
    }
  }
}

/** @returns whether two with the same content can be one file. */
function isFitting(source: TreeFile, target: TreeFile): boolean {
  return source.mode === target.mode || (isFile(source) && isFile(target));
}

function byName(files: readonly TreeFile[]): Map<string, TreeFile[]> {
  const all = new Map<string, TreeFile[]>();
  for (const file of files) {
    const name = nameOf(file.path);
    const same = all.get(name);
    if (same === undefined) all.set(name, [file]);
    else same.push(file);
  }
  return all;
}
