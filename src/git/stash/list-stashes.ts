/** `git stash list`, with all that the list says of each stash. */
import type * as isomorphicGit from 'isomorphic-git';
import { identIn } from '../../repository/reflog.js';
import { gitDirectoryOf } from '../fetch.js';
import { failureOf } from '../outcome.js';
import { readStashes } from './stash-list.js';

/** A stash, as the list has it. Its place there is `refIdx` of {@link stash}. */
export interface ListedStash {
  /** Of its commit. */
  oid: string;
  /** What `git stash list` says of it: `On main: Half done`, or `WIP on main: 1234567 Subject`. */
  message: string;
  /** What it was called; undefined where it was given no message, and is called as git does it. */
  title: string | undefined;
  /** Short name of the branch that was checked out; undefined where there was none, or the message names none. */
  branch: string | undefined;
  /** Who stashed it and when, as of the commits that `readCommit` reads. Undefined where the list's line is damaged. */
  committer:
    | {
        /** As `user.name`. */
        name: string;
        /** As `user.email`. */
        email: string;
        /** In seconds since 1970. */
        timestamp: number;
        /** In minutes: what is east of Greenwich is below 0. */
        timezoneOffset: number;
      }
    | undefined;
}

/** @inline */
type Given = Pick<Parameters<typeof isomorphicGit.listFiles>[0], 'fs' | 'dir' | 'gitdir' | 'cache'>;

/**
 * Lists the stashes, as `git stash list` does, also native git's.
 *
 * @returns the newest first.
 * @throws GitWsError INVALID_OPTION for a linked worktree, FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function listStashes(given: Given): Promise<ListedStash[]> {
  try {
    const { fs } = given;
    const gitdir = await gitDirectoryOf(given);
    return (await readStashes({ fs, gitdir })).map((entry) => {
      const { oid, message } = entry;
      return { oid, message, ...parseMessage(message), committer: identIn(entry) };
    });
  } catch (error) {
    throw failureOf(error);
  }
}

/** Reads what git writes of a stash (builtin/stash.c, `do_create_stash`); names of branches have no blank and no colon. */
function parseMessage(message: string): Pick<ListedStash, 'title' | 'branch'> {
  const [, kind, name, words] = /^(WIP on|On) (\(no branch\)|[^ :]+): (.*)$/.exec(message) ?? [];
  const branch = name === '(no branch)' ? undefined : name;
  const title = kind === 'WIP on' ? undefined : (words ?? message);
  return { title: title === '' ? undefined : title, branch };
}
