/**
 * `gitws/git` as one object. Apart from its names: modules that others import too are built into shared
 * files, which cannot pass on all names of a package from outside.
 */
import * as isomorphicGit from 'isomorphic-git';
import { checkout } from './checkout.js';
import { clone } from './clone.js';
import { fetch } from './fetch.js';
import { pull } from './pull.js';
import { push } from './push.js';

const own = { checkout, clone, fetch, pull, push };

type Commands = Omit<typeof isomorphicGit, 'default' | keyof typeof own>;

/** All of it, for `import git from 'gitws/git'`. */
export const git: Commands & typeof own = { ...isomorphicGit, ...own };
