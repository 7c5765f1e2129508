/**
 * The one base of a merge: of commits with several merge bases, those merged with each other, as git merges them
 * (merge-ort.c, `merge_ort_internal`). Nothing of it is written.
 */
import * as isomorphicGit from 'isomorphic-git';
import type { Commit, Commits } from '../repository/commits.js';
import { mergeBases } from '../repository/merge-bases.js';
import type { StoredObjects } from '../repository/stored-objects.js';
import { unavailable } from '../repository/unavailable.js';
import type { Files } from '../worktree/merge-trees.js';
import { treeFiles } from '../worktree/tree-files.js';
import type { NewObject } from '../worktree/tree-objects.js';
import type { Following } from './follow-renames.js';
import type { MergeDrivers } from './merge-drivers.js';
import { mergeFiles } from './merge-files.js';

/** A commit; its files where it is none of the repository. */
interface Base {
  readonly commit: Commit;
  readonly files: Files | undefined;
}

/** What the sides are called in the marks of a base. */
const labels = { ours: 'Temporary merge branch 1', theirs: 'Temporary merge branch 2' } as const;

/** Bases that are kept: those of one depth are asked for once for each two of the next. */
const mostKept = 4;

/** Finds the bases of merges, and merges them. */
export class VirtualBases {
  /** Contents of files that are in no repository, by their oids. */
  readonly blobs = new Map<string, NewObject>();
  readonly #commits: Commits;
  readonly #objects: StoredObjects;
  readonly #following: Following;
  readonly #drivers: MergeDrivers;
  /** Commits that are none of the repository. */
  readonly #virtual = new Map<string, Commit>();
  readonly #kept = new Map<string, Base>();

  /** @param objects with the blobs. */
  constructor(
    commits: Commits,
    objects: StoredObjects,
    { following, drivers }: { readonly following: Following; readonly drivers: MergeDrivers },
  ) {
    this.#commits = commits;
    this.#objects = objects;
    this.#following = following;
    this.#drivers = drivers;
  }

  /**
   * @param ours oid of a commit, like `theirs`.
   * @returns what both come from; undefined where they have nothing in common.
   * @throws GitWsError OBJECT_UNAVAILABLE, and as {@link filesOf} and {@link mergeFiles}.
   */
  async of(ours: string, theirs: string): Promise<Files | undefined> {
    return this.#base(await this.#read(ours), await this.#read(theirs), 0);
  }

  /**
   * @param tree its oid.
   * @throws isomorphic-git's MergeNotSupportedError where paths are one as text: they cannot be told apart; as
   *   {@link treeFiles}.
   */
  async filesOf(tree: string): Promise<Files> {
    const { files, doubled } = await treeFiles(this.#objects, tree);
    if (doubled.length > 0) throw new isomorphicGit.Errors.MergeNotSupportedError();
    return files;
  }

  async #base(one: Commit, other: Commit, depth: number): Promise<Files | undefined> {
    const bases = await mergeBases(one, other, (oid) => this.#read(oid));
    const [first, ...others] = bases.reverse();
    if (first === undefined) return undefined;
    let merged: Base = { commit: first, files: undefined };
    const key = [depth, ...bases.map(({ oid }) => oid)].join(' ');
    merged = this.#kept.get(key) ?? merged;
    if (merged.files === undefined) {
      for (const next of others) merged = await this.#merged(merged, next, depth + 1);
      this.#keep(key, merged);
    }
    return this.#files(merged);
  }

  async #merged(one: Base, other: Commit, depth: number): Promise<Base> {
    const base = (await this.#base(one.commit, other, depth)) ?? new Map<never, never>();
    const sides = { base, ours: await this.#files(one), theirs: await this.filesOf(other.tree) };
    const how = { following: this.#following, drivers: this.#drivers };
    const options = { ...how, labels, depth, known: this.blobs };
    const { files, blobs } = await mergeFiles(sides, this.#objects, options);
    for (const blob of blobs) this.blobs.set(blob.oid, blob);
    const parents = [one.commit.oid, other.oid];
    const time = Math.max(one.commit.time, other.time);
    const commit = { oid: `virtual ${this.#virtual.size}`, tree: '', parents, time };
    this.#virtual.set(commit.oid, commit);
    return { commit, files };
  }

  #files({ commit, files }: Base): Files | Promise<Files> {
    return files ?? this.filesOf(commit.tree);
  }

  #keep(key: string, base: Base): void {
    this.#kept.set(key, base);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #read(oid: string): Promise<Commit> {
    const commit = this.#virtual.get(oid) ?? (await this.#commits.read(oid));
    if (commit === undefined) throw unavailable(oid);
    return commit;
  }
}
