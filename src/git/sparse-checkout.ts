/** `git sparse-checkout`: which folders are in the working tree. */
import { GitWsError } from '../base/errors.js';
import { checkoutTree } from '../worktree/checkout.js';
import { Cone } from '../worktree/cone.js';
import { coneFolders } from '../worktree/cone-folders.js';
import type { CheckoutArguments, Common } from './checkout.js';
import { fileTrust, type ConfigAt } from './config.js';
import { gitDirectoryOf } from './fetch.js';
import { readIndex } from './index-entries.js';
import { LazyFetch } from './lazy-fetch.js';
import { failureOf } from './outcome.js';
import type { RemoteArguments } from './remote-access.js';
import { isSparse, readCone, writeCone, writeNoCone } from './sparse-state.js';

/**
 * One of `set`, `add`, `disable` and `list`, and what else commands take.
 *
 * @interface
 */
export type SparseCheckoutArguments = Pick<Common, 'fs' | 'dir'> & {
  /** The git directory. Default: `.git` in `dir`. */
  readonly gitdir?: string | undefined;
  /** isomorphic-git's, which is not needed: it may be there as for its own commands. */
  readonly cache?: object | undefined;
  /** Folders that are to be in the working tree; none: only the files of the root. */
  readonly set?: readonly string[] | undefined;
  /** Folders that are to be there as well. */
  readonly add?: readonly string[] | undefined;
  /** Everything is to be there again. */
  readonly disable?: true | undefined;
  /** Nothing changes. */
  readonly list?: true | undefined;
  /** Takes names that look like patterns, or are a file's, for folders. Default false. */
  readonly skipChecks?: boolean | undefined;
  /** Told how far it is, as by isomorphic-git's `checkout`. */
  readonly onProgress?: CheckoutArguments['onProgress'] | undefined;
  /** Ends it; the next one finishes it. */
  readonly signal?: AbortSignal | undefined;
} & Omit<RemoteArguments, 'onProgress' | 'signal'>;

/** What is there now. */
export interface SparseCheckoutResult {
  /** Folders, in git's order; undefined where the checkout is not sparse: everything is there. */
  readonly folders: readonly string[] | undefined;
  /**
   * Paths that are as they were, and not as the folders say: files that have changed, or are not merged,
   * and would have left; or what was in the place of those that were to come.
   */
  readonly left: readonly string[];
}

const orders = ['set', 'add', 'disable', 'list'] as const;

/**
 * Has some folders in the working tree, with all below them, and the files of each folder on the way to
 * them, as git's cone mode does (git-sparse-checkout(1)). Nothing else of the index changes. What a partial
 * clone lacks of them is fetched in one request before anything is changed. A file that has changed stays,
 * with `left` saying so, where git warns.
 *
 * @param given with exactly one of `set`, `add`, `disable` and `list`.
 * @returns the folders; of `list`, an empty `left`.
 * @throws GitWsError INVALID_OPTION for none of these or several, for what is no folder of a repository, for
 *   a file's name or a pattern without `skipChecks`, and `add` where nothing is sparse;
 *   UNSUPPORTED_SPARSE_CHECKOUT for patterns that are not cone mode's, which `disable` alone takes;
 *   INDEX_LOCKED, UNREADABLE_INDEX, OBJECT_UNAVAILABLE, UserCanceledError, FILE_SYSTEM_FAILED, QUOTA;
 *   what `fs` and the callbacks throw.
 */
export async function sparseCheckout(
  given: SparseCheckoutArguments,
): Promise<SparseCheckoutResult> {
  return run(given).catch((reason: unknown) => {
    throw failureOf(reason);
  });
}

async function run(given: SparseCheckoutArguments): Promise<SparseCheckoutResult> {
  const asked = orders.filter((order) => given[order] !== undefined);
  const [order] = asked;
  if (order === undefined || asked.length > 1) {
    const message = `sparseCheckout takes one of ${orders.join(', ')}.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { orders: asked } });
  }
  const { fs, skipChecks = false } = given;
  const named = coneFolders(given.set ?? given.add ?? [], skipChecks);
  const gitdir = await gitDirectoryOf(given);
  const at = { fs, gitdir };
  if (order === 'disable') return { folders: undefined, left: await shape(given, at, undefined) };
  const cone = await readCone(at);
  if (order === 'list') return { folders: cone?.folders, left: [] };
  if (!skipChecks) await expectNoFiles(at, named);
  if (order === 'add' && (cone === undefined || !(await isSparse(at)))) {
    const message = 'There is no sparse checkout to add to.';
    throw new GitWsError('INVALID_OPTION', message, { data: { add: given.add } });
  }
  const next = order === 'add' && cone !== undefined ? cone.with(named) : Cone.of(named);
  const left = await shape(given, at, next);
  return { folders: Cone.parse(next.format())?.folders, left };
}

/** @param cone undefined: everything. @returns the paths that stay as they were. */
async function shape(
  given: SparseCheckoutArguments,
  at: ConfigAt,
  cone: Cone | undefined,
): Promise<readonly string[]> {
  const { fs, gitdir } = at;
  const { dir, signal, onProgress } = given;
  const lazy = await LazyFetch.of(at, { ...given, onProgress: undefined });
  try {
    const { left } = await checkoutTree({
      ...{ fs, gitdir, dir, signal, onProgress, promisor: lazy.promisor },
      trust: await fileTrust(at),
      cone: cone ?? Cone.all,
      onReady: () => (cone === undefined ? writeNoCone(at) : writeCone(at, cone)),
    });
    return left;
  } finally {
    lazy.close();
  }
}

/** As git: whoever names a file has taken this for a list of patterns. */
async function expectNoFiles(at: ConfigAt, folders: readonly string[]): Promise<void> {
  const files = new Set((await readIndex(at)).map(({ path }) => path));
  const folder = folders.find((each) => files.has(each));
  if (folder === undefined) return;
  const message = `${folder} is not a folder; skipChecks takes it for one.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { folder } });
}
