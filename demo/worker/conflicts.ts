/** Files that both sides changed: what each did, and a merge that takes a side for each. */
import git, { type TreeEntry } from 'gitws/git';
import type { Author } from './commit.js';
import { isText, mergeLines, type Place, type Side } from './merge-lines.js';
import { mergeDriver, moveBranch } from './merge.js';
import type { Conflict } from './merge.js';
import { entryAt } from './objects.js';
import { BranchMoved, resolveRef } from './refs.js';
import type { Repository, Telling } from './repository.js';

type Change = 'added' | 'changed' | 'deleted';

/** A file that both sides changed. */
export interface ConflictedFile {
  readonly path: string;
  readonly mine: Change;
  readonly theirs: Change;
  /** Where the two clash; undefined where one of them is no text, or there is only one. */
  readonly places: readonly Place[] | undefined;
}

/** One file in the three trees of a merge. */
interface Versions {
  readonly base: TreeEntry | undefined;
  readonly mine: TreeEntry | undefined;
  readonly theirs: TreeEntry | undefined;
}

/** What settling takes. */
export interface ToSettle {
  readonly conflict: Conflict;
  readonly sides: ReadonlyMap<string, Side>;
  readonly author: Author;
}

/** @returns what there is to choose, a file each. */
export async function describeConflict({
  conflict,
  ...repository
}: Repository & { readonly conflict: Conflict }): Promise<ConflictedFile[]> {
  const read = await versionsReader(repository, conflict);
  return Promise.all(
    conflict.paths.map(async (path): Promise<ConflictedFile> => {
      const versions = await read(path);
      const { base, mine, theirs } = versions;
      const merged = await mergeTexts(repository, versions, 'mine');
      return {
        path,
        mine: changeOf(base, mine),
        theirs: changeOf(base, theirs),
        places: merged?.places,
      };
    }),
  );
}

/**
 * Merges with a side for each file: in a text the clashing places are that side's, and all else is
 * both sides'; what is no text is that side's whole.
 *
 * @param options.sides for each path of the conflict.
 * @returns the merge commit, at which the branch is now.
 * @throws isomorphic-git's CheckoutConflictError, or {@link BranchMoved}; nothing has changed then.
 */
export async function settleConflict({
  conflict,
  sides,
  author,
  ...repository
}: Repository & Telling & ToSettle): Promise<string> {
  const { branch, ours, theirs, message } = conflict;
  if ((await resolveRef(repository, `refs/heads/${branch}`)) !== ours) {
    throw new BranchMoved(`${branch} is not where it was: try again.`);
  }
  const read = await versionsReader(repository, conflict);
  const settled = new Map<string, TreeEntry | undefined>();
  for (const path of conflict.paths) {
    const side = sides.get(path);
    if (side === undefined) throw new Error(`Nothing was chosen for ${path}.`);
    settled.set(path, await settleFile(repository, await read(path), side));
  }
  // Both sides get what was chosen: then they agree, and git's own merge joins all the rest.
  const base = { ...repository, author: { ...author } };
  const agreed = await Promise.all(
    [ours, theirs].map(async (oid) => {
      let tree = (await git.readCommit({ ...base, oid })).commit.tree;
      for (const [path, entry] of settled) tree = await put(repository, tree, path, entry);
      return git.commit({ ...base, tree, parent: [oid], message: 'Agreed', noUpdateBranch: true });
    }),
  );
  const [mine = '', yours = ''] = agreed;
  const { tree } = await git.merge({
    ...base,
    ...{ ours: mine, theirs: yours, mergeDriver, noUpdateBranch: true, message: 'Agreed' },
  });
  if (tree === undefined) throw new Error('There was nothing to merge.');
  const parent = [ours, theirs];
  const to = await git.commit({ ...base, tree, parent, message, noUpdateBranch: true });
  await moveBranch({ ...repository, branch, from: ours, to });
  return to;
}

/** @returns a function that reads a path in the trees of both sides and of what they began with. */
async function versionsReader(
  repository: Repository,
  { ours, theirs }: Conflict,
): Promise<(path: string) => Promise<Versions>> {
  const bases: unknown = await git.findMergeBase({
    ...repository,
    oids: [ours, theirs],
  });
  const base = (bases as string[])[0];
  return async (path) => ({
    base: base === undefined ? undefined : await entryAt(repository, base, path),
    mine: await entryAt(repository, ours, path),
    theirs: await entryAt(repository, theirs, path),
  });
}

async function settleFile(
  repository: Repository,
  versions: Versions,
  side: Side,
): Promise<TreeEntry | undefined> {
  const chosen = versions[side];
  const merged = await mergeTexts(repository, versions, side);
  if (chosen === undefined || merged === undefined) return chosen;
  const blob = new TextEncoder().encode(merged.text);
  return { ...chosen, oid: await git.writeBlob({ ...repository, blob }) };
}

/** @returns undefined where there are not two texts to merge. */
async function mergeTexts(
  repository: Repository,
  { base, mine, theirs }: Versions,
  side: Side,
): Promise<ReturnType<typeof mergeLines> | undefined> {
  if (mine === undefined || theirs === undefined) return undefined;
  const texts = await Promise.all([base, mine, theirs].map((entry) => readText(repository, entry)));
  const [baseText, mineText, theirText] = texts;
  if (baseText === undefined || mineText === undefined || theirText === undefined) return undefined;
  return mergeLines(baseText, mineText, theirText, side);
}

/** @returns the text of a regular file; undefined if it is none; empty if there is no file. */
async function readText(
  repository: Repository,
  entry: TreeEntry | undefined,
): Promise<string | undefined> {
  if (entry === undefined) return '';
  if (entry.type !== 'blob' || entry.mode === '120000') return undefined;
  const { blob } = await git.readBlob({ ...repository, oid: entry.oid });
  // A BOM is a character like any other.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(blob);
  return isText(text) ? text : undefined;
}

/** @returns the tree with an entry put at a path, or taken away; folders come and go with it. */
async function put(
  repository: Repository,
  oid: string | undefined,
  path: string,
  entry: TreeEntry | undefined,
): Promise<string> {
  const base = repository;
  const tree = oid === undefined ? [] : (await git.readTree({ ...base, oid })).tree;
  const slash = path.indexOf('/');
  const name = slash === -1 ? path : path.slice(0, slash);
  const others = tree.filter((other) => other.path !== name);
  if (slash === -1) {
    const entries = entry === undefined ? others : [...others, { ...entry, path: name }];
    return git.writeTree({ ...base, tree: entries });
  }
  const folder = tree.find((other) => other.path === name && other.type === 'tree');
  const inside = await put(repository, folder?.oid, path.slice(slash + 1), entry);
  const isEmpty = (await git.readTree({ ...base, oid: inside })).tree.length === 0;
  const kept: TreeEntry = { path: name, mode: '040000', type: 'tree', oid: inside };
  return git.writeTree({ ...base, tree: isEmpty ? others : [...others, kept] });
}

function changeOf(before: TreeEntry | undefined, now: TreeEntry | undefined): Change {
  if (now === undefined) return 'deleted';
  return before === undefined ? 'added' : 'changed';
}
