/** `git stash push` and `git stash create`. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../../base/errors.js';
import { useFileSystem } from '../../base/failure.js';
import { joinSignals } from '../../base/signals.js';
import { callersSlice, Pace, throwIfCanceled } from '../../pack/index/pace.js';
import { holdIndex } from '../../repository/held-index.js';
import { pathOf, type IndexEntry } from '../../repository/index-file.js';
import type { Ident } from '../../repository/reflog.js';
import { Refs } from '../../repository/refs.js';
import { StoredObjects } from '../../repository/stored-objects.js';
import { promisesOf } from '../../storage/file-system.js';
import { checkoutTree, type Decision } from '../../worktree/checkout.js';
import { FoundFiles, untrackedPaths } from '../../worktree/found-files.js';
import { isSame, modes, type TreeFile } from '../../worktree/tree-files.js';
import type { NewObject } from '../../worktree/tree-objects.js';
import { WorkTree, type FileTrust } from '../../worktree/work-tree.js';
import { readCommit } from '../commits.js';
import { isUnder } from '../cone-files.js';
import { fileTrust, type ConfigAt } from '../config.js';
import { isInWorkTree } from '../index-entries.js';
import { writeObjects, writeTrees } from '../merge-commits.js';
import { failureOf } from '../outcome.js';
import { isSparse, readCone } from '../sparse-state.js';
import { plainPath } from '../submodules/gitlinks.js';
import type { StashHow } from './arguments.js';
import { identOf, writeStash, type WrittenStash } from './stash-commit.js';
import { clashes, entriesByPath, fileOf, filesIn, filesOf } from './stash-entries.js';
import { addStash, dropStash, readStashes } from './stash-list.js';

/** Bytes of files that are written as objects together. */
const batchBytes = 4 * 1024 * 1024;

/** A stash of what is there, and what the working tree is to be without it. */
interface Taken extends Decision {
  readonly stash: WrittenStash;
}

/**
 * Stashes what is there: the stash is in the list before anything of the working tree changes.
 *
 * @returns the oid of its commit. @throws as `stash`.
 */
export async function pushStash(given: StashHow): Promise<string> {
  const { at, dir, signal, promisor } = given;
  const joined = joinSignals([signal]);
  const ident = await identOf(at, given.author);
  const trust = await fileTrust(at);
  let stash: WrittenStash | undefined;
  let expectTheSame = (): Promise<void> => Promise.resolve();
  let isListed = (): Promise<boolean> => Promise.resolve(false);
  try {
    await checkoutTree({
      ...{ ...at, dir, promisor, signal: joined.signal },
      trust,
      cone: await useFileSystem(() => readCone(at)),
      decide: async (index, tree) => {
        const taken = await take({ ...given, ident, trust }, index, tree);
        stash = taken.stash;
        expectTheSame = () => expectNoneSaved(taken, tree);
        return taken;
      },
      onReady: async () => {
        throwIfCanceled(signal);
        // From now on all of it is done: who cancels would have half of the changes in the tree and all in the list.
        joined.release();
        if (stash === undefined) return;
        const { oid, message } = stash;
        // Its ref may be there whatever the file system says of it.
        isListed = async () => (await readStashes(at)).some((each) => each.oid === oid);
        await addStash(at, oid, ident, message);
        await expectTheSame().catch(async (error: unknown) => {
          await dropStash(at, 0, oid).catch(() => undefined);
          throw error;
        });
        isListed = () => Promise.resolve(true);
      },
    });
  } catch (reason) {
    const isKept = stash !== undefined && (await isListed().catch(() => false));
    throw isKept ? withStash(reason, stash?.oid) : reason;
  } finally {
    joined.release();
  }
  return stash?.oid ?? '';
}

/** @returns an error that has the oid of a stash in its `data`, which is in the list. */
function withStash(reason: unknown, stash: string | undefined): unknown {
  const error = failureOf(reason) as { readonly data?: object };
  const value = { ...error.data, stash };
  // An error of others may be frozen.
  Reflect.defineProperty(error, 'data', {
    ...{ value, enumerable: true, configurable: true, writable: true },
  });
  return error;
}

/**
 * Looks once more at what is to change: blobs may have come from a server since, and others have been waited for.
 *
 * @throws GitWsError CheckoutConflictError for what was saved meanwhile, and is not in the stash; what `fs` throws.
 */
async function expectNoneSaved({ known, files }: Decision, tree: WorkTree): Promise<void> {
  const entries = new Map(known.map((entry) => [pathOf(entry), entry]));
  const filepaths: string[] = [];
  for (const path of new Set([...entries.keys(), ...files.keys()])) {
    const [entry, file] = [entries.get(path), files.get(path)];
    if (isSame(entry, file) || (await tree.obstacleTo(path)) !== undefined) continue;
    if ((await tree.look(path, entry, file)) === 'changed') filepaths.push(path);
  }
  if (filepaths.length === 0) return;
  const message = `These files were saved while they were stashed: ${filepaths.join(', ')}.`;
  throw new GitWsError('CheckoutConflictError', message, { data: { filepaths } });
}

/** Makes the commits, and changes nothing. @returns the oid of the stash's. @throws as `stash`. */
export async function createStash(given: StashHow): Promise<string> {
  const { at, dir } = given;
  const fs = promisesOf(at.fs);
  const trust = await fileTrust(at);
  const ident = await identOf(at, given.author);
  const { stash } = await useFileSystem(() =>
    holdIndex(fs, at.gitdir, ({ entries = [], time }) =>
      take({ ...given, ident, trust }, entries, new WorkTree(fs, dir, time, trust)),
    ),
  );
  return stash.oid;
}

/** With what is read once for all of it. */
interface TakeHow extends StashHow {
  /** Who stashes. */
  readonly ident: Ident;
  readonly trust: FileTrust;
}

/** @throws isomorphic-git's NoCommitError, NotFoundError for nothing to stash, and the others of `stash`. */
async function take(given: TakeHow, index: readonly IndexEntry[], tree: WorkTree): Promise<Taken> {
  const { at, signal, promisor } = given;
  const refs = new Refs(promisesOf(at.fs), at.gitdir);
  const branch = await useFileSystem(() => refs.branch());
  const oid = (await useFileSystem(() => refs.resolve('HEAD')))?.oid;
  if (oid === undefined) throw new isomorphicGit.Errors.NoCommitError('HEAD');
  const pace = new Pace(callersSlice, signal);
  const objects = new StoredObjects(at.fs, at.gitdir, { pace, promisor, signal });
  try {
    const { commit: head, tree: headTree } = await readCommit(at, oid, 'HEAD');
    const files = await filesIn(objects, headTree);
    const stock = new Stock(given, files, entriesByPath(index));
    await stock.take(tree, pace);
    const trees = await stock.write();
    const { message = '', ident } = given;
    const stash = await writeStash(at, objects, { head, trees, ident, message, branch });
    return { ...stock.decision(), stash };
  } finally {
    pace.close();
    await objects.close();
  }
}

/** What is in HEAD, in the index and in the working tree. */
class Stock {
  readonly #given: TakeHow;
  readonly #head: ReadonlyMap<string, TreeFile>;
  readonly #index: ReadonlyMap<string, IndexEntry>;
  readonly #staged: ReadonlyMap<string, TreeFile>;
  readonly #worktree = new Map<string, IndexEntry>();
  readonly #untracked = new Map<string, IndexEntry>();
  readonly #filepaths: readonly string[];

  constructor(
    given: TakeHow,
    head: ReadonlyMap<string, TreeFile>,
    index: ReadonlyMap<string, IndexEntry>,
  ) {
    this.#given = given;
    this.#head = head;
    this.#index = index;
    this.#staged = filesOf(index);
    this.#filepaths = (given.filepaths ?? []).map(plainPath);
  }

  /** Looks at the working tree, and writes what is in its files. */
  async take(tree: WorkTree, pace: Pace): Promise<void> {
    const { at, trust, includeUntracked = false } = this.#given;
    const blobs = new Blobs(at);
    const files = new FoundFiles({
      ...{ tree, pace, isSparse: await isSparse(at), trust },
      keep: (blob) => blobs.add(blob),
    });
    for (const [path, entry] of this.#index) {
      const found = this.#isAsked(path) ? await files.tracked(entry) : entry;
      if (found !== undefined) this.#worktree.set(path, found);
    }
    for (const [path, { name, mode }] of this.#head) {
      if (this.#index.has(path) || !this.#isAsked(path)) continue;
      const found = await files.untracked(name, mode);
      if (found !== undefined) this.#worktree.set(path, found);
    }
    if (includeUntracked) await this.#takeUntracked(files, tree);
    await blobs.flush();
    this.#expectSomething();
  }

  /** @returns the trees of what was found. */
  async write(): Promise<{ index: string; worktree: string; untracked: string | undefined }> {
    const { at, includeUntracked = false } = this.#given;
    const write = (files: Iterable<Pick<TreeFile, 'name' | 'mode' | 'oid'>>) =>
      writeTrees(at, files, false);
    return {
      index: await write(this.#staged.values()),
      worktree: await write([...this.#worktree.values(), ...this.#indexOnly()].filter(isInTrees)),
      untracked: includeUntracked ? await write(this.#untracked.values()) : undefined,
    };
  }

  /** @returns what is to be there without all that was found. */
  decision(): Decision {
    const files = new Map<string, TreeFile>();
    for (const [path, file] of this.#given.keepIndex === true ? this.#staged : this.#head) {
      if (this.#isAsked(path)) files.set(path, file);
    }
    for (const [path, entry] of this.#index) {
      if (!this.#isAsked(path)) files.set(path, fileOf(path, entry));
    }
    return { known: [...this.#worktree.values(), ...this.#untracked.values()], files };
  }

  /** As in git: what was staged, and is in no commit and no file, is stashed with the files. */
  #indexOnly(): IndexEntry[] {
    const others = [...this.#worktree.keys(), ...this.#untracked.keys()];
    const isLeft = (path: string) => !this.#head.has(path) && !this.#worktree.has(path);
    const left = [...this.#index.keys()].filter(isLeft);
    const barred = new Set(clashes(left, others));
    return left.flatMap((path) => (barred.has(path) ? [] : (this.#index.get(path) ?? [])));
  }

  #isAsked(path: string): boolean {
    const asked = this.#filepaths;
    return asked.length === 0 || asked.some((each) => isUnder(path, each));
  }

  async #takeUntracked(files: FoundFiles, tree: WorkTree): Promise<void> {
    const { at, dir } = this.#given;
    const isKnown = (path: string) => this.#worktree.has(path) || this.#index.has(path);
    const isLeftOut = async (path: string): Promise<boolean> => {
      if (path.endsWith('/')) {
        if (this.#index.get(path.slice(0, -1))?.mode === modes.gitlink) return true;
        if (await isInWorkTree({ fs: at.fs, dir }, `${path}.git`)) return true;
      }
      return isomorphicGit.isIgnored({ ...at, dir, filepath: path });
    };
    for await (const path of untrackedPaths(promisesOf(at.fs), tree, isKnown, isLeftOut)) {
      if (!this.#isAsked(path)) continue;
      const found = await files.untracked(new TextEncoder().encode(path));
      if (found !== undefined) this.#untracked.set(path, found);
    }
  }

  /** @throws isomorphic-git's NotFoundError; GitWsError INVALID_OPTION */
  #expectSomething(): void {
    const { NotFoundError } = isomorphicGit.Errors;
    const sides = [this.#head, this.#staged, this.#worktree];
    const paths = [...new Set([...sides, this.#untracked].flatMap((side) => [...side.keys()]))];
    const lost = this.#filepaths.find((each) => !paths.some((path) => isUnder(path, each)));
    if (lost !== undefined) throw new NotFoundError(`a file at ${lost}`);
    const isChanged = (path: string): boolean => {
      const [head, staged, found] = sides.map((side) => side.get(path));
      // As in git, a submodule at another commit is nothing to stash by itself.
      const isLink = [head, staged, found].every(
        (each) => (each?.mode ?? modes.gitlink) === modes.gitlink,
      );
      return !isLink && !(isSame(head, staged) && isSame(staged, found));
    };
    const isThere = paths.some((path) => this.#isAsked(path) && isChanged(path));
    if (!isThere && this.#untracked.size === 0) {
      throw new NotFoundError('changes, nothing to stash');
    }
    const [torn] = clashes(this.#worktree.keys(), this.#worktree.keys());
    if (torn === undefined) return;
    const message = `${torn} is a file and a folder: stash both, or neither.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { filepaths: this.#filepaths } });
  }
}

/** What is only intended to be added is in no tree. */
function isInTrees({ intentToAdd }: IndexEntry): boolean {
  return !intentToAdd;
}

/** Writes blobs, some at a time. */
class Blobs {
  readonly #at: ConfigAt;
  #waiting: NewObject[] = [];
  #bytes = 0;

  constructor(at: ConfigAt) {
    this.#at = at;
  }

  async add(blob: NewObject): Promise<void> {
    this.#waiting.push(blob);
    this.#bytes += blob.bytes.length;
    if (this.#bytes >= batchBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const blobs = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    if (blobs.length > 0) await writeObjects(this.#at, 'blob', blobs);
  }
}
