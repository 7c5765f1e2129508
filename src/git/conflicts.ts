/**
 * Leaves the conflicts of a merge to be resolved, as `git merge` does: marks in the files, the sides in the index,
 * and `MERGE_HEAD`, of which `commit` makes a commit with both parents and which `abortMerge` gives up.
 */
import * as isomorphicGit from 'isomorphic-git';
import { lateScript } from '../isomorphic/bind-repository.js';
import { withPackedFiles } from '../isomorphic/packed-fs.js';
import type { IndexEntry } from '../repository/index-file.js';
import type { Promisor } from '../repository/promisor.js';
import { emptyTree, StoredObjects } from '../repository/stored-objects.js';
import { unavailable } from '../repository/unavailable.js';
import { checkoutTree, type CheckoutOptions } from '../worktree/checkout.js';
import { mergeTrees, type Changed, type MergedTrees } from '../worktree/merge-trees.js';
import { modes, treeFiles, type TreeFile } from '../worktree/tree-files.js';
import { entryOf, noStat } from '../worktree/write-out.js';
import { readCommit } from './commits.js';
import type { ConfigAt } from './config.js';
import { mergeText, type Labels } from './merge-file.js';
import { beginMerge } from './merge-state.js';
import { readCone } from './sparse-state.js';

/** What is merged, and how. */
export interface MergeToLeave extends Pick<CheckoutOptions, 'signal' | 'onProgress'> {
  readonly fs: ConfigAt['fs'];
  /** The git directory itself. */
  readonly gitdir: string;
  /** The working tree's directory. */
  readonly dir: string;
  /** Oids of commits; `ours` is HEAD's. */
  readonly ours: string;
  readonly theirs: string;
  /** What the sides are called in the files. */
  readonly labels: Labels;
  /** What the merge's commit is to say. */
  readonly message: string;
  /** isomorphic-git's: merges a file in the place of ours. */
  readonly mergeDriver?: isomorphicGit.MergeDriverCallback | undefined;
  /** isomorphic-git's: histories that have nothing in common are merged as well. */
  readonly allowUnrelatedHistories?: boolean | undefined;
  readonly promisor: Promisor | undefined;
}

/**
 * @param failed what isomorphic-git's `merge` made of it, which has changed nothing.
 * @throws MergeConflictError, `failed` where the conflicts cannot be shown: what is to be a file and a folder, or a
 *   file and a link, and what has no single merge base. CheckoutConflictError for what is staged, or changed where
 *   it would be lost; what {@link checkoutTree} throws. Nothing is changed then.
 */
export async function leaveConflicts(given: MergeToLeave, failed: unknown): Promise<never> {
  const { fs, gitdir, dir, promisor, signal, onProgress } = given;
  const objects = new StoredObjects(fs, gitdir, { blobs: true, promisor, signal });
  try {
    const ours = await readCommit(given, given.ours, given.ours);
    const theirs = await readCommit(given, given.theirs, given.theirs);
    const base = await baseTree(given);
    if (base === undefined) throw failed;
    const trees = [];
    for (const tree of [base, ours.tree, theirs.tree]) trees.push(await treeFiles(objects, tree));
    const [before, here, there] = trees.map(({ files }) => files);
    const isLossy = trees.some(({ doubled }) => doubled.length > 0);
    if (isLossy || before === undefined || here === undefined || there === undefined) throw failed;
    const merged = mergeTrees(before, here, there);
    if (merged === undefined) throw failed;
    const { files, stages, error } = await new Conflicts(given, objects).of(merged);
    // isomorphic-git sees one where there is none.
    if (stages.size === 0) throw failed;
    await checkoutTree({
      ...{ fs, dir, gitdir, files, stages, promisor, signal, onProgress },
      ...{ from: ours.tree, cone: await readCone({ fs, gitdir }) },
    });
    await beginMerge(given, given.ours, given.theirs, given.message, [...stages.keys()]);
    throw error;
  } finally {
    await objects.close();
  }
}

/** @returns the tree that both sides come from; undefined where there is not one. */
async function baseTree(given: MergeToLeave): Promise<string | undefined> {
  const { gitdir, ours, theirs } = given;
  const fs = withPackedFiles(given.fs, gitdir, lateScript, () => given.promisor);
  const oids = [ours, theirs];
  const [base, ...others] = (await isomorphicGit.findMergeBase({ fs, gitdir, oids })) as string[];
  if (others.length > 0) return undefined;
  if (base === undefined) return given.allowUnrelatedHistories === true ? emptyTree : undefined;
  return (await readCommit(given, base, base)).tree;
}

/** Makes of what both sides have changed what is to be seen of it. */
class Conflicts {
  readonly #given: MergeToLeave;
  readonly #objects: StoredObjects;
  readonly #stages = new Map<string, readonly IndexEntry[]>();

  constructor(given: MergeToLeave, objects: StoredObjects) {
    this.#given = given;
    this.#objects = objects;
  }

  /** @returns all files that are to be there, the sides of those that are to be resolved, and the error that names them. */
  async of({ files, changed, halfRemoved }: MergedTrees): Promise<{
    readonly files: ReadonlyMap<string, TreeFile>;
    readonly stages: ReadonlyMap<string, readonly IndexEntry[]>;
    readonly error: Error;
  }> {
    const wanted = changed.flatMap(({ base, ours, theirs }) => [base, ours, theirs]);
    await this.#objects.ready(
      new Set(wanted.flatMap((file) => (file && isText(file) ? [file.oid] : []))),
    );
    const all = new Map(files);
    for (const each of changed) {
      const oid = await this.#contentOf(each);
      const { name, path } = each.ours;
      if (oid.isConflict || each.isModeConflict) this.#keepSides(each);
      all.set(path, { name, path, mode: each.mode, oid: oid.oid });
    }
    const bothModified = [...this.#stages.keys()].sort();
    for (const each of halfRemoved) {
      all.set(each.path, each.left);
      this.#keepSides(each);
    }
    const gone = (side: 'ours' | 'theirs'): string[] =>
      halfRemoved.filter((each) => each[side] === undefined).map(({ path }) => path);
    const stages = new Map([...this.#stages].sort(([one], [other]) => (one < other ? -1 : 1)));
    const sides = [bothModified, gone('ours'), gone('theirs')] as const;
    const error = new isomorphicGit.Errors.MergeConflictError([...stages.keys()], ...sides);
    return { files: all, stages, error };
  }

  /** @returns the blob that is to be seen; ours of what is no text. */
  async #contentOf(each: Changed): Promise<{ readonly oid: string; readonly isConflict: boolean }> {
    const { path, base, ours, theirs } = each;
    // They have made another mode of the same file.
    if (ours.oid === theirs.oid) return { oid: ours.oid, isConflict: false };
    if (ours.oid === base?.oid) return { oid: theirs.oid, isConflict: false };
    if (theirs.oid === base?.oid || !isText(ours)) {
      return { oid: ours.oid, isConflict: theirs.oid !== base?.oid };
    }
    const texts = {
      base: base && isText(base) ? await this.#textOf(base) : '',
      ...{ ours: await this.#textOf(ours), theirs: await this.#textOf(theirs) },
    };
    const merged = mergeText(texts, this.#given.labels);
    if (merged === undefined) return { oid: ours.oid, isConflict: true };
    const { mergeDriver: driver, labels } = this.#given;
    const driven =
      driver &&
      (await driver({
        branches: ['base', labels.ours, labels.theirs],
        contents: [texts.base, texts.ours, texts.theirs],
        path,
      }));
    const { fs, gitdir } = this.#given;
    const text = driven?.mergedText ?? merged.text;
    const blob = new TextEncoder().encode(text);
    return {
      oid: await isomorphicGit.writeBlob({ fs, gitdir, blob }),
      isConflict: !(driven?.cleanMerge ?? merged.isClean),
    };
  }

  async #textOf({ oid }: TreeFile): Promise<string> {
    const object = await this.#objects.read(oid);
    if (typeof object !== 'object' || object.bytes === undefined) throw unavailable(oid);
    // A mark at the beginning is a part of the text, which is written again.
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(object.bytes);
  }

  #keepSides(
    each: Pick<Changed, 'path'> & Partial<Record<'base' | 'ours' | 'theirs', TreeFile | undefined>>,
  ): void {
    const { path, base, ours, theirs } = each;
    const sides = [base, ours, theirs].map(
      (file, at) => file && { ...entryOf(file, noStat), stage: at + 1 },
    );
    this.#stages.set(
      path,
      sides.filter((side) => side !== undefined),
    );
  }
}

function isText({ mode }: TreeFile): boolean {
  return mode === modes.file || mode === modes.executable;
}
