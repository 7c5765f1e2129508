/** The commits that a stash is made of (git-stash(1), "DISCUSSION"), and what they say. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../../base/errors.js';
import { linksOf } from '../../repository/object-links.js';
import { oidOf } from '../../repository/object-hash.js';
import { formatIdent, type Ident } from '../../repository/reflog.js';
import type { StoredObjects } from '../../repository/stored-objects.js';
import { readConfig, type ConfigAt } from '../config.js';
import { writeObjects } from '../merge-commits.js';
import type { StashHow } from './arguments.js';

/** Trees of a stash. */
export interface StashTrees {
  /** Of the commit on which it was made. */
  readonly base: string;
  readonly index: string;
  /** What the working tree had of what git knew. */
  readonly worktree: string;
  /** What it had beside that; undefined where that was not stashed. */
  readonly untracked: string | undefined;
}

/** What a stash is made of. */
export interface NewStash {
  /** HEAD's commit. */
  readonly head: string;
  readonly trees: Omit<StashTrees, 'base'>;
  readonly ident: Ident;
  /** The user's; empty for none. */
  readonly message: string;
  /** The full name of the branch that is checked out; undefined for none. */
  readonly branch: string | undefined;
}

/** A stash's commit that was written. */
export interface WrittenStash {
  readonly oid: string;
  /** What its commit, and the list of stashes, say. */
  readonly message: string;
}

/** Writes the commits of a stash. @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws. */
export async function writeStash(
  at: ConfigAt,
  objects: StoredObjects,
  { head, trees, ident, message: own, branch }: NewStash,
): Promise<WrittenStash> {
  const name = branch?.replace(/^refs\/heads\//, '') ?? '(no branch)';
  const place = `${name}: ${head.slice(0, 7)} ${await subjectOf(objects, head)}`;
  const message = own.trim() === '' ? `WIP on ${place}` : `On ${name}: ${own}`;
  const { index, untracked, worktree } = trees;
  const commits: { readonly oid: string; readonly bytes: Uint8Array }[] = [];
  const add = (tree: string, parents: readonly string[], text: string): string => {
    const lines = parents.map((parent) => `parent ${parent}\n`).join('');
    const who = formatIdent(ident);
    const head = `tree ${tree}\n${lines}author ${who}\ncommitter ${who}\n\n`;
    const bytes = new TextEncoder().encode(head + text);
    const oid = oidOf('commit', bytes);
    commits.push({ oid, bytes });
    return oid;
  };
  const parents = [head, add(index, [head], `index on ${place}\n`)];
  if (untracked !== undefined) parents.push(add(untracked, [], `untracked files on ${place}\n`));
  const oid = add(worktree, parents, message);
  await writeObjects(at, 'commit', commits);
  return { oid, message };
}

/** @returns the first paragraph of its message, in one line (pretty.c, `format_subject`). */
async function subjectOf(objects: StoredObjects, commit: string): Promise<string> {
  const text = new TextDecoder().decode(await bytesOf(objects, commit));
  const message = text.slice(text.indexOf('\n\n') + 2).replace(/^(\s*\n)+/, '');
  const [paragraph = ''] = message.split(/\n\s*(?:\n|$)/, 1);
  return paragraph
    .split('\n')
    .map((line) => line.trimEnd())
    .join(' ');
}

/**
 * @param oid of a stash's commit.
 * @throws isomorphic-git's CommitNotFetchedError, ObjectTypeError; GitWsError INVALID_OPTION for a commit that is no
 *   stash's; what `objects` throws.
 */
export async function readStash(objects: StoredObjects, oid: string): Promise<StashTrees> {
  const [worktree = '', base, index, untracked] = await commitLinks(objects, oid);
  if (base === undefined || index === undefined) {
    const message = `${oid} is no stash: its commit has no two parents.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { oid } });
  }
  const treeOf = async (commit: string) => (await commitLinks(objects, commit))[0] ?? '';
  const [aside, ...parents] = untracked === undefined ? [] : await commitLinks(objects, untracked);
  return {
    base: await treeOf(base),
    index: await treeOf(index),
    worktree,
    // isomorphic-git's own stashes have there a commit of the working tree, which has parents.
    untracked: parents.length > 0 ? undefined : aside,
  };
}

/** @returns the tree of a commit, and its parents. */
async function commitLinks(objects: StoredObjects, oid: string): Promise<string[]> {
  return linksOf('commit', await bytesOf(objects, oid)).map((link) => link.oid);
}

async function bytesOf(objects: StoredObjects, oid: string): Promise<Uint8Array> {
  const { CommitNotFetchedError, ObjectTypeError } = isomorphicGit.Errors;
  const object = await objects.read(oid);
  if (typeof object !== 'object') throw new CommitNotFetchedError('refs/stash', oid);
  const { type, bytes } = object;
  if (type !== 'commit' || bytes === undefined) throw new ObjectTypeError(oid, type, 'commit');
  return bytes;
}

/**
 * @param given the user's, who counts more than the configuration.
 * @returns who stashes, now; without a name git itself, as git has it (ident.c, `prepare_fallback_ident`).
 * @throws what `fs` throws.
 */
export async function identOf(at: ConfigAt, given: StashHow['author'] = {}): Promise<Ident> {
  const now = new Date();
  return {
    name: given.name ?? (await readConfig(at, 'user.name')) ?? 'git',
    email: given.email ?? (await readConfig(at, 'user.email')) ?? 'git@stash',
    timestamp: given.timestamp ?? Math.floor(now.getTime() / 1_000),
    timezoneOffset: given.timezoneOffset ?? now.getTimezoneOffset(),
  };
}
