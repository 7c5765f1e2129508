/** `git stash`: changes that are not committed are set aside, and brought back. */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../../base/errors.js';
import { throwIfCanceled } from '../../pack/index/pace.js';
import type { ConfigAt } from '../config.js';
import { gitDirectoryOf } from '../fetch.js';
import { LazyFetch } from '../lazy-fetch.js';
import { expectNoMerge } from '../merge-state.js';
import { failureOf } from '../outcome.js';
import type { StashArguments, StashHow, StashOp, StashResult } from './arguments.js';
import { applyStash } from './stash-apply.js';
import { clearStashes, dropStash, findStash, readStashes } from './stash-list.js';
import { createStash, pushStash } from './stash-push.js';

/**
 * Sets changes aside and brings them back, with isomorphic-git's options and results, and as git does it
 * (git-stash(1)): native git lists, shows, applies and drops these stashes, and these commands do native git's.
 *
 * `push` writes the stash into `refs/stash` and its reflog, and only then has the working tree and the index be as HEAD;
 * files that git does not know stay, unless `includeUntracked` is set, and ignored ones always do. What has changed
 * meanwhile, or is in the way of a file of HEAD, is CheckoutConflictError, and nothing has changed. `apply` merges what
 * was stashed into what the index has: changes that are not staged stay, or are in the way (CheckoutConflictError,
 * nothing has changed); conflicts are left to be resolved as {@link merge} leaves them, without a merge that waits.
 * `pop` removes the stash once all of it is there. `create` writes the commits alone.
 *
 * @returns of `push` and `create` the oid of the stash, of `list` the lines of `git stash list`.
 * @throws isomorphic-git's NotFoundError where there is nothing to stash, no stash, or nothing at one of `filepaths`,
 *   InvalidRefNameError where there are not so many stashes, NoCommitError where HEAD has none, UnmergedPathsError,
 *   CheckoutConflictError, also where with `restoreIndex` what was staged cannot be merged, MergeConflictError for conflicts
 *   that are left, MissingParameterError; GitWsError MERGE_NOT_CONCLUDED for `push` where a merge waits, which it would
 *   forget, INVALID_OPTION for an `op` that is none, for `filepaths` that are no list and for a linked worktree, REF_LOCKED, REF_CHANGED, INDEX_LOCKED,
 *   UnsafeFilepathError, UNSUPPORTED_SPARSE_CHECKOUT, OBJECT_UNAVAILABLE, UNREADABLE_INDEX,
 *   UserCanceledError, FILE_SYSTEM_FAILED, QUOTA; what `fs` throws. Where the stash is in the list all the same, `data`
 *   has its oid as `stash`.
 */
export async function stash<Op extends StashOp = 'push'>(
  given: StashArguments<Op>,
): Promise<StashResult<Op>> {
  const result: unknown = await run(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
  return result as StashResult<Op>;
}

async function run(given: StashArguments): Promise<StashResult> {
  const { op = 'push', refIdx = 0, signal } = given;
  throwIfCanceled(signal);
  expectPaths(given.filepaths);
  const { fs } = given;
  const gitdir = await gitDirectoryOf(given);
  const at = { fs, gitdir };
  switch (op) {
    case 'list':
      return (await readStashes(at)).map(({ message }, index) => `stash@{${index}}: ${message}`);
    case 'drop':
      await dropStash(at, refIdx);
      return;
    case 'clear':
      await clearStashes(at);
      return;
    case 'push':
      await expectNoMerge('stash', at);
      return withWorkTree(given, at, pushStash);
    case 'create':
      return withWorkTree(given, at, createStash);
    case 'apply':
    case 'pop': {
      const { oid } = await findStash(at, refIdx);
      await withWorkTree(given, at, (how) => applyStash(how, oid));
      if (op === 'pop') await dropStash(at, refIdx, oid);
      return;
    }
    default:
      throw new GitWsError('INVALID_OPTION', `stash can do nothing called ${String(op)}.`, {
        data: { op },
      });
  }
}

/** @throws GitWsError INVALID_OPTION for a path in the place of a list: its letters would be paths. */
function expectPaths(filepaths: unknown): void {
  const isList = Array.isArray(filepaths) && filepaths.every((each) => typeof each === 'string');
  if (filepaths === undefined || isList) return;
  const message = 'The filepaths of a stash are a list of paths.';
  throw new GitWsError('INVALID_OPTION', message, { data: { filepaths } });
}

/** @throws isomorphic-git's MissingParameterError; what `act` throws. */
async function withWorkTree<Result>(
  given: StashArguments,
  at: ConfigAt,
  act: (how: StashHow) => Promise<Result>,
): Promise<Result> {
  const { dir } = given;
  if (dir === undefined) throw new isomorphicGit.Errors.MissingParameterError('dir');
  const lazy = await LazyFetch.of(at, {});
  try {
    return await act({ ...given, at, dir, promisor: lazy.promisor });
  } finally {
    lazy.close();
  }
}
