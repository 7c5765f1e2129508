/**
 * Makes a working tree of a tree: what `git read-tree -m -u HEAD <tree>` does, and `git reset --hard`
 * where it is forced. HEAD is the caller's affair. `core.autocrlf` and the `eol` of .gitattributes are
 * left out of account: files are written as they are in the repository.
 */
import { GitWsError } from '../base/errors.js';
import { divided } from '../base/divided.js';
import { callBack, useFileSystem } from '../base/failure.js';
import { Pace, callersSlice } from '../pack/index/pace.js';
import { findGitDirectory } from '../repository/git-directory.js';
import { holdIndex } from '../repository/held-index.js';
import { keyOf, pathOf, type IndexEntry } from '../repository/index-file.js';
import { blobOid } from '../repository/object-hash.js';
import type { Promisor } from '../repository/promisor.js';
import { emptyTree, StoredObjects } from '../repository/stored-objects.js';
import { promisesOf, type PromiseFileSystem } from '../storage/file-system.js';
import type { Cone } from './cone.js';
import { isHalfWritten } from './half-written.js';
import { expectNothingLost, type Removal, type Work, type Write } from './losses.js';
import { byPaths, planCheckout, planMerge, planReset, type Plan } from './plan.js';
import { withoutRacy } from './racy-entries.js';
import { removeFiles } from './removals.js';
import { sparsenessOf, type Sparseness } from './sparse.js';
import { unavailable } from '../repository/unavailable.js';
import { filesByKey, modes, treeFiles, type TreeFile } from './tree-files.js';
import { WorkTree, type FileTrust } from './work-tree.js';
import { entryOf, foldablePaths, noStat, WriteOut } from './write-out.js';

/** How far a checkout is. */
export interface CheckoutProgress {
  readonly phase: 'Updating workdir';
  /** Files that were removed or written. */
  readonly loaded: number;
  readonly total: number;
}

/** What {@link checkoutTree} works on, and how. */
export interface CheckoutOptions {
  /** isomorphic-git's. */
  readonly fs: object;
  readonly gitdir: string;
  /** The working tree's directory. */
  readonly dir: string;
  /** The oid of the tree that is to be there; undefined: what the index has stays, and `cone` alone counts. */
  readonly tree?: string | undefined;
  /** What is to be there where that is no tree: a merge's, by paths. `from` says what it changes. */
  readonly files?: ReadonlyMap<string, TreeFile> | undefined;
  /** Of a merge, the paths that are to be resolved, with the sides that the index keeps of them (stages 1 to 3). */
  readonly stages?: ReadonlyMap<string, readonly IndexEntry[]> | undefined;
  /** Says what is to be there once the index is held, in the place of `tree`, `files`, `stages` and `from`. */
  readonly decide?: Decide | undefined;
  /** Whether a merge is given up: `git reset --merge`. */
  readonly isReset?: boolean | undefined;
  /** That of the tree which HEAD names; undefined where it names none. */
  readonly from?: string | undefined;
  /** Whether local changes, staged ones too, are given up, and what is in the way removed. */
  readonly force?: boolean | undefined;
  /** What of it is in the working tree; undefined where it is all, and what is skipped stays so. */
  readonly cone?: Cone | undefined;
  /** Of a checkout that was interrupted: whether it may have left a beginning of a file at a path. */
  readonly mayBeLeft?: ((path: string) => boolean) | undefined;
  /** Called when nothing is in the way, and all that is to be written is here, before anything changes. */
  readonly onReady?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What it rejects with fails the call. */
  readonly onProgress?: ((progress: CheckoutProgress) => void | Promise<void>) | undefined;
  /** Gets what a partial clone lacks. */
  readonly promisor?: Pick<Promisor, 'get'> | undefined;
  /** What the configuration says of the file system. Default: that it can do all. */
  readonly trust?: FileTrust | undefined;
  /** Whether each blob is held against its oid. Default true; false where that was done just now. */
  readonly verify?: boolean | undefined;
}

/**
 * @param index what the index has.
 * @param tree the working tree, which may be looked at. Nothing is changed where this rejects.
 */
export type Decide = (index: readonly IndexEntry[], tree: WorkTree) => Promise<Decision>;

/** What is to be there, of a checkout that is decided on while the index is held. */
export interface Decision {
  /**
   * What may be found in the working tree at the paths that change, in the place of what the index says: it is
   * kept elsewhere, or in there.
   */
  readonly known: readonly IndexEntry[];
  readonly files: ReadonlyMap<string, TreeFile>;
  readonly stages?: ReadonlyMap<string, readonly IndexEntry[]>;
  /** Whether what is written is in the working tree, whatever `cone` says. */
  readonly isSeen?: boolean;
  /** @returns what the index is to say, of what it would. */
  readonly stage?: (entries: readonly IndexEntry[]) => readonly IndexEntry[];
}

type DecidedOptions = CheckoutOptions & {
  readonly [Name in keyof Decision]?: Decision[Name] | undefined;
};

/** What a checkout did. */
export interface CheckoutResult {
  readonly written: number;
  readonly removed: number;
  /** Sentences on what could not be as git has it elsewhere: folded names, links that are files. */
  readonly warnings: readonly string[];
  /** Paths that the cone would have taken out of the working tree, or put there, but for changes there. */
  readonly left: readonly string[];
}

const nothing: Sparseness = { writes: [], removals: [], entries: new Map(), left: [] };

/**
 * Checks a tree out. What is in the working tree and in no commit is never lost unless `force` is set:
 * all of it is looked at before anything is written, and after all that had to be fetched. The index is written once, in the end; what was
 * interrupted before is finished by the next call.
 *
 * @throws GitWsError CheckoutConflictError, UnmergedPathsError, UnsafeFilepathError, OBJECT_UNAVAILABLE,
 *   UNREADABLE_INDEX, INDEX_LOCKED, UserCanceledError, FILE_SYSTEM_FAILED, QUOTA, INVALID_OPTION for a
 *   linked worktree; what `fs` and `onProgress` throw.
 */
export async function checkoutTree(options: CheckoutOptions): Promise<CheckoutResult> {
  const fs = promisesOf(options.fs);
  const gitdir = await useFileSystem(() => findGitDirectory(fs, options.gitdir));
  const pace = new Pace(callersSlice, options.signal);
  const { promisor, signal } = options;
  const objects = new StoredObjects(options.fs, gitdir, { pace, blobs: true, promisor, signal });
  try {
    return await useFileSystem(() =>
      holdIndex(fs, gitdir, async (held) => {
        const tree = new WorkTree(fs, options.dir, held.time, options.trust);
        const decision = await options.decide?.(held.entries ?? [], tree);
        const checkout = new Checkout(fs, objects, pace, { ...options, ...decision });
        const entries = await checkout.run(decision?.known ?? held.entries, held.time);
        if (entries !== undefined) await held.write(await withoutRacy(entries, held, tree, pace));
        await checkout.leave();
        return checkout.result();
      }),
    );
  } finally {
    pace.close();
    await objects.close();
  }
}

class Checkout {
  readonly #fs: PromiseFileSystem;
  readonly #objects: StoredObjects;
  readonly #pace: Pace;
  readonly #options: DecidedOptions;
  readonly #warnings: string[] = [];
  #left: readonly string[] = [];
  /** What leaves the working tree, and stays in the index. */
  #leaving: Removal[] = [];
  #written = 0;
  #removed = 0;
  #total = 0;
  /** What `onProgress` heard of last. */
  #told = 0;

  constructor(fs: PromiseFileSystem, objects: StoredObjects, pace: Pace, options: DecidedOptions) {
    this.#fs = fs;
    this.#objects = objects;
    this.#pace = pace;
    this.#options = options;
  }

  result(): CheckoutResult {
    const [written, removed, warnings] = [this.#written, this.#removed, this.#warnings];
    return { written, removed, warnings, left: this.#left };
  }

  /**
   * @param before the index; undefined where there is none.
   * @param time when it was written, in ms.
   * @returns what the index is to be; undefined where there is to be none.
   */
  async run(
    before: readonly IndexEntry[] | undefined,
    time: number,
  ): Promise<readonly IndexEntry[] | undefined> {
    const { dir, trust, cone, stages, isReset = false, force = false } = this.#options;
    const { isSeen = false, stage } = this.#options;
    const keepsAll = !this.#isChange;
    const [unmerged, merged] = divided(
      before ?? [],
      (entry) => (keepsAll || isReset) && entry.stage > 0,
    );
    const index = this.#byKey(merged, force);
    const { plan: keyed, paths } = await this.#plan(
      index,
      new Set(unmerged.map(keyOf)),
      before !== undefined,
    );
    const gone = new Set(keyed.removals.map(({ path }) => path));
    for (const { file } of keyed.writes) gone.add(keyOf(file));
    const kept = new Map([...index].filter(([key]) => !gone.has(key)));
    const plan = byPaths(keyed, kept);
    // What is to be resolved has to be seen, wherever it is.
    const isHere = ({ file }: Plan['writes'][number]): boolean =>
      isSeen || cone?.has(file.name) !== false || stages?.has(file.path) === true;
    const [writes, skips] = divided(plan.writes, isHere);
    const { mayBeLeft } = this.#options;
    const safe = { ...plan, writes, skips };
    const { workTree, work, sparse } = await this.#settled(async () => {
      const tree = new WorkTree(this.#fs, dir, time, trust);
      const isLeft = async (file: TreeFile): Promise<boolean> =>
        mayBeLeft?.(file.path) === true && (await isHalfWritten(tree, this.#objects, file));
      return {
        workTree: tree,
        work: await expectNothingLost(safe, tree, this.#pace, force, isLeft),
        sparse: cone ? await sparsenessOf(cone, kept, tree, this.#pace) : nothing,
      };
    });
    const stay = keepsAll ? unmerged : [];
    this.#left = [...sparse.left, ...stay.filter(isOutside(cone)).map(pathOf)];
    const written = await this.#carryOut(work, sparse, { workTree, paths });
    if (before === undefined && keepsAll) return undefined;
    const skipped = work.skipped.map(({ file, isLeft }): IndexEntry => {
      return { ...entryOf(file, noStat), skipWorktree: !isLeft };
    });
    for (const file of plan.aside) {
      this.#warn(file.path, 'has the name of another file once it is text');
      kept.set(keyOf(file), entryOf(file, noStat));
    }
    for (const [key, entry] of [...sparse.entries, ...written]) kept.set(key, entry);
    for (const key of keysOf(stages)) kept.delete(key);
    const all = [...kept.values(), ...skipped, ...stay, ...[...(stages?.values() ?? [])].flat()];
    return stage?.(all) ?? all;
  }

  /** Whether there is something that is to be there: else what the index has stays. */
  get #isChange(): boolean {
    return this.#options.tree !== undefined || this.#options.files !== undefined;
  }

  /** @returns what becomes of each key, and all paths that are to be. */
  async #plan(
    index: ReadonlyMap<string, IndexEntry>,
    unmerged: ReadonlySet<string>,
    isThere: boolean,
  ): Promise<{ readonly plan: Plan; readonly paths: Iterable<string> }> {
    const { tree, files, stages, from, known, isReset = false, force = false } = this.#options;
    if (tree === undefined && files === undefined) {
      const paths = [...index.values()].map(pathOf);
      return { plan: { writes: [], removals: [], conflicts: [] }, paths };
    }
    const next = filesByKey(
      files
        ? { files, doubled: [] }
        : await treeFiles(this.#objects, tree ?? emptyTree, index.size === 0),
    );
    const paths = [...next.values()].map(({ path }) => path);
    // Without an index all of it is to be written, as git has it: a clone, or what was interrupted.
    const hasOld = isThere && from !== undefined && !isReset;
    const committed = hasOld
      ? filesByKey(await treeFiles(this.#objects, from))
      : new Map<never, never>();
    const sides = { old: known === undefined ? committed : index, index, next };
    if (isReset) return { plan: planReset(sides, unmerged), paths };
    const plan = stages ? planMerge(sides, new Set(keysOf(stages))) : planCheckout(sides, force);
    return { plan, paths };
  }

  /**
   * Looks, and has fetched what is to be written. Where that took a server, files may have been saved meanwhile: they
   * are looked at once more.
   *
   * @returns what was seen last. @throws what `look` and the promisor throw.
   */
  async #settled<Seen extends { readonly work: Work; readonly sparse: Sparseness }>(
    look: () => Promise<Seen>,
  ): Promise<Seen> {
    for (;;) {
      const { fetches } = this.#objects;
      const seen = await look();
      const writes = [...seen.work.writes, ...seen.sparse.writes];
      const blobs = writes.filter(({ file }) => file.mode !== modes.gitlink);
      // In one request, and before anything is removed: links are written after files.
      await this.#objects.ready(new Set(blobs.map(({ file }) => file.oid)));
      if (this.#objects.fetches === fetches) return seen;
    }
  }

  /** @returns the entries of what is there now, by their keys. */
  async #carryOut(
    work: Work,
    sparse: Sparseness,
    where: { readonly workTree: WorkTree; readonly paths: Iterable<string> },
  ): Promise<Map<string, IndexEntry>> {
    this.#leaving = [...sparse.removals];
    const writes = [...work.writes, ...sparse.writes];
    await this.#options.onReady?.();
    this.#total = work.removals.length + this.#leaving.length + writes.length;
    await this.#remove(work.removals, where.workTree);
    return this.#write(writes, where.paths, where.workTree);
  }

  /**
   * Removes what is in the index alone from now on. Once that says so: whatever ends this, nothing is taken
   * for removed by the user.
   */
  async leave(): Promise<void> {
    const { dir, trust } = this.#options;
    await this.#remove(this.#leaving, new WorkTree(this.#fs, dir, 0, trust));
  }

  #byKey(entries: readonly IndexEntry[], force: boolean): Map<string, IndexEntry> {
    const unmerged = entries.filter(({ stage }) => stage !== 0).map(pathOf);
    if (unmerged.length > 0 && !force) {
      const filepaths = [...new Set(unmerged)];
      const message = `Conflicts are to be resolved first: ${some(filepaths)}.`;
      throw new GitWsError('UnmergedPathsError', message, { data: { filepaths } });
    }
    return new Map(entries.map((entry) => [keyOf(entry), entry]));
  }

  async #remove(removals: readonly Removal[], tree: WorkTree): Promise<void> {
    await removeFiles(this.#fs, tree, removals, async () => {
      this.#removed += 1;
      await this.#pace.turn();
    });
    if (removals.length > 0) await this.#progress();
  }

  /** @returns the entries of what is there now, by their keys. */
  async #write(
    writes: readonly Write[],
    paths: Iterable<string>,
    workTree: WorkTree,
  ): Promise<Map<string, IndexEntry>> {
    const out = new WriteOut(this.#fs, workTree, foldablePaths(paths));
    const of = (...kinds: number[]) => writes.filter(({ file }) => kinds.includes(file.mode));
    try {
      for (const write of of(modes.gitlink)) await out.add({ ...write, bytes: new Uint8Array(0) });
      await this.#writeBlobs(of(modes.file, modes.executable), out);
      // Links come last: nothing is written through one of them.
      await this.#writeBlobs(of(modes.symlink), out);
    } finally {
      // Nothing is written any more once this has ended.
      await out.settle();
    }
    for (const path of out.folded) this.#warn(path, 'is another file to this file system');
    for (const path of out.linksAsFiles) {
      this.#warn(path, 'is a file with the link’s target in it: this file system has no links');
    }
    return new Map(out.entries.map((entry) => [keyOf(entry), entry]));
  }

  async #writeBlobs(writes: readonly Write[], out: WriteOut): Promise<void> {
    const wanted = new Map<string, Write[]>();
    for (const write of writes) {
      const same = wanted.get(write.file.oid);
      if (same === undefined) wanted.set(write.file.oid, [write]);
      else same.push(write);
    }
    for await (const [oid, object] of this.#objects.readMany([...wanted.keys()])) {
      if (object?.type !== 'blob' || object.bytes === undefined) throw unavailable(oid);
      const { bytes } = object;
      if (this.#options.verify !== false && (await blobOid(bytes)) !== oid) throw unavailable(oid);
      for (const write of wanted.get(oid) ?? []) await out.add({ ...write, bytes });
      await this.#tell(out.entries.length);
    }
    await out.flush();
    await this.#tell(out.entries.length);
  }

  async #tell(written: number): Promise<void> {
    this.#written = written;
    await this.#progress();
  }

  async #progress(): Promise<void> {
    const { onProgress } = this.#options;
    const loaded = this.#removed + this.#written;
    if (onProgress === undefined || loaded === this.#told) return;
    this.#told = loaded;
    const total = this.#total;
    await callBack('onProgress', () => onProgress({ phase: 'Updating workdir', loaded, total }));
  }

  #warn(path: string, what: string): void {
    this.#warnings.push(`${path} ${what}.`);
  }
}

function keysOf(stages: CheckoutOptions['stages']): string[] {
  return [...(stages?.values() ?? [])].flatMap(([first]) => (first ? [keyOf(first)] : []));
}

function isOutside(cone: Cone | undefined): (entry: IndexEntry) => boolean {
  return ({ name }) => cone?.has(name) === false;
}

/** @returns the first ones of a list, for a sentence. */
function some(paths: readonly string[]): string {
  const first = paths.slice(0, 5).join(', ');
  return paths.length > 5 ? `${first} and ${paths.length - 5} more` : first;
}
