/** What `stash` takes, and gives. */
import type * as isomorphicGit from 'isomorphic-git';
import type { Promisor } from '../../repository/promisor.js';
import type { ConfigAt } from '../config.js';
import type { Common } from '../checkout.js';

/** What `stash` can do. */
export type StashOp = 'push' | 'pop' | 'apply' | 'drop' | 'list' | 'clear' | 'create';

/**
 * What isomorphic-git's `stash` takes, and more.
 *
 * @interface
 */
export interface StashArguments<Op extends StashOp = StashOp> {
  /** The file system: LightningFS, Node's, or any other that isomorphic-git takes. */
  readonly fs: Common['fs'];
  /** The working tree's directory. */
  readonly dir?: string | undefined;
  /** The git directory. Default: `.git` in `dir`. */
  readonly gitdir?: string | undefined;
  /** isomorphic-git's, which is not needed: it may be there as for its own commands. */
  readonly cache?: object | undefined;
  /** What is done. Default `push`. */
  readonly op?: Op | undefined;
  /** What the stash is called, of `push` and `create`. Default: git's `WIP on main: 1234567 Subject`. */
  readonly message?: string | undefined;
  /** Which stash `apply`, `pop` and `drop` mean: 0, the default, is the newest one. */
  readonly refIdx?: number | undefined;
  /** Of `push` and `create`: files that git does not know are stashed as well, but for ignored ones (git's `-u`). */
  readonly includeUntracked?: boolean | undefined;
  /** Of `push`: what is staged stays, in the index and in the working tree. */
  readonly keepIndex?: boolean | undefined;
  /** Of `push` and `create`: files and folders; all others stay as they are. Default: everything, as of `.`. */
  readonly filepaths?: readonly string[] | undefined;
  /** Of `apply` and `pop`: what was staged is staged again (git's `--index`). */
  readonly restoreIndex?: boolean | undefined;
  /** Who stashes. Default: the configuration's `user.name` and `user.email`, and without them git. */
  readonly author?: Parameters<typeof isomorphicGit.commit>[0]['author'];
  /** Ends it, as long as nothing is lost by that: a `push` whose stash is written goes on to its end. */
  readonly signal?: AbortSignal | undefined;
}

/** What `stash` resolves with: the oid of a stash, or what `git stash list` says of all. */
export type StashResult<Op extends StashOp = StashOp> = Op extends 'list'
  ? string[]
  : Op extends 'push' | 'create'
    ? string
    : void;

/** What a part of `stash` works with. */
export interface StashHow extends Pick<
  StashArguments,
  'message' | 'includeUntracked' | 'keepIndex' | 'filepaths' | 'restoreIndex' | 'author' | 'signal'
> {
  /** With the git directory itself. */
  readonly at: ConfigAt;
  readonly dir: string;
  readonly promisor: Promisor | undefined;
}
