/**
 * Changes that are set aside: git's stashes, each by the oid of its commit, since their places in the list change.
 * One is brought back only where nothing of it clashes: what is to be resolved of a stash is no merge that waits.
 */
import git from 'gitws/git';
import { isMissing, isNotFound } from '../repository/missing.js';
import { checkOut } from './checkout.js';
import type { Author } from './commit.js';
import type { Repository, Telling } from './repository.js';

/** Changes that are set aside. */
export interface Stashed {
  readonly oid: string;
  /** What a person has called them; undefined where they have not. */
  readonly words: string | undefined;
  /** The branch that they were made on; undefined where that is not known. */
  readonly branch: string | undefined;
  /** When they were set aside, in ms since 1970. */
  readonly time: number;
}

/** What became of bringing changes back. But for `back`, nothing has changed, and they stay in the list. */
export type BroughtBack =
  | { readonly kind: 'back' }
  /** They are set aside no more, perhaps by another tab. */
  | { readonly kind: 'gone' }
  /** These lines have been changed otherwise since; without paths, a file would be a folder. */
  | { readonly kind: 'clash'; readonly paths: readonly string[] }
  /** These files are changed here. */
  | { readonly kind: 'in-the-way'; readonly paths: readonly string[] };

/** @returns the newest first. */
export async function readStashed(base: Repository): Promise<Stashed[]> {
  const count = (await git.stash({ ...base, op: 'list' })).length;
  // The list has neither times nor oids.
  const log = await base.fs.promises
    .readFile(`${base.dir}/.git/logs/refs/stash`, 'utf8')
    .catch((error: unknown) => {
      if (isMissing(error)) return '';
      throw error;
    });
  const lines = String(log).split('\n').filter(Boolean).reverse();
  return lines.slice(0, count).map(parseLine);
}

/** A line of a reflog: both oids, who, when, and behind a tab what was done. */
function parseLine(line: string): Stashed {
  const [, oid = '', seconds = '0', message = ''] =
    /^\S+ (\S+) .*> (\d+) [+-]\d{4}(?:\t(.*))?$/.exec(line) ?? [];
  const [, wip, branch, words] = /^(WIP on|On) (.+?): (.*)$/.exec(message) ?? [];
  const isDetached = branch === '(no branch)';
  return {
    ...{ oid, time: Number(seconds) * 1000, branch: isDetached ? undefined : branch },
    words: (wip === 'WIP on' ? undefined : (words ?? message)) || undefined,
  };
}

/**
 * Sets aside all that is not committed, files that git does not know included. Files become what they are in the last
 * commit.
 *
 * @param options.words what it is called; '' for git's own words.
 * @returns the oid of it; undefined where there is nothing to be set aside.
 */
export async function stashChanges({
  words,
  author,
  ...base
}: Repository & { readonly words: string; readonly author: Author }): Promise<string | undefined> {
  const message = words === '' ? {} : { message: words };
  try {
    return await git.stash({ ...base, ...message, author: { ...author }, includeUntracked: true });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Brings changes back, staged as they were where that goes, and takes them off the list once all is there. */
export async function bringBack({
  oid,
  ...base
}: Repository & { readonly oid: string }): Promise<BroughtBack> {
  const refIdx = await placeOf(base, oid);
  if (refIdx === undefined) return { kind: 'gone' };
  try {
    await expectNoClash(base, oid);
    await pop(base, refIdx);
    return { kind: 'back' };
  } catch (error) {
    const paths = pathsOf(error);
    if (isOf(error, 'CheckoutConflictError')) return { kind: 'in-the-way', paths };
    if (isOf(error, 'MergeConflictError', 'MergeNotSupportedError'))
      return { kind: 'clash', paths };
    throw error;
  }
}

/**
 * Brings changes back where they were made: on a new branch, at the commit that they began with. There only what is
 * changed here can be in the way.
 *
 * @param options.name of the branch.
 * @throws isomorphic-git's AlreadyExistsError, InvalidRefNameError; CheckoutConflictError, or MergeConflictError,
 *   where files are changed. The changes are in the list then.
 */
export async function bringBackOnBranch({
  oid,
  name,
  ...base
}: Repository & Telling & { readonly oid: string; readonly name: string }): Promise<void> {
  const refIdx = await placeOf(base, oid);
  if (refIdx === undefined) throw new Error('They are set aside no more, perhaps by another tab.');
  const before = await git.currentBranch(base);
  await git.branch({ ...base, ref: name, object: await startOf(base, oid) });
  try {
    await checkOut({ ...base, to: { branch: name } });
    await expectNoClash(base, oid);
    await pop(base, refIdx);
  } catch (error) {
    if ((await git.currentBranch(base)) === name) {
      if (before === undefined) throw error;
      await checkOut({ ...base, to: { branch: before } });
    }
    await git.deleteBranch({ ...base, ref: name });
    throw error;
  }
}

/** Throws changes away that are set aside. Those that are gone already are no error. */
export async function dropStashed({
  oid,
  ...base
}: Repository & { readonly oid: string }): Promise<void> {
  const refIdx = await placeOf(base, oid);
  if (refIdx !== undefined) await git.stash({ ...base, op: 'drop', refIdx });
}

async function pop(base: Repository, refIdx: number): Promise<void> {
  try {
    await git.stash({ ...base, op: 'pop', refIdx, restoreIndex: true });
  } catch (error) {
    // What was staged may be in the way where the files themselves are not.
    if (!isOf(error, 'CheckoutConflictError')) throw error;
    await git.stash({ ...base, op: 'pop', refIdx });
  }
}

/**
 * Tries the merge that bringing back is: of a commit of what the index has, and the stash's. Writes no more than that
 * commit, at which nothing stands.
 *
 * @throws isomorphic-git's MergeConflictError, MergeNotSupportedError
 */
async function expectNoClash(base: Repository, oid: string): Promise<void> {
  const author = { name: 'git', email: 'git@stash' };
  const parent = [await startOf(base, oid)];
  const ours = await git.commit({
    ...base,
    message: 'Index',
    author,
    parent,
    noUpdateBranch: true,
  });
  await git.merge({ ...base, ours, theirs: oid, author, message: 'Try', dryRun: true });
}

/** @returns the commit that the changes began with. */
async function startOf(base: Repository, oid: string): Promise<string> {
  const [start = ''] = (await git.readCommit({ ...base, oid })).commit.parent;
  return start;
}

async function placeOf(base: Repository, oid: string): Promise<number | undefined> {
  const place = (await readStashed(base)).findIndex((each) => each.oid === oid);
  return place < 0 ? undefined : place;
}

function isOf(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as { code?: string }).code ?? '');
}

function pathsOf(error: unknown): readonly string[] {
  return (error as { data?: { filepaths?: readonly string[] } }).data?.filepaths ?? [];
}
