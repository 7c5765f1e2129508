/**
 * `gitws/git` as one object. Apart from its names: modules that others import too are built into shared
 * files, which cannot pass on all names of a package from outside.
 */
import * as isomorphicGit from 'isomorphic-git';
import { checkout, clone, pull } from './submodules/with-submodules.js';
import { commit } from './commit.js';
import { fetch } from './fetch.js';
import { add, remove, updateIndex } from './index-commands.js';
import { walk, WORKDIR } from './looking.js';
import { abortMerge, merge } from './merge.js';
import { mergeStatus } from './merge-status.js';
import { fastForward } from './pull.js';
import { push } from './push.js';
import { getRemoteInfo, getRemoteInfo2, listServerRefs } from './remote-info.js';
import { resetIndex } from './reset-index.js';
import { sparseCheckout } from './sparse-checkout.js';
import { status, statusMatrix } from './status.js';
import { listStashes } from './stash/list-stashes.js';
import { stash } from './stash/stash.js';
import { unmergedFiles } from './unmerged-files.js';
import { cherryPick } from './whole-tree-commands.js';

/** isomorphic-git's own, but for what a merge that waits asks for, and what tells of it. */
const merging = { abortMerge, commit, merge, mergeStatus, unmergedFiles, walk, WORKDIR };

/** isomorphic-git's own, but for what a sparse checkout asks for. */
const minding = {
  ...{ add, cherryPick, fastForward, remove, resetIndex },
  ...{ status, statusMatrix, updateIndex },
};

/** isomorphic-git's own over gitws. */
const asking = { getRemoteInfo, getRemoteInfo2, listServerRefs };

const stashing = { listStashes, stash };

const own = {
  ...{ checkout, clone, fetch, pull, push, sparseCheckout },
  ...{ ...merging, ...minding, ...stashing, ...asking },
};

type Commands = Omit<typeof isomorphicGit, 'default' | keyof typeof own>;

/** All of it, for `import git from 'gitws/git'`. */
export const git: Commands & typeof own = { ...isomorphicGit, ...own };
