/**
 * isomorphic-git with commands of gitws in the place of some of its own: the same names, options,
 * results and error codes. Everything else is isomorphic-git's, as it is installed.
 */
import * as isomorphicGit from 'isomorphic-git';
import { checkout } from './checkout.js';
import { clone } from './clone.js';

export * from 'isomorphic-git';
export { checkout, clone };
export type { CheckoutArguments } from './checkout.js';
export type { CloneArguments } from './clone.js';

type Commands = Omit<typeof isomorphicGit, 'default' | 'checkout' | 'clone'>;

/** All of it, for `import git from 'gitws/git'`. */
const git: Commands & { checkout: typeof checkout; clone: typeof clone } = {
  ...isomorphicGit,
  checkout,
  clone,
};
export default git;
