/**
 * isomorphic-git with commands of gitws in the place of some of its own: the same names, options,
 * results and error codes. Everything else is isomorphic-git's, as it is installed.
 */
import * as isomorphicGit from 'isomorphic-git';
import { checkout } from './checkout.js';
import { clone } from './clone.js';
import { fetch } from './fetch.js';
import { pull } from './pull.js';
import { push } from './push.js';

export * from 'isomorphic-git';
export { checkout, clone, fetch, pull, push };
export type { CheckoutArguments } from './checkout.js';
export type { CloneArguments } from './clone.js';
export type { PullArguments } from './pull.js';
export type { PushArguments, RefToPush } from './push.js';
export type { FetchArguments, FetchResult } from './fetch.js';

const own = { checkout, clone, fetch, pull, push };

type Commands = Omit<typeof isomorphicGit, 'default' | keyof typeof own>;

/** All of it, for `import git from 'gitws/git'`. */
const git: Commands & typeof own = { ...isomorphicGit, ...own };
export default git;
