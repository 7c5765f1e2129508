/**
 * isomorphic-git with commands of gitws in the place of some of its own: the same names, options,
 * results and error codes. Everything else is isomorphic-git's, as it is installed.
 */
export * from 'isomorphic-git';
export { git as default } from './commands.js';
export { checkout, clone, pull } from './submodules/commands.js';
export type { SubmoduleArguments, SubmoduleToFetch } from './submodules/arguments.js';
export type { CheckoutArguments, SparseArguments } from './checkout.js';
export type { CloneArguments } from './clone.js';
export { commit } from './commit.js';
export { walk, WORKDIR } from './looking.js';
export { abortMerge, merge } from './merge.js';
export {
  mergeStatus,
  type MergeSide,
  type WaitingMerge,
  type UnmergedFile,
} from './merge-status.js';
export { fastForward, type PullArguments } from './pull.js';
export { push, type PushArguments, type RefToPush } from './push.js';
export { fetch, type FetchArguments, type FetchResult } from './fetch.js';
export {
  sparseCheckout,
  type SparseCheckoutArguments,
  type SparseCheckoutResult,
} from './sparse-checkout.js';
export { add, remove, resetIndex, updateIndex } from './index-commands.js';
export { status, statusMatrix } from './status.js';
export { cherryPick, stash } from './whole-tree-commands.js';
