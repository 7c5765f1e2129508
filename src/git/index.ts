/**
 * isomorphic-git with commands of gitws in the place of some of its own: the same names, options,
 * results and error codes. Everything else is isomorphic-git's, as it is installed.
 */
export * from 'isomorphic-git';
export { git as default } from './commands.js';
export { checkout, clone, pull } from './submodules/with-submodules.js';
export type { SubmoduleArguments, SubmoduleToFetch } from './submodules/arguments.js';
export type { CheckoutArguments, SparseArguments } from './checkout.js';
export type { CloneArguments, ResumableArguments } from './clone.js';
export { commit } from './commit.js';
export { walk, WORKDIR } from './looking.js';
export { abortMerge, merge } from './merge.js';
export { mergeStatus, type WaitingMerge } from './merge-status.js';
export { unmergedFiles, type MergeSide, type UnmergedFile } from './unmerged-files.js';
export { fastForward, type FastForwardArguments, type PullArguments } from './pull.js';
export {
  getRemoteInfo,
  getRemoteInfo2,
  listServerRefs,
  type GetRemoteInfo2Arguments,
  type GetRemoteInfoArguments,
  type ListServerRefsArguments,
} from './remote-info.js';
export { push, type PushArguments, type RefToPush } from './push.js';
export { fetch, type FetchArguments, type FetchResult } from './fetch.js';
export {
  sparseCheckout,
  type SparseCheckoutArguments,
  type SparseCheckoutResult,
} from './sparse-checkout.js';
export { add, remove, updateIndex } from './index-commands.js';
export { resetIndex } from './reset-index.js';
export { status, statusMatrix } from './status.js';
export { stash } from './stash/stash.js';
export { listStashes, type ListedStash } from './stash/list-stashes.js';
export type { StashArguments, StashOp, StashResult } from './stash/arguments.js';
export { cherryPick } from './whole-tree-commands.js';
